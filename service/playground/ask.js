// Ask: an instruction, a few choices, and what comes of it while it comes.

import { answer, get } from "./api.js";
import { Answer } from "./answer.js";
import { address, count, h, say, several, spoken } from "./dom.js";
import { trouble } from "./parts.js";

const MOST = 4000;
const EXAMPLES = [
  "Write down what my grandmother says in German on these tapes",
  "My restaurant app should recognise the dish on a plate",
  "Is this tweet about my bank friendly or angry?",
  "From one holiday snapshot, guess how far away each thing is",
  "Take the singing out of a song so that I can practise with only the band",
  "Follow the joints of somebody doing yoga in front of a webcam",
];
const RETRIEVERS = [
  ["", "words and meaning"],
  ["bm25", "words only (BM25)"],
  ["dense", "meaning only (embedding)"],
];
const QUALITIES = ["fast", "balanced", "best"];

export function ask(main, values, left) {
  let running = new AbortController();
  let shown = null;
  left.addEventListener("abort", () => running.abort());

  const box = h("textarea", {
    id: "instruction",
    rows: "3",
    "aria-describedby": "keys length",
    placeholder: "Tell which bird visited the feeder from the camera’s photo",
    on: { keydown: byKey, input: measure },
  });
  const length = h("span", { id: "length" });
  const hub = select("hub", "Hub", [["", "all hubs"]]);
  const retriever = select("retriever", "Retriever", RETRIEVERS);
  const quality = select("quality", "Quality", [["", "as set"], ...QUALITIES.map((name) => [name, name])]);
  const results = h("div", { id: "results" });
  const lead = h("p", { class: "lead" }, "Say in plain words what the API should do. You get one call that exists, checked before you see it.");
  const form = h(
    "form",
    { class: "ask", on: { submit: submitted } },
    h("label", { for: "instruction", class: "unseen" }, "Instruction"),
    box,
    h("div", { class: "row" }, hub.label, retriever.label, quality.label, h("button", { class: "primary", type: "submit" }, "Ask")),
    h("p", { class: "soft row between" }, h("span", { id: "keys" }, "Enter asks, Shift and Enter begin a new line."), length),
  );
  main.append(
    h("div", { class: "hero inner" }, h("h1", {}, "Which call does that?"), lead, form, examples()),
    h("div", { class: "inner" }, results),
  );
  left.addEventListener("abort", () => main.classList.remove("answered"));
  get("status", {}, left).then(known, () => {}); // what is wrong is told when something is asked
  take(values);
  if (!values.instruction && matchMedia("(pointer: fine)").matches) box.focus({ preventScroll: true });
  return take;

  function known(standing) {
    const hubs = standing.catalogue.hubs;
    for (const one of hubs) hub.element.append(h("option", { value: one.hub }, spoken(one.hub)));
    hub.element.value = current().hub ?? "";
    quality.element.options[0].textContent = `as set (${standing.quality})`;
    lead.append(` From ${several(standing.index.docs, "API")} of ${several(hubs.length, "hub")}.`);
  }

  /** Show what the address asks for; it is asked anew unless only what is shown of it changed. */
  function take(given) {
    const asked = requested(given);
    box.value = asked.instruction ?? "";
    for (const one of [hub, retriever, quality]) one.element.value = asked[one.element.id] ?? "";
    measure();
    main.classList.toggle("answered", Boolean(asked.instruction));
    if (!asked.instruction) {
      running.abort();
      shown = null;
      results.replaceChildren();
    } else if (shown?.about(asked)) {
      shown.follow(given.show ?? null);
    } else {
      run(asked, given.show ?? null);
    }
    return true;
  }

  async function run(asked, follow) {
    running.abort();
    running = new AbortController();
    shown = new Answer(asked, running.signal);
    results.replaceChildren(shown.element);
    results.setAttribute("aria-busy", "true");
    say("Searching.");
    try {
      for await (const [event, data] of answer(asked, running.signal)) shown[event]?.(data);
      shown.follow(follow);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      shown.failed(trouble(problem, () => run(asked, follow)));
    }
    results.removeAttribute("aria-busy");
  }

  function current() {
    const [, query = ""] = location.hash.split(/\?(.*)/s);
    return Object.fromEntries(new URLSearchParams(query));
  }

  function submitted(event) {
    event.preventDefault();
    const asked = { instruction: box.value.trim(), hub: hub.element.value, retriever: retriever.element.value, quality: quality.element.value };
    if (!asked.instruction) {
      box.focus();
      say("Say first what the API should do.");
      return;
    }
    const next = address("ask", asked);
    shown = null;
    if (location.hash === next) take(current());
    else location.hash = next;
  }

  function byKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  }

  function measure() {
    const characters = [...box.value].length;
    length.textContent = characters > 200 ? `${count(characters)} of ${count(MOST)} characters` : "";
    length.className = characters > MOST ? "over" : "";
  }
}

/** What of an address is the request. */
function requested({ instruction, hub, retriever, quality }) {
  const given = Object.entries({ instruction, hub, retriever, quality });
  return Object.fromEntries(given.filter(([, value]) => value));
}

function select(id, text, options) {
  const element = h("select", { id }, options.map(([value, said]) => h("option", { value }, said)));
  return { element, label: h("label", { class: "choice" }, h("span", {}, text), element) };
}

function examples() {
  return h(
    "div",
    { class: "examples" },
    h("h2", { class: "unseen" }, "Examples"),
    h("ul", {}, EXAMPLES.map((text) => h("li", {}, h("a", { href: address("ask", { instruction: text }) }, text)))),
  );
}
