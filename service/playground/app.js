// Which view is shown. It stands behind the # with all that is asked: what people write there reaches no server's log.

import { forgetKey, showKey } from "./api.js";
import { ask } from "./ask.js";
import { browse } from "./browse.js";
import { changes } from "./changes.js";
import { doc } from "./doc.js";
import { say } from "./dom.js";
import { status } from "./status.js";

// `within` is what the menu shows; views without a place in it belong to Browse.
const views = {
  ask: { show: ask, title: "Ask", within: "ask" },
  browse: { show: browse, title: "Browse", within: "browse" },
  changes: { show: changes, title: "What changed", within: "browse" },
  doc: { show: doc, title: "API doc", within: "browse" },
  status: { show: status, title: "Status", within: "status" },
};

const main = document.getElementById("view");
let shown = null;
let leave = new AbortController();

function go() {
  const [name, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  if (name === "view") return; // the link that skips to the content
  const view = views[name] ? name : "ask";
  const values = Object.fromEntries(new URLSearchParams(query));
  if (shown?.view === view && shown.update?.(values)) return;
  leave.abort();
  leave = new AbortController();
  const first = shown === null;
  document.title = `${views[view].title} · Callsmith`;
  for (const link of document.querySelectorAll("nav [data-view]")) {
    if (link.dataset.view === views[view].within) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  say("");
  main.replaceChildren();
  // A view may give a function that takes new values without being made anew.
  shown = { view, update: views[view].show(main, values, leave.signal) };
  if (!first) {
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

document.getElementById("forget").addEventListener("click", () => {
  forgetKey();
  say("The key is forgotten.");
  main.focus();
});
document.getElementById("key-not").addEventListener("click", () => document.getElementById("key").close());
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", go);
showKey();
go();
