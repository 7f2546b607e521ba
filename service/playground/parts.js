// What several views are made of: code to copy, badges, facts of a doc, problems, tabs.

import { address, count, h, outside, say, spoken } from "./dom.js";

const STRING = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|((?:#|\/\/ ).*$)|\b(import|from|as|with|for|in|if|else|def|return|print|const|await|async|new|True|False|None)\b/gm;

/** Code with its strings, comments and words of the language marked. */
function marked(code) {
  const found = [];
  let at = 0;
  for (const match of code.matchAll(STRING)) {
    found.push(code.slice(at, match.index));
    found.push(h("span", { class: match[1] ? "string" : match[2] ? "comment" : "word" }, match[0]));
    at = match.index + match[0].length;
  }
  return [...found, code.slice(at)];
}

/** A button that copies a text. */
export function copier(text, what, label = "Copy") {
  const button = h("button", { type: "button", class: "copy", "aria-label": `Copy ${what}` }, label);
  button.addEventListener("click", async () => {
    const done = await copied(text);
    button.textContent = done ? "Copied" : "Copying failed";
    say(done ? `Copied ${what}.` : "The browser does not let this page copy; select the text instead.");
  });
  button.addEventListener("blur", () => (button.textContent = label));
  return button;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text);
  }
}

/** Browsers keep the clipboard from pages that come over plain HTTP from another machine. */
function copiedByHand(text) {
  const before = document.activeElement;
  const area = h("textarea", { class: "unseen", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}

/** A code block; `what` says to a screen reader what it is. */
export function codeBlock(code, what, large = false) {
  return h(
    "div",
    { class: large ? "code large" : "code" },
    h("pre", { tabindex: "0", role: "group", "aria-label": what }, h("code", {}, marked(code))),
    copier(code, what),
  );
}

/** Panels of which one is shown; made when it is first shown. `items` are `[name, make]`. */
export function tabs(label, items) {
  const id = `tabs-${Math.random().toString(36).slice(2)}`;
  const panel = h("div", { role: "tabpanel", id: `${id}-panel`, tabindex: "-1" });
  const buttons = items.map(([name], at) =>
    h(
      "button",
      { type: "button", role: "tab", id: `${id}-${at}`, "aria-controls": `${id}-panel`, on: { click: () => choose(at) } },
      name,
    ),
  );
  const list = h("div", { role: "tablist", "aria-label": label }, buttons);
  list.addEventListener("keydown", (event) => {
    const now = buttons.indexOf(document.activeElement);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose((next + buttons.length) % buttons.length);
    document.activeElement.blur();
    buttons[(next + buttons.length) % buttons.length].focus();
  });
  function choose(at) {
    buttons.forEach((button, place) => {
      button.setAttribute("aria-selected", place === at ? "true" : "false");
      button.tabIndex = place === at ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `${id}-${at}`);
    panel.replaceChildren(items[at][1]());
  }
  choose(0);
  return h("div", { class: "tabs" }, list, panel);
}

/** A short label; `tone` is good, bad, warn or plain. */
export const badge = (text, tone = "plain") => h("span", { class: `badge ${tone}` }, text);

/** Where a doc belongs. */
export const place = (hub, domain) => h("p", { class: "place" }, badge(spoken(hub)), badge(spoken(domain)));

/** What went wrong, with a way to try again. */
export function trouble(problem, again = null) {
  return h(
    "div",
    { class: "panel bad", role: "alert" },
    h("p", {}, h("strong", {}, "That did not work. "), problem.message),
    problem.requestId ? h("p", { class: "soft" }, `Request ${problem.requestId}`) : null,
    again ? h("button", { type: "button", on: { click: again } }, "Try again") : null,
  );
}

/** What to know before running a call. */
export function warnings(texts) {
  if (!texts.length) return null;
  return h(
    "section",
    { class: "panel warn", "aria-label": "Warnings" },
    h("p", {}, h("strong", {}, "Before you run it")),
    h("ul", {}, texts.map((text) => h("li", {}, text))),
  );
}

/** Names and values; what has no value is left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return h("dl", { class: "facts" }, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** What a doc says in few words: task, figures, licence, where it comes from. */
export function docFacts(doc, named = true) {
  const figures = Object.entries(doc.performance ?? {}).flatMap(([dataset, metrics]) =>
    Object.entries(metrics).map(([metric, value]) => `${metric} ${value} on ${dataset}`),
  );
  const more = figures.length > 3 ? ` and ${figures.length - 3} more` : "";
  return facts([
    ["API", named && h("a", { href: address("doc", { id: doc.id }) }, doc.name)],
    ["Task", spoken(doc.domain)],
    ["Figures", figures.length ? figures.slice(0, 3).join(", ") + more : "none stated"],
    ["Licence", doc.license || "not stated"],
    ["Source", doc.source_url ? outside(doc.source_url, shortened(doc.source_url)) : null],
    ["Looked at", doc.last_checked],
    ["State", doc.alive ? null : badge("its source is gone", "bad")],
  ]);
}

const shortened = (url) => url.replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "");

/** A fact's value: counts with their thousands told apart, lists with commas. */
export function value(found) {
  if (Array.isArray(found)) return found.map(value).join(", ");
  return typeof found === "number" && found >= 10000 ? count(found) : String(found); // a year has no thousands
}

/** A list of pages; `to` gives the address of one. */
export function pager(page, pages, to) {
  if (pages < 2) return null;
  const link = (text, number, usable) =>
    usable ? h("a", { class: "button", href: to(number) }, text) : h("span", { class: "button off", "aria-hidden": "true" }, text);
  return h(
    "nav",
    { class: "pager", "aria-label": "Pages" },
    link("Previous", page - 1, page > 1),
    h("span", {}, `Page ${count(page)} of ${count(pages)}`),
    link("Next", page + 1, page < pages),
  );
}
