// One answer: what was found first, what the engine writes, then the verified call and all that speaks for it.

import { get, of } from "./api.js";
import { address, h, outside, say, several, spoken } from "./dom.js";
import { badge, codeBlock, copier, docFacts, facts, place, tabs, trouble, warnings } from "./parts.js";
import { snippets } from "./snippets.js";

const VERDICTS = {
  verified: ["✓ Verified", "good"],
  unverified: ["✕ Refused", "bad"],
  no_match: ["∅ No match", "warn"],
};

export class Answer {
  constructor(asked, signal) {
    this.asked = asked;
    this.signal = signal;
    this.response = null;
    this.followed = null;
    this.main = h("div", { class: "card answer", tabindex: "-1" }, h("p", { class: "waiting" }, "Searching the catalogue…"));
    this.below = h("div", {});
    this.element = h("div", {}, this.main, this.below);
  }

  /** Whether this is the answer to such a request. */
  about(asked) {
    return this.response !== null && JSON.stringify(asked) === JSON.stringify(this.asked);
  }

  // ---- events of the stream, by their names -------------------------------------------------------

  hits({ hits }) {
    this.written = h("code", {});
    this.main.replaceChildren(
      h("p", { class: "waiting" }, `${several(hits.length, "API doc")} found. The call is being written…`),
      h("pre", { class: "stream", "aria-hidden": "true", hidden: true }, this.written),
    );
    this.below.replaceChildren(hitTable(hits, "What was found"));
    say(`${several(hits.length, "API doc")} found.`);
  }

  text({ text }) {
    this.written.parentElement.hidden = false;
    this.written.append(text);
  }

  result(response) {
    this.response = response;
    this.show();
    say(`${VERDICTS[response.status][0].slice(2)}: ${response.call ?? response.explanation}`);
  }

  failed(told) {
    this.main.replaceChildren(told);
    say("");
  }

  // ---- what is shown of it ------------------------------------------------------------------------

  /** Show an alternative in the place of the answer, or the answer again where none is named. */
  async follow(id) {
    if (id === this.followed || this.response === null) return;
    this.followed = id;
    this.show();
    this.main.focus({ preventScroll: true }); // what was clicked may be gone
    if (id === null) return;
    const body = h("div", {}, h("p", { class: "waiting" }, "Loading…"));
    this.main.replaceChildren(
      h("p", { class: "row between" }, h("strong", {}, "An alternative"), h("a", { href: this.address() }, "Back to the answer")),
      body,
    );
    try {
      const [doc, own] = await Promise.all([get(of("api_docs", id), {}, this.signal), get(of("calls", id), {}, this.signal)]);
      const verdict = own.verification.verified ? "verified" : "unverified";
      body.replaceChildren(
        h("div", { class: "row between" }, verdictBadge(verdict), place(doc.hub, doc.domain)),
        h("h2", {}, doc.name),
        own.call ? calls(own.call, own.code, { ...this.asked, hub: doc.hub }) : h("p", {}, own.verification.message),
        checked(own.verification),
        warnings(own.warnings),
        docFacts(doc),
      );
      say(`The alternative ${doc.name}.`);
      this.main.scrollIntoView({ block: "nearest" });
    } catch (problem) {
      if (problem.name !== "AbortError") body.replaceChildren(trouble(problem));
    }
  }

  address(more = {}) {
    return address("ask", { ...this.asked, ...more });
  }

  show() {
    const response = this.response;
    const made = { verified: () => this.verified(), unverified: () => refused(response), no_match: () => noMatch(response) };
    this.main.replaceChildren(
      h("div", { class: "row between" }, verdictBadge(response.status), confidence(response)),
      ...(response.preferences.length ? [preferred(response.preferences)] : []),
      ...(response.generator.degraded ? [degraded(response.generator)] : []),
      ...made[response.status]().filter(Boolean),
    );
    this.below.replaceChildren(
      ...[this.alternatives(), hitTable(response.hits, response.status === "no_match" ? "The nearest" : "What was found"), prompt(response), madeBy(response)].filter(Boolean),
    );
  }

  verified() {
    const { call, code, explanation, verification, hub, domain, doc_id: id } = this.response;
    const known = h("div", { class: "soft" }, "Loading what its doc says…");
    get(of("api_docs", id), {}, this.signal).then(
      (doc) => known.replaceWith(docFacts(doc)),
      (problem) => problem.name !== "AbortError" && known.replaceWith(trouble(problem)),
    );
    return [
      place(hub, domain),
      h("h2", { class: "unseen" }, "The call"),
      calls(call, code, this.asked),
      checked(verification),
      h("p", {}, explanation),
      warnings(this.response.warnings),
      known,
    ];
  }

  alternatives() {
    const { alternatives } = this.response;
    if (!alternatives.length) return null;
    return h(
      "section",
      { "aria-labelledby": "alternatives" },
      h("h2", { id: "alternatives" }, "Alternatives"),
      h(
        "ul",
        { class: "cards" },
        alternatives.map((one) =>
          h(
            "li",
            { class: "card" },
            place(one.hub, one.domain),
            h("h3", {}, h("a", { class: "cover", href: this.address({ show: one.id }) }, one.name)),
            h("code", { class: "call" }, one.call),
          ),
        ),
      ),
    );
  }
}

function verdictBadge(status) {
  return badge(...VERDICTS[status]);
}

function calls(call, code, asked) {
  const block = (text, what, large) => () => codeBlock(text, what, large);
  return tabs("The call, and code that asks for it", [
    ["Call", block(call, "the call", true)],
    ...(code ? [["Snippet", block(code, "the snippet that loads and uses the model")]] : []),
    ...snippets(asked).map(([name, text]) => [name, block(text, `the code for ${name}`)]),
  ]);
}

function checked({ checked: names, verified, repaired }) {
  if (!verified || !names.length) return null;
  return h(
    "div",
    { class: "checked" },
    h("p", { id: "checked" }, repaired ? "The generator’s call was refused; this nearest valid one was checked:" : "Checked against the catalogue:"),
    h("ul", { "aria-labelledby": "checked" }, names.map((name) => h("li", {}, h("span", { "aria-hidden": "true" }, "✓ "), h("code", {}, name)))),
  );
}

function confidence({ confidence: probability, domain, hits }) {
  const task = domain ?? hits[0]?.domain;
  if (probability === null || !task) return h("p", { class: "soft confidence" }, "No confidence is known for this kind of search.");
  const bar = h("span", { class: "meter", "aria-hidden": "true" }, h("span", {}));
  bar.firstChild.style.inlineSize = `${100 * probability}%`;
  return h("p", { class: "confidence" }, bar, `${Math.round(100 * probability)}% sure that ${spoken(task).toLowerCase()} is meant`);
}

function preferred(preferences) {
  const said = preferences.map((one) => (/^[a-z]{2,3}-[a-z]{2,3}$/.test(one) ? one.replace("-", " → ") : one.replace("_", " ")));
  return h("p", { class: "soft" }, "Preferred among models that do this: ", said.flatMap((one, place) => [place ? ", " : "", h("strong", {}, one)]));
}

function degraded({ backend, reason }) {
  return h(
    "section",
    { class: "panel warn", "aria-label": "Degraded" },
    h("p", {}, h("strong", {}, "Degraded: the engine could not answer. "), `The call was made by ${backend}, which needs no model.`),
    reason ? h("p", { class: "soft" }, reason) : null,
  );
}

function refused({ explanation, verification }) {
  const { argument, rejected, nearest } = verification;
  return [
    h("p", {}, explanation),
    facts([
      ["What failed", spoken(verification.reason)],
      ["Argument", argument ? h("code", {}, argument) : null],
    ]),
    rejected ? h("h3", {}, "What was written") : null,
    rejected ? codeBlock(rejected, "the text that was refused") : null,
    nearest ? h("h3", {}, "The nearest call that exists") : null,
    nearest ? codeBlock(nearest, "the nearest valid call") : null,
  ];
}

function noMatch({ explanation, hits }) {
  return [
    h("p", { class: "big" }, `${explanation.split(";")[0].replace(/\.$/, "")}.`),
    h("p", { class: "soft" }, "What was learnt of instructions says that probably nothing in the catalogue does this, so no call is made up. Say it in other words, or name the task."),
    hits.length ? nearest(hits.slice(0, 3)) : null,
  ];
}

function nearest(hits) {
  return h(
    "ul",
    { class: "cards", "aria-label": "The nearest API docs" },
    hits.map((hit) =>
      h("li", { class: "card" }, place(hit.hub, hit.domain), h("h3", {}, h("a", { class: "cover", href: address("doc", { id: hit.id }) }, hit.name))),
    ),
  );
}

function hitTable(hits, title) {
  if (!hits.length) return null;
  const best = (name) => Math.max(...hits.map((hit) => hit.scores[name] ?? 0));
  const highest = { bm25: best("bm25"), dense: best("dense") };
  return h(
    "section",
    { "aria-labelledby": "hits" },
    h("h2", { id: "hits" }, title),
    h(
      "table",
      { class: "hits" },
      h("thead", {}, h("tr", {}, ["#", "API", "BM25", "Embedding", "Together"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, hits.map((hit) => row(hit, highest))),
    ),
  );
}

function row(hit, highest) {
  const equal = hit.merged.length ? h("p", { class: "soft" }, `and ${several(hit.merged.length, "doc")} with the same call`) : null;
  return h(
    "tr",
    {},
    h("td", {}, String(hit.rank)),
    h(
      "th",
      { scope: "row" },
      h("a", { href: address("doc", { id: hit.id }) }, hit.name),
      h("p", { class: "soft" }, `${spoken(hit.hub)}, ${spoken(hit.domain).toLowerCase()}`, hit.source_url ? [" · ", outside(hit.source_url, "source")] : null),
      equal,
    ),
    score(hit.scores.bm25, highest.bm25),
    score(hit.scores.dense, highest.dense),
    h("td", { class: "number" }, hit.score.toFixed(2)),
  );
}

function score(found, highest) {
  if (found === undefined) return h("td", { class: "number" }, "–");
  const bar = h("span", { class: "meter", "aria-hidden": "true" }, h("span", {}));
  bar.firstChild.style.inlineSize = `${highest > 0 ? Math.max(0, (100 * found) / highest) : 0}%`;
  return h("td", { class: "number" }, found.toFixed(2), bar);
}

function prompt({ prompt: text }) {
  if (!text) return null;
  return h(
    "details",
    {},
    h("summary", {}, "The exact prompt"),
    h("div", { class: "code" }, h("pre", { tabindex: "0", role: "group", "aria-label": "The exact prompt" }, text), copier(text, "the prompt")),
  );
}

function madeBy({ status, generator, timing_ms: timing, index_version: version, request_id: request }) {
  const model = generator.model ? ` (${generator.model})` : "";
  const tokens = generator.tokens ? `, ${several(generator.tokens.completion, "token")}` : "";
  const milliseconds = `${Math.round(timing.total)} ms: ${Math.round(timing.retrieve)} to search, ${Math.round(timing.generate)} to write, ${Math.round(timing.verify)} to verify`;
  const by = status === "no_match" ? "No call was written; it took" : `Written by ${generator.backend}${model}${tokens} in`;
  return h(
    "div",
    { class: "row between made" },
    h("p", { class: "soft" }, `${by} ${milliseconds}. Index ${version}, request ${request}.`),
    copier(location.href, "link to this answer", "Copy link"),
  );
}
