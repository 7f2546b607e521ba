"""The instructions that grounded must understand, and the docs that they are about.

Both files were written before the code. `expect` maps an argument to the source text of its value in the
call, for every argument that differs from the template of the (first) doc; an empty one is a negative.
The held-out rows were looked at once, when the code was done for the others: 43 of 44 were right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from api_docs.models import ApiDoc

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One instruction, the ids of the docs that retrieval would give, and what must change."""

    instruction: str
    doc_ids: tuple[str, ...]
    expect: dict[str, str]


def _records(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (_HERE / name).read_text("utf-8").splitlines()]


def _cases(name: str) -> list[Case]:
    found = []
    for record in _records(name):
        doc = record["doc"]
        ids = tuple(doc) if isinstance(doc, list) else (doc,)
        found.append(Case(record["instruction"], ids, record["expect"]))  # type: ignore[arg-type]
    return found


DOCS = {doc.id: doc for doc in map(ApiDoc.model_validate, _records("grounded_docs.jsonl"))}
CASES = _cases("grounded_instructions.jsonl")
HELD_OUT = _cases("grounded_instructions_held_out.jsonl")
