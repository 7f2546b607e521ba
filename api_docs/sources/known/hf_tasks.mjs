// Prints what the npm package @huggingface/tasks says of tasks and libraries, as JSON, for api_docs/sources/hf_tasks.py.
// Its argument is the folder of the unpacked package. Run by `make hf-tasks`; Callsmith itself needs no node.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const manifest = JSON.parse(await readFile(resolve(folder, "package.json"), "utf8"));
const tasks = await import(pathToFileURL(resolve(folder, "dist/esm/index.js")).href);

// A snippet is made for a model. This one has nothing but a name, so what comes out is what all models have in common.
const model = { id: "owner/model-name", tags: [], config: {}, siblings: [], inference: "", private: false };

const snippets = {};
for (const [library, entry] of Object.entries(tasks.MODEL_LIBRARIES_UI_ELEMENTS)) {
  if (!entry.snippets) continue;
  try {
    snippets[library] = [entry.snippets(model)].flat();
  } catch {
    // made for models that say more of themselves; such a library's call comes from the cards of its models
  }
}

const facts = { package: manifest.name, version: manifest.version, tasks: Object.keys(tasks.PIPELINE_DATA), snippets };
process.stdout.write(JSON.stringify(facts));
