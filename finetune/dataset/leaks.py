"""Does anything of what a model will be tried on stand in what it is taught with?

The files of a dataset are read again, by nobody's word: which APIs the rows of each split call, whose names
their texts say, and which instructions they share. Knows nothing about how rows are made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.catalogue import Catalogue
from api_docs.errors import TrainingDataError
from finetune.dataset.splits import Split, bare, telling, words_of

_NAME: Final = re.compile(r"(?P<quote>['\"]?)(?P<name>[\w.+-]+(?:(?:://|[/:@])[\w.+-]+)*)(?P=quote)(?!:)")
"""What could be a name, with its quotes if it has some. Before a colon it is a key: of a doc or of a dict."""
_MAY_NOT_SAY: Final[Mapping[Split, frozenset[Split]]] = {
    Split.TRAIN: frozenset({Split.VALIDATION, Split.TEST}),
    Split.VALIDATION: frozenset({Split.TEST}),
    Split.TEST: frozenset(),
}
"""The splits whose APIs' names the rows of one may not say. What is learnt may be shown when it is tried."""
_SHOWN: Final = 5
"""Leaks that an error names."""


def check_leaks(folder: Path, catalogue: Catalogue, splits: Mapping[str, Split]) -> dict[str, int]:
    """Read a dataset's files and count what was looked at: rows, names that may not be said, instructions.

    `splits` gives the split of every doc of the catalogue.

    Raises:
        TrainingDataError: naming the rows that leak, what they leak and how many there are.
    """
    names = _names(catalogue, splits)
    found: list[str] = []
    asked: dict[bytes, Split] = {}
    rows = 0
    for split in Split:
        forbidden = {name: other for other in _MAY_NOT_SAY[split] for name in names[other]}
        for number, row in _rows(folder / f"{split.value}.jsonl"):
            rows += 1
            found += [
                f"{split.value}.jsonl, line {number}: {leak}"
                for leak in _leaks_of(row, split, splits, forbidden, asked)
            ]
    if found:
        more = f" (and {len(found) - _SHOWN} more)" if len(found) > _SHOWN else ""
        raise TrainingDataError(
            f"the dataset leaks: {'; '.join(found[:_SHOWN])}{more}. Nothing was published; a row like that "
            "must not be drawn, see finetune/dataset/splits.py"
        )
    return {"rows": rows, "names": sum(map(len, names.values())), "instructions": len(asked)}


def names_in(text: str) -> Iterator[str]:
    """What a text says that could name an API: words in quotes, and whatever has an owner; no versions."""
    for match in _NAME.finditer(text):
        if match["quote"] or "/" in match["name"]:
            yield bare(match["name"].rstrip(".:"))


def _leaks_of(
    row: Mapping[str, Any],
    split: Split,
    splits: Mapping[str, Split],
    forbidden: Mapping[str, Split],
    asked: dict[bytes, Split],
) -> Iterator[str]:
    if row["doc_id"] and splits.get(row["doc_id"]) is not split:
        yield f"calls {row['doc_id']!r}, an API of split {splits.get(row['doc_id'], 'none')!s}"
    for field in ("prompt", "completion"):
        for name in names_in(row[field]):
            if name in forbidden:
                yield f"the {field} says {name!r}, the name of an API of split {forbidden[name].value}"
    key = hashlib.sha256(words_of(row["instruction"]).encode()).digest()[:12]
    if asked.setdefault(key, split) is not split:
        yield f"the instruction {row['instruction'][:80]!r} is one of split {asked[key].value} as well"


def _names(catalogue: Catalogue, splits: Mapping[str, Split]) -> dict[Split, set[str]]:
    """The names of the APIs of each split; of a torch.hub entrypoint, that it says it in quotes is enough."""
    found: dict[Split, set[str]] = {split: set() for split in Split}
    for entry in catalogue.entries:
        if entry.doc.id in splits:
            found[splits[entry.doc.id]].update(telling(entry))
    return found


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            yield number, orjson.loads(line)
