// Elements made from data. Every text goes in as text: nothing here, or anywhere on this page, reads markup.

/** An element with attributes and children; `on` maps events to listeners, null children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Tells a screen reader. */
export function say(text) {
  document.getElementById("live").textContent = text;
}

/** A link to somewhere else, if the address is one of the web: a doc may say anything. */
export function outside(address, text) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return text;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return text;
  return h("a", { href: url.href, rel: "noopener noreferrer nofollow", target: "_blank" }, text, h("span", { class: "unseen" }, " (opens elsewhere)"));
}

/** The address of a view of this page; empty values are left out. */
export function address(view, values = {}) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(given).toString();
  return `#${view}${query ? `?${query}` : ""}`;
}

const units = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

/** A moment as people say it, with the exact one behind it. */
export function ago(moment) {
  if (!moment) return "unknown";
  const date = new Date(moment);
  const seconds = (date.getTime() - Date.now()) / 1000;
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  const said = new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
  return h("time", { datetime: moment, title: date.toString() }, said);
}

/** A number with its thousands told apart. */
export const count = (value) => new Intl.NumberFormat("en").format(value);

/** `1 doc`, `2 docs`. */
export const several = (value, word) => `${count(value)} ${word}${value === 1 ? "" : "s"}`;

/** A domain or a hub as people write it. */
export function spoken(name) {
  const known = { torchhub: "TorchHub", tfhub: "TFHub", huggingface: "Hugging Face" };
  if (name in known) return known[name];
  const words = name.replaceAll("-", " ").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
