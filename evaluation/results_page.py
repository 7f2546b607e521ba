"""The page of results: tables out of the JSON files beside it, so that no figure is typed by hand."""

from __future__ import annotations

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
    path = folder / "README.md"
    write_file(path, ("\n".join(lines) + "\n").encode())
    return path


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
