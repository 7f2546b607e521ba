// One API doc: its call, what it says, and what happened to it.

import { get, of } from "./api.js";
import { within } from "./browse.js";
import { change, when } from "./changes.js";
import { address, h, say, spoken } from "./dom.js";
import { badge, codeBlock, docFacts, facts, place, tabs, trouble, value, warnings } from "./parts.js";

const NAMES = { num_classes: "Classes", size_mb: "Size, MB", flops_g: "GFLOPs", input_size: "Input size" };

export function doc(main, values, left) {
  const body = h("div", {}, h("p", { class: "waiting" }, "Loading…"));
  main.append(h("div", { class: "inner doc" }, within("doc"), body));
  load();

  async function load() {
    try {
      const id = values.id ?? "";
      const history = get(of("history", id), {}, left).catch((problem) => problem);
      const [found, own] = await Promise.all([get(of("api_docs", id), {}, left), get(of("calls", id), {}, left)]);
      document.title = `${found.name} · Callsmith`;
      body.replaceChildren(...parts(found, own).filter(Boolean), past(await history));
      say(found.name);
    } catch (problem) {
      if (problem.name !== "AbortError") await gone(problem);
    }
  }

  /** A doc that is no more may still have a history. */
  async function gone(problem) {
    const history = problem.status === 404 ? await get(of("history", values.id), {}, left).catch(() => null) : null;
    body.replaceChildren(
      h("h1", {}, values.id ?? "No API doc"),
      history ? h("p", { class: "panel warn" }, "The catalogue has this API doc no more.") : trouble(problem),
      ...(history ? [past(history)] : []),
    );
  }
}

function parts(found, own) {
  const call = own.call ?? found.call;
  return [
    place(found.hub, found.domain),
    h("h1", {}, found.name),
    found.functionality && found.functionality.toLowerCase() !== spoken(found.domain).toLowerCase() ? h("p", { class: "lead" }, found.functionality) : null,
    own.call ? badge("✓ Verified", "good") : badge("✕ Its own call does not verify", "bad"),
    tabs("The call, and a snippet that uses it", [
      ["Call", () => codeBlock(call, "the call", true)],
      ...(own.code ? [["Snippet", () => codeBlock(own.code, "the snippet that loads and uses the model")]] : []),
    ]),
    warnings(own.warnings),
    docFacts(found, false),
    section("What it does", found.description ? h("p", { class: "prose" }, found.description) : null),
    section("Arguments", table(["name", "type", "default", "what for"], found.arguments.map(argument))),
    section("Figures", table(["dataset", "metric", "value"], figures(found.performance))),
    section("Facts", Object.keys(found.facts).length ? facts(Object.entries(found.facts).map(([name, one]) => [NAMES[name] ?? spoken(name), value(one)])) : null),
    section("Needs", found.environment.length ? h("p", {}, found.environment.map((one) => h("code", { class: "need" }, one))) : null),
    section("Upstream’s example", found.example ? codeBlock(found.example, "upstream’s example") : null),
    h("p", { class: "soft" }, `${found.id}, content ${found.content_hash}`),
  ];
}

function argument(one) {
  const choices = one.choices.length ? ` One of ${one.choices.join(", ")}.` : "";
  return [h("code", {}, one.name), one.required ? `${one.type}, needed` : one.type, one.default ?? "–", `${one.description}${choices}` || "–"];
}

const figures = (performance) =>
  Object.entries(performance).flatMap(([dataset, metrics]) => Object.entries(metrics).map(([metric, one]) => [dataset, metric, String(one)]));

function section(title, ...content) {
  if (!content.some(Boolean)) return null;
  return h("section", {}, h("h2", {}, title), content);
}

function table(heads, rows) {
  if (!rows.length) return null;
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": heads.join(", ") },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))))),
    ),
  );
}

function past(history) {
  if (history instanceof Error) return history.name === "AbortError" ? h("div", {}) : section("History", trouble(history));
  const { events, since } = history;
  if (!events.length) {
    const from = since ? ["Nothing happened to it since changes are noted, ", when({ published: since }), "."] : ["No changes are noted yet: nothing has been published over the snapshot."];
    return section("History", h("p", { class: "soft" }, from));
  }
  return section(
    "History",
    h(
      "ol",
      { class: "events" },
      events.map(({ publication, change: what }) =>
        h("li", {}, h("p", { class: "soft" }, when(publication), " · ", h("a", { href: address("changes", { number: publication.number }) }, `publication ${publication.number}`)), change(what, false)),
      ),
    ),
  );
}
