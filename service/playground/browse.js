// Browse: the catalogue, a page of rows at a time, by hub, domain and words.

import { get } from "./api.js";
import { address, count, h, say, several, spoken } from "./dom.js";
import { badge, pager, trouble } from "./parts.js";

const ROWS = 50;
const PAUSE = 120; // milliseconds without a key before a search

export function browse(main, values, left) {
  let running = new AbortController();
  let waiting = 0;
  left.addEventListener("abort", () => running.abort());

  const words = h("input", { type: "search", id: "words", placeholder: "Words, such as “bird”", autocomplete: "off", on: { input: typed } });
  const hub = h("select", { id: "hub", on: { change: chosen } }, h("option", { value: "" }, "all hubs"));
  const domain = h("select", { id: "domain", on: { change: chosen } }, h("option", { value: "" }, "all domains"));
  const rows = h("div", { class: "rows" });
  const found = h("p", { class: "soft", id: "found" }, "");
  main.append(
    h(
      "div",
      { class: "inner" },
      within("browse"),
      h("h1", {}, "The catalogue"),
      h(
        "form",
        { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } },
        h("label", { class: "choice wide" }, h("span", {}, "Search"), words),
        h("label", { class: "choice" }, h("span", {}, "Hub"), hub),
        h("label", { class: "choice" }, h("span", {}, "Domain"), domain),
      ),
      found,
      rows,
    ),
  );
  let hubs = null;
  get("status", {}, left).then(
    (standing) => {
      hubs = standing.catalogue.hubs;
      for (const one of hubs) hub.append(h("option", { value: one.hub }, `${spoken(one.hub)} (${count(one.docs)})`));
      hub.value = values.hub ?? "";
      domains(values.domain ?? "");
    },
    () => {},
  );
  take(values);
  return take;

  function take(given) {
    values = given;
    if (document.activeElement !== words) words.value = given.q ?? "";
    hub.value = given.hub ?? "";
    domains(given.domain ?? "");
    load(given);
    return true;
  }

  /** The domains that the chosen hub has, with how many docs. */
  function domains(chosenNow) {
    if (hubs === null) return;
    const counted = {};
    for (const one of hubs.filter((each) => !hub.value || each.hub === hub.value)) {
      for (const [name, docs] of Object.entries(one.domains)) counted[name] = (counted[name] ?? 0) + docs;
    }
    if (chosenNow && !(chosenNow in counted)) counted[chosenNow] = 0;
    const names = Object.keys(counted).sort();
    domain.replaceChildren(
      h("option", { value: "" }, "all domains"),
      ...names.map((name) => h("option", { value: name }, `${spoken(name)} (${count(counted[name])})`)),
    );
    domain.value = chosenNow;
  }

  async function load(given) {
    running.abort();
    running = new AbortController();
    try {
      const page = Number(given.page ?? 1);
      const list = await get("api_docs", { hub: given.hub, domain: given.domain, q: given.q, page, per_page: ROWS }, running.signal);
      const first = (list.page - 1) * ROWS + 1;
      const shown = list.items.length ? `, ${count(first)} to ${count(first + list.items.length - 1)} shown` : "";
      found.textContent = `${several(list.total, "API doc")}${shown}`;
      say(found.textContent);
      const lines = list.items.map(line);
      const empty = h("p", { class: "panel" }, "No API doc has all of that. Leave a word or a filter out.");
      rows.replaceChildren(
        ...[lines.length ? h("ul", { class: "list" }, lines) : empty, pager(list.page, list.pages, (to) => address("browse", { ...given, page: to }))].filter(Boolean),
      );
    } catch (problem) {
      if (problem.name === "AbortError") return;
      found.textContent = "";
      rows.replaceChildren(trouble(problem, () => load(given)));
    }
  }

  function typed() {
    clearTimeout(waiting);
    waiting = setTimeout(chosen, PAUSE);
  }

  /** Filters change the address without a step back for each letter. */
  function chosen() {
    clearTimeout(waiting);
    if (left.aborted) return;
    const next = { hub: hub.value, domain: domain.value, q: words.value.trim() };
    history.replaceState(null, "", address("browse", next));
    take(next);
  }
}

function line(doc) {
  return h(
    "li",
    {},
    h("a", { class: "cover", href: address("doc", { id: doc.id }) }, doc.name),
    h("span", { class: "where" }, doc.alive ? null : badge("gone", "bad"), `${spoken(doc.hub)} · ${spoken(doc.domain)}`),
    h("code", { class: "what" }, doc.call),
  );
}

/** The two views of Browse. */
export function within(view) {
  const link = (name, text) => h("a", { href: address(name), "aria-current": name === view ? "page" : null }, text);
  return h("nav", { class: "sub", "aria-label": "Browse" }, link("browse", "Catalogue"), link("changes", "What changed"));
}
