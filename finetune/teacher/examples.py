"""The hand-written pairs that a teacher is shown: six instructions per hub, with the docs that answer them.

Knows the files and how three are drawn for an API. Knows nothing about what is asked of a teacher.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from api_docs.catalogue import Catalogue
from api_docs.errors import TrainingDataError
from api_docs.models import ApiDoc
from api_docs.verification import verify

EXAMPLES: Final = Path(__file__).parent.parent / "examples"
"""The pairs for the hubs of the snapshot, a file a hub."""
PER_HUB: Final = 6
SHOWN: Final = 3
"""Pairs that a teacher is shown for one API."""


@dataclass(frozen=True, slots=True)
class Example:
    """An instruction as somebody wrote it, the doc that answers it, and the call."""

    instruction: str
    doc: ApiDoc
    call: str


def read_examples(catalogue: Catalogue, folder: Path = EXAMPLES) -> dict[str, tuple[Example, ...]]:
    """The examples of every hub of the catalogue that has a file of them.

    One whose doc an upstream has dropped since, or whose call has changed, is passed over.

    Raises:
        TrainingDataError: naming the file, the line and what is wrong with it.
    """
    found = {hub: _read(folder / f"{hub}.jsonl", catalogue) for hub in catalogue.hubs}
    return {hub: examples for hub, examples in found.items() if examples}


def draw_examples(doc: ApiDoc, examples: Mapping[str, Sequence[Example]], seed: int) -> tuple[Example, ...]:
    """Three examples of the doc's hub, drawn by seed and doc; never the doc's own.

    Raises:
        TrainingDataError: when its hub has too few.
    """
    others = [example for example in examples.get(doc.hub, ()) if example.doc.id != doc.id]
    if len(others) < SHOWN:
        raise TrainingDataError(
            f"the hub {doc.hub!r} has {len(others)} examples for {doc.id!r}, a teacher is shown {SHOWN}; "
            f"write {PER_HUB} pairs into {doc.hub}.jsonl, or choose a hub that has them with --hub"
        )
    return tuple(random.Random(f"{seed} {doc.id}").sample(others, SHOWN))  # noqa: S311 - a draw, no secret


def _read(path: Path, catalogue: Catalogue) -> tuple[Example, ...]:
    if not path.exists():
        return ()
    lines = enumerate(path.read_bytes().split(b"\n"), 1)
    rows = [_row(line, f"{str(path)!r}, line {number}") for number, line in lines if line.strip()]
    return tuple(
        Example(instruction, catalogue.doc(doc_id), call)
        for instruction, doc_id, call in rows
        if doc_id in catalogue and verify(call, catalogue).verified
    )


def _row(line: bytes, where: str) -> tuple[str, str, str]:
    try:
        row = orjson.loads(line)
        return str(row["instruction"]), str(row["doc_id"]), str(row["call"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as exc:
        raise TrainingDataError(
            f"{where}: {type(exc).__name__}: {exc}; a row has instruction, doc_id and call"
        ) from exc
