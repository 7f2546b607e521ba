// The service, asked at addresses beside this page, so that it may stand behind a path prefix.

export const base = new URL(".", location.href.split("#")[0]).href;

const STORED = "callsmith-key";

/** What went wrong, in the service's words where it has any. */
export class Problem extends Error {
  constructor(message, code, status = 0, requestId = "") {
    super(message);
    this.code = code;
    this.status = status;
    this.requestId = requestId;
  }
}

/** Whether a key is in use. */
export const hasKey = () => sessionStorage.getItem(STORED) !== null;

export function forgetKey() {
  sessionStorage.removeItem(STORED);
  showKey();
}

/** Show the way to forget a key, while there is one. */
export function showKey() {
  document.getElementById("forget").hidden = !hasKey();
}

/** JSON of a GET. */
export async function get(path, values = {}, signal = undefined) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = given.length ? `?${new URLSearchParams(given)}` : "";
  return (await request(path + query, { signal })).json();
}

/** A file as an address that an image can show; whoever shows it revokes it. */
export async function picture(path, signal) {
  return URL.createObjectURL(await (await request(path, { signal })).blob());
}

/** The path of something that is known by an id; ids hold slashes and colons. */
export const of = (path, id) => `${path}/${encodeURIComponent(id)}`;

/** The events of an answer: `[name, data]` as they come; raises where they end without a result. */
export async function* answer(body, signal) {
  const response = await request("generate_call", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, stream: true, include_prompt: true }),
    signal,
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await read(reader);
    if (done) throw cutOff();
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const { event, data } = Object.fromEntries(block.split("\n").map(field));
      if (event === "error") throw problem(JSON.parse(data), response);
      yield [event, JSON.parse(data)];
      if (event === "result") return;
    }
  }
}

function field(line) {
  const at = line.indexOf(": ");
  return [line.slice(0, at), line.slice(at + 2)];
}

async function read(reader) {
  try {
    return await reader.read();
  } catch (error) {
    throw error.name === "AbortError" ? error : cutOff();
  }
}

function cutOff() {
  return new Problem("The connection ended before the answer was whole. Ask again.", "cut_off");
}

async function request(path, options) {
  for (;;) {
    const used = sessionStorage.getItem(STORED);
    const response = await reached(path, options, used);
    if (response.ok) return response;
    const found = problem(await response.json().catch(() => ({})), response);
    if (response.status !== 401) throw found;
    if (sessionStorage.getItem(STORED) !== used) continue; // another one came while this was under way
    const key = await askForKey(found.message);
    if (key === null) throw found;
    sessionStorage.setItem(STORED, key);
    showKey();
  }
}

async function reached(path, options, key) {
  const headers = { ...options.headers };
  if (key !== null) headers.Authorization = `Bearer ${key}`;
  try {
    return await fetch(base + path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The service can’t be reached. Is it still running? Try again when it is.", "unreachable");
  }
}

function problem(body, response) {
  const { message, code, request_id: id } = body.error ?? {};
  return new Problem(message ?? `The service answered ${response.status}.`, code ?? "unknown", response.status, id);
}

let asking = null;

/** A key from whoever sits here, null if they have none; asked once, however many wait for it. */
function askForKey(why) {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("key");
    const value = document.getElementById("key-value");
    document.getElementById("key-why").textContent = `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
    value.value = "";
    dialog.returnValue = "";
    dialog.addEventListener(
      "close",
      () => {
        const key = value.value.trim();
        value.value = "";
        asking = null;
        resolve(dialog.returnValue === "use" && key ? key : null);
      },
      { once: true },
    );
    dialog.showModal();
    value.focus();
  });
  return asking;
}
