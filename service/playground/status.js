// Status: what is served and how old it is, the engine, the last refresh, and how good the answers are.

import { get, picture } from "./api.js";
import { address, ago, count, h, say, several, spoken } from "./dom.js";
import { badge, facts, trouble } from "./parts.js";

export function status(main, _values, left) {
  const body = h("div", {}, h("p", { class: "waiting" }, "Loading…"));
  const report = h("section", { "aria-labelledby": "report" }, h("h2", { id: "report" }, "How good are the answers?"), h("p", { class: "waiting" }, "Loading…"));
  main.append(h("div", { class: "inner" }, h("h1", {}, "Status"), body, report));
  stand();
  evaluate();

  async function stand() {
    try {
      const found = await get("status", {}, left);
      body.replaceChildren(...standing(found));
      say(`The service is ${found.status}.`);
    } catch (problem) {
      if (problem.name !== "AbortError") body.replaceChildren(trouble(problem, stand));
    }
  }

  async function evaluate() {
    const title = report.firstChild;
    try {
      report.replaceChildren(title, ...figures(await get("report", {}, left), left));
    } catch (problem) {
      if (problem.name === "AbortError") return;
      const absent = problem.status === 404;
      report.replaceChildren(title, absent ? h("p", { class: "panel" }, `No report is shown: ${problem.message}`) : trouble(problem, evaluate));
    }
  }
}

function standing(found) {
  return [
    h(
      "div",
      { class: "cards four" },
      card("Service", found.status === "ready" ? badge("✓ Ready", "good") : badge("Degraded", "warn"), [
        ["Version", found.callsmith],
        ["Writes calls", found.generator === "vllm" ? "the engine" : "grounded, without a model"],
        ["Quality", found.quality],
      ]),
      card("Index", badge(`${several(found.index.docs, "doc")}`), [
        ["Version", h("code", {}, found.index.version)],
        ["Catalogue", h("code", {}, found.catalogue.version)],
        ["Catalogue written", ago(found.catalogue.created)],
        ["Served since", ago(found.index.opened_at)],
        ["Problem", found.index.problem],
      ]),
      engine(found.engine),
      refresh(found.refresh),
    ),
    h("h2", {}, "Hubs"),
    h(
      "ul",
      { class: "cards" },
      found.catalogue.hubs.map((hub) =>
        h(
          "li",
          { class: "card" },
          h("h3", {}, h("a", { class: "cover", href: address("browse", { hub: hub.hub }) }, spoken(hub.hub))),
          h("p", { class: "big" }, count(hub.docs)),
          h("p", { class: "soft" }, `${several(Object.keys(hub.domains).length, "domain")}, most of ${Object.keys(hub.domains).slice(0, 2).map((name) => spoken(name).toLowerCase()).join(" and ")}${hub.dead ? `; ${count(hub.dead)} gone upstream` : ""}`),
        ),
      ),
    ),
  ];
}

const card = (title, mark, pairs) => h("section", { class: "card", "aria-label": title }, h("div", { class: "row between" }, h("h2", {}, title), mark), facts(pairs));

function engine(found) {
  if (found === null) {
    return card("Engine", badge("none set"), [["Meanwhile", "grounded writes the calls, without a model"]]);
  }
  const mark = { true: badge("✓ Up", "good"), false: badge("✕ Down", "bad"), null: badge("not asked yet") }[found.up];
  return card("Engine", mark, [
    ["Model", found.model],
    ["Circuit", spoken(found.circuit)],
    ["Since", ago(found.since)],
    ["Problem", found.problem],
  ]);
}

function refresh(found) {
  if (found === null) {
    return card("Last refresh", badge("none yet"), [["Meanwhile", "what ships is served, or what was published by hand"], ["More", h("a", { href: address("changes") }, "what changed")]]);
  }
  const good = found.result === "published" || found.result === "unchanged";
  const sources = Object.entries(found.sources).map(([hub, one]) => h("span", { class: "need" }, `${spoken(hub)} ${one.outcome}`));
  return card("Last refresh", badge(found.result, good ? "good" : "bad"), [
    ["Began", ago(found.started)],
    ["Last success", found.succeeded ? ago(found.succeeded) : "never"],
    ["Took", found.seconds === null ? null : `${count(Math.round(found.seconds))} s`],
    ["Sources", sources.length ? sources : null],
    ["More", h("a", { href: address("changes") }, "what changed")],
  ]);
}

function figures(found, left) {
  const cells = (row) => [h("th", { scope: "row" }, row.what), h("td", { class: "number" }, row.value), h("td", {}, row.beside)];
  return [
    h(
      "table",
      { class: "figures" },
      h("caption", {}, found.caption),
      h("thead", {}, h("tr", {}, ["What", "Callsmith", "A dummy"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, found.figures.map((row) => h("tr", {}, cells(row)))),
    ),
    h("div", { class: "plots" }, found.plots.map((plot) => drawn(plot, left))),
    h("ul", { class: "soft parts" }, found.parts.map((part) => h("li", {}, h("code", {}, part.command), ` · ${part.measured.slice(0, 10)} · ${part.machine}`))),
  ];
}

/** A plot is fetched, so that it comes with the key where one is needed. */
function drawn({ name, caption, alt }, left) {
  const place = h("div", { class: "plot" });
  picture(`report/plots/${encodeURIComponent(name)}`, left).then(
    (url) => {
      const image = h("img", { alt, on: { load: () => URL.revokeObjectURL(url) } });
      image.src = url;
      place.append(image);
    },
    (problem) => problem.name !== "AbortError" && place.append(trouble(problem)),
  );
  return h("figure", { class: "card" }, h("figcaption", {}, caption), place);
}
