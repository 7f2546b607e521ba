"""The page of results: tables out of the JSON files beside it, so that no figure is typed by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import orjson

from api_docs.files import write_file
from api_docs.markdown import table

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
_PAGE = """
## The page

`callsmith evaluate playground`: what the page that `GET /` serves weighs, how quickly what it asks for is
answered over loopback, and how long a browser takes from the change of the address to what is shown of it.
"""
_ENGINE = """
## With the engine

`make bench-engine`: a real vLLM on this machine's CPU, with a LLaMA of random weights. *random*: what the
constraint makes of such a model, and what it costs. *prefix*: how much of a prompt the engine has cached.
*overhead*: through the service against straight to vLLM. *faults*: what callers saw while things broke.
"""
_REPORT = """
## The report

[One page](report/README.md) of how good the answers are, with plots: every system beside dummies,
retrieval on its own, what was refused, what failed. `callsmith evaluate report`; `report/index.html` is the
same page in one file. [How to read it](../../docs/evaluation.md).
"""
_OWN_APIS = """
## People's own APIs

A real OpenAPI document of a service that people know, added as a hub, asked ten questions that were written
before any answer was seen, and removed: `callsmith evaluate own-apis DOCUMENT`. *right*: the first hit is an
operation that does it. What is read of such docs was chosen on thirty other questions, *for choosing*.
"""
_PREFERENCES = """
## Preferences

What instructions prefer of a model ("on a phone", "the most accurate one that you have", "in TensorFlow",
"English into French"), asked with preferences heard and, *before*, without: `callsmith evaluate preferences`.
*understood*: the answer tells just what the question prefers. *honoured*: in the best quarter of the domain's
docs that have the figure; of the hub, if that has any of the domain; translating that way. *Traps* have such
words and mean something else, and have to stay *unchanged*. *Subject*: few docs are for what is asked, and
one of them has to answer, whatever else is preferred; then it counts as *honoured*. One writer wrote most
questions and the rules of words, and may agree with himself. The rules were written before an answer of the
*reporting* half was seen; two were narrowed after its figures, for rows of APIBench, which changed none of
them. Windows were chosen on the *choosing* half; that of the subject came last, for two answers of that half.
"""
_REFRESH = """
## The nightly refresh

`make bench-refresh`. *cost*: a refresh with one doc in a hundred changed against one that embeds all.
*scale*: memory of the job, and what callers notice of the swap. *kills*: the process is ended by SIGKILL
while a service answers. *adaptation*: APIs change, and answers follow; how it is asked for them is told in
[docs/refresh.md](../../docs/refresh.md).
"""
_ASIDE = (
    "each",
    "cases",
    "each_round",
    "free_arguments",
    "reasons",
    "refused",
    "versions",
    "machine",
    "must_be_zero",
)
"""Parts of a result that are read in its file."""


def write_page(folder: Path) -> Path:
    """Write `README.md` beside the results.

    Raises:
        StorageError: when it can't be written.
    """
    runs = [orjson.loads(path.read_bytes()) for path in sorted((folder / "apibench").glob("*.json"))]
    names = ("hub", "system", "n", *_COLUMNS, *_RETRIEVAL)
    rows = [[run["hub"], _system(run), run["n"], *map(run.get, (*_COLUMNS, *_RETRIEVAL))] for run in runs]
    lines = [_HEAD, *_table(names, rows)]
    if (folder / "report" / "report.json").exists():
        lines.append(_REPORT)
    bench = folder / "bench.json"
    if bench.exists():
        lines += [_SPEED, *_table(("figure", "value"), _flat(orjson.loads(bench.read_bytes())))]
    playground = folder / "playground.json"
    if playground.exists():
        lines += [_PAGE, *_told(_without(orjson.loads(playground.read_bytes()), _ASIDE))]
    lines += _own_apis(folder / "own_apis.json")
    preferences = folder / "preferences.json"
    if preferences.exists():
        lines += [
            _PREFERENCES,
            *_told(_without(orjson.loads(preferences.read_bytes()), (*_ASIDE, "answers"))),
            "",
        ]
    lines += _measured(folder / "engine", _ENGINE, ("random", "prefix", "overhead", "faults"))
    lines += _measured(folder / "refresh", _REFRESH, ("cost", "scale", "kills", "adaptation"))
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
    return [
        _OWN_APIS,
        *_table(("figure", "value"), figures),
        "",
        *_table(("instruction", "answer within the hub", "rank of a right one"), asked),
    ]


def _measured(folder: Path, head: str, names: Collection[str]) -> list[str]:
    """A section with a part for each of these measurements that has a file."""
    lines = [head] if any(folder.glob("*.json")) else []
    for name in names:
        if (path := folder / f"{name}.json").exists():
            lines += [f"### {name}\n", *_told(_without(orjson.loads(path.read_bytes()), _ASIDE)), ""]
    return lines


def _told(result: dict[str, Any]) -> list[str]:
    """One measurement: single figures first, then what is a table already, or alike for several cases."""
    tables: list[list[str]] = []
    single = {}
    for name, value in result.items():
        if name == "rows" and value:
            tables.append(_table(value[0], [row.values() for row in value]))
        elif _is_alike(value):
            columns = next(iter(value.values()))
            heads = (name.replace("_", " "), *(column.replace("_", " ") for column in columns))
            tables.append(_table(heads, [(case, *row.values()) for case, row in value.items()]))
        elif not isinstance(value, list) or not any(isinstance(item, dict) for item in value):
            single[name] = value
    lines = _table(("figure", "value"), _flat(single))
    for each in tables:
        lines += ["", *each]
    return lines


def _is_alike(value: Any) -> bool:
    """Whether a value is several cases with the same figures each."""
    cases = list(value.values()) if isinstance(value, dict) else []
    return (
        len(cases) > 1
        and all(isinstance(case, dict) and case.keys() == cases[0].keys() for case in cases)
        and not any(isinstance(figure, dict | list) for case in cases for figure in case.values())
    )


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


def _table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    return table(heads, rows, _shown)


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) and value <= 1 else str(value)
