// What changed: the last publications, and what each of them changed, doc by doc.

import { get } from "./api.js";
import { within } from "./browse.js";
import { address, ago, count, h, say, several, spoken } from "./dom.js";
import { badge, pager, trouble } from "./parts.js";

const KINDS = { added: "good", changed: "plain", renamed: "plain", removed: "bad" };
const BY = { refresh: "the nightly refresh", publish: "hand", rollback: "a rollback" };
const SHOWN = 160; // characters of a field's value

export function changes(main, values, left) {
  const body = h("div", {}, h("p", { class: "waiting" }, "Loading…"));
  main.append(h("div", { class: "inner" }, within("changes"), body));
  load();

  async function load() {
    try {
      body.replaceChildren(...(values.number ? await one(values, left) : await all(left)).filter(Boolean));
      say(body.querySelector("h1").textContent);
    } catch (problem) {
      if (problem.name !== "AbortError") body.replaceChildren(h("h1", {}, "What changed"), trouble(problem, load));
    }
  }
}

async function all(left) {
  const { items, total } = await get("changes", {}, left);
  const none = h(
    "div",
    { class: "panel" },
    h("p", {}, "Nothing was published here yet: what is served is the snapshot that ships."),
    h("p", { class: "soft" }, "The nightly job ", h("code", {}, "callsmith docs refresh"), " collects the hubs and publishes what changed."),
  );
  return [
    h("h1", {}, "What changed"),
    h("p", { class: "lead" }, "Every publication, the newest first: what the nightly refresh found, and what people published or took back."),
    items.length ? h("ol", { class: "publications" }, items.map(publication)) : none,
    total > items.length ? h("p", { class: "soft" }, `${several(total - items.length, "older publication")} not shown.`) : null,
  ];
}

function publication(one) {
  return h(
    "li",
    { class: "card" },
    h("h2", {}, h("a", { class: "cover", href: address("changes", { number: one.number }) }, when(one))),
    h("p", { class: "soft" }, `By ${BY[one.by]}. Catalogue ${one.version}${one.docs ? `, ${several(sum(one.docs), "doc")}` : ""}.`),
    counts(one),
  );
}

const sum = (docs) => Object.values(docs).reduce((all, each) => all + each, 0);

function counts({ changes: counted, before }) {
  if (!counted) return h("p", { class: "soft" }, before ? "How many docs changed was not noted." : "The first publication.");
  const some = Object.entries(counted).filter(([, docs]) => docs > 0);
  if (!some.length) return h("p", { class: "soft" }, "No doc changed.");
  return h("p", { class: "row" }, some.map(([kind, docs]) => badge(`${count(docs)} ${kind}`, KINDS[kind])));
}

async function one(values, left) {
  const found = await get(`changes/${encodeURIComponent(values.number)}`, { kind: values.kind, page: values.page }, left);
  const { publication: about, items } = found;
  const filter = (kind, text) =>
    h("a", { class: "button", href: address("changes", { number: about.number, kind }), "aria-current": (values.kind ?? "") === kind ? "true" : null }, text);
  const kinds = Object.entries(about.changes ?? {}).filter(([, docs]) => docs > 0);
  return [
    h("h1", {}, "Publication ", String(about.number)),
    h("p", { class: "lead" }, when(about), `, by ${BY[about.by]}: catalogue ${about.before ?? "of the snapshot"} became ${about.version}.`),
    kinds.length
      ? h("nav", { class: "row", "aria-label": "Kinds of change" }, filter("", "all"), kinds.map(([kind, docs]) => filter(kind, `${count(docs)} ${kind}`)))
      : null,
    about.detailed ? null : h("p", { class: "panel" }, "Which docs it changed was not noted: it is the first publication, or an old one."),
    items.length ? h("ul", { class: "list changes" }, items.map((item) => h("li", {}, change(item, true)))) : null,
    pager(found.page, found.pages, (page) => address("changes", { number: about.number, kind: values.kind, page })),
  ];
}

/** One doc that changed: what happened, and field by field what it says otherwise. */
export function change({ kind, id, before_id: former, fields }, named) {
  return h(
    "div",
    { class: "change" },
    h("p", { class: "row" }, badge(kind, KINDS[kind]), named ? h("a", { href: address("doc", { id }) }, id) : null, former ? h("span", {}, "was ", h("code", {}, former)) : null),
    fields.length
      ? h("dl", { class: "fields" }, fields.map(({ field, before, after }) => h("div", {}, h("dt", {}, spoken(field)), h("dd", {}, side("before", before), " → ", side("after", after)))))
      : null,
  );
}

function side(which, found) {
  const text = found === null ? "nothing" : typeof found === "string" ? found : JSON.stringify(found);
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  const tag = which === "before" ? "del" : "ins";
  return h(tag, {}, cut);
}

/** When something was published: so long ago, and the day. */
export function when({ published }) {
  const day = new Date(published).toLocaleDateString("en", { dateStyle: "medium" });
  return h("span", {}, ago(published), `, ${day}`);
}
