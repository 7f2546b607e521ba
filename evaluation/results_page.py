"""The page of results: tables out of the JSON files beside it, so that no figure is typed by hand."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import orjson

from api_docs.files import write_file

_COLUMNS = ("official_accuracy", "official_hallucination", "exists", "exact", "domain", "domain_averaged")
_RETRIEVAL = ("recall@1", "recall@3", "recall@5", "recall@10", "ndcg@10", "mrr")
_HEAD = """# Results

Every figure here comes out of the JSON files in this folder: `callsmith evaluate page` makes this page.

## APIBench, rows for choosing

40% of APIBench's evaluation rows, each hub with its own docs. Fractions of 1. *official* is the published
rule with its flaws; *exists*, *exact* and *domain* are the strict rule: the call verifies; it is the row's
API by identifying arguments, equal calls merged; it exists and a doc with that call has the row's domain
(*averaged*: over domains, each counting alike). Rows labelled with a call that is in no doc count as
misses. Systems named `gorilla_…` are the published responses of Gorilla's models. Rerun one line with

```sh
callsmith evaluate apibench --hub HUB --docs API.jsonl --eval EVAL.jsonl --out DIR \\
  [--retriever bm25 | --responses FILE]
```
"""
_SPEED = """
## Speed and memory

`make bench`, a real server on loopback, every instruction distinct, no cache of results:
"""
_ENGINE = """
## With the engine

`make bench-engine`: a real vLLM on this machine's CPU, with a LLaMA of random weights. *random*: what the
constraint makes of such a model, and what it costs. *prefix*: how much of a prompt the engine has cached.
*overhead*: through the service against straight to vLLM. *faults*: what callers saw while things broke.
"""
_OWN_APIS = """
## People's own APIs

A real OpenAPI document of a service that people know, added as a hub, asked ten questions that were written
before any answer was seen, and removed: `callsmith evaluate own-apis DOCUMENT`. *right*: the first hit is an
operation that does it. What is read of such docs was chosen on thirty other questions, *for choosing*.
"""
_ASIDE = ("each_round", "free_arguments", "reasons", "refused", "rows", "versions", "machine", "must_be_zero")
"""Parts of a result that are read in its file."""


def write_page(folder: Path) -> Path:
    """Write `README.md` beside the results.

    Raises:
        StorageError: when it can't be written.
    """
    runs = [orjson.loads(path.read_bytes()) for path in sorted((folder / "apibench").glob("*.json"))]
    names = ("hub", "system", "n", *_COLUMNS, *_RETRIEVAL)
    lines = [_HEAD, _row(names), _row(["---"] * len(names))]
    lines += [
        _row([run["hub"], _system(run), run["n"], *map(run.get, (*_COLUMNS, *_RETRIEVAL))]) for run in runs
    ]
    bench = folder / "bench.json"
    if bench.exists():
        lines += [_SPEED, "| figure | value |", "|---|---|"]
        lines += [_row(pair) for pair in _flat(orjson.loads(bench.read_bytes()))]
    lines += _own_apis(folder / "own_apis.json")
    lines += _with_engine(folder / "engine")
    path = folder / "README.md"
    write_file(path, ("\n".join(lines) + "\n").encode())
    return path


def _own_apis(path: Path) -> list[str]:
    if not path.exists():
        return []
    result = orjson.loads(path.read_bytes())
    figures = _flat(_without(result, ("answers", "versions", "machine")))
    asked = [
        (one["instruction"], f"`{one['within_the_hub']['call']}`", one["within_the_hub"]["rank"] or "–")
        for one in result["answers"]
    ]
    table = [_row(("instruction", "answer within the hub", "rank of a right one")), _row(["---"] * 3)]
    head = [_OWN_APIS, "| figure | value |", "|---|---|"]
    return [*head, *map(_row, figures), "", *table, *map(_row, asked)]


def _with_engine(folder: Path) -> list[str]:
    lines = [_ENGINE] if any(folder.glob("*.json")) else []
    for name in ("random", "prefix", "overhead", "faults"):
        if not (path := folder / f"{name}.json").exists():
            continue
        result = orjson.loads(path.read_bytes())
        lines += [f"### {name}\n", "| figure | value |", "|---|---|"]
        lines += [_row(pair) for pair in _flat(_without(result, _ASIDE))]
        if rows := result.get("rows"):
            lines += ["", _row(rows[0]), _row(["---"] * len(rows[0])), *(_row(row.values()) for row in rows)]
        lines.append("")
    return lines


def _without(values: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {
        name: _without(value, names) if isinstance(value, dict) else value
        for name, value in values.items()
        if name not in names
    }


def _system(run: dict[str, Any]) -> str:
    if run["responses"]:
        name: str = run["responses"].removesuffix(".jsonl").removesuffix("_dev")
        return "gorilla_" + name.partition("gorilla_")[2]
    return f"grounded, {run['retriever']}"


def _flat(values: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        label = f"{prefix}{name}".replace("_", " ")
        found += _flat(value, f"{label}: ") if isinstance(value, dict) else [(label, value)]
    return found


def _row(cells: Any) -> str:
    shown = (f"{cell:.3f}" if isinstance(cell, float) and cell <= 1 else cell for cell in cells)
    return "| " + " | ".join("–" if cell is None else str(cell) for cell in shown) + " |"
