// Code that people paste, for what was just asked. Each is run by a test against a running service.

import { base, hasKey } from "./api.js";

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** What was chosen besides the instruction. */
function besides(asked) {
  const { instruction, ...rest } = asked;
  return rest;
}

function curl(asked) {
  const key = hasKey() ? ' \\\n  -H "Authorization: Bearer $CALLSMITH_KEY"' : "";
  return `curl -s ${quoted(`${base}generate_call`)} \\\n  -H 'Content-Type: application/json'${key} \\\n  -d ${quoted(JSON.stringify(asked))}`;
}

function openai(asked) {
  const rest = besides(asked);
  const more = Object.keys(rest).length ? `, extra_body=${JSON.stringify(rest)}` : "";
  return [
    ...(hasKey() ? ["import os", ""] : []),
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${JSON.stringify(`${base}v1`)}, api_key=${hasKey() ? 'os.environ["CALLSMITH_KEY"]' : '"none"'})`,
    `question = [{"role": "user", "content": ${JSON.stringify(asked.instruction)}}]`,
    `answer = client.chat.completions.create(model="callsmith", messages=question${more})`,
    "print(answer.choices[0].message.content)",
  ].join("\n");
}

function python(asked) {
  const key = hasKey() ? ', "Authorization": "Bearer " + os.environ["CALLSMITH_KEY"]' : "";
  return [
    "import json",
    ...(hasKey() ? ["import os"] : []),
    "import urllib.request",
    "",
    `asked = ${JSON.stringify(asked)}`,
    "request = urllib.request.Request(",
    `    ${JSON.stringify(`${base}generate_call`)},`,
    "    json.dumps(asked).encode(),",
    `    {"Content-Type": "application/json"${key}},`,
    ")",
    "with urllib.request.urlopen(request) as response:",
    "    answer = json.load(response)",
    'print(answer["call"])',
  ].join("\n");
}

function javascript(asked) {
  const key = hasKey() ? ", Authorization: `Bearer ${process.env.CALLSMITH_KEY}`" : "";
  return [
    `const response = await fetch(${JSON.stringify(`${base}generate_call`)}, {`,
    '  method: "POST",',
    `  headers: { "Content-Type": "application/json"${key} },`,
    `  body: JSON.stringify(${JSON.stringify(asked)}),`,
    "});",
    "const answer = await response.json();",
    "console.log(answer.call);",
  ].join("\n");
}

function mcp() {
  const headers = hasKey() ? { headers: { Authorization: "Bearer ${CALLSMITH_KEY}" } } : {};
  return JSON.stringify({ mcpServers: { callsmith: { type: "http", url: `${base}mcp`, ...headers } } }, null, 2);
}

/** `[name, code]` for a request. */
export const snippets = (asked) => [
  ["curl", curl(asked)],
  ["Python, openai", openai(asked)],
  ["Python", python(asked)],
  ["JavaScript", javascript(asked)],
  ["MCP", mcp()],
];
