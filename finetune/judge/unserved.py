"""Read the instructions that nothing serves: what the judge learns to refuse from.

They were written one by one for this, without looking at those that it is judged by.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import orjson

from api_docs.errors import TrainingDataError

UNSERVED: Final = Path(__file__).with_name("unserved.jsonl")
"""The file that ships with Callsmith."""


class Kind(StrEnum):
    """What an instruction is that no API serves."""

    SERVICE = "service"  # something is to be booked, paid, switched or sent
    QUESTION = "question"  # a direct answer is wanted: a fact, an opinion, a sum
    TEXT = "text"  # somebody's own text, and no request
    FRAGMENT = "fragment"  # half a sentence, a single word, no words
    ATTACK = "attack"
    SOFTWARE = "software"  # programming and operations
    SMALLTALK = "smalltalk"
    NEAR_MISS = "near_miss"  # the words of a task that is served, meaning something else


@dataclass(frozen=True, slots=True)
class Unserved:
    """An instruction that nothing serves; `language` is a code of ISO 639-1."""

    text: str
    kind: Kind
    language: str


def read_unserved(path: Path = UNSERVED) -> list[Unserved]:
    """Every instruction of a file, a JSON object a line.

    Raises:
        TrainingDataError: naming the file, the line and the reason.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as exc:
        raise TrainingDataError(f"can't read {str(path)!r}: {exc.strerror}; restore the file") from exc
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            row = orjson.loads(line)
            found.append(Unserved(str(row["instruction"]), Kind(row["kind"]), str(row["language"])))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as exc:
            raise TrainingDataError(
                f"{str(path)!r}, line {number}: {type(exc).__name__}: {exc}; expected the fields "
                "instruction, kind and language"
            ) from exc
    return found
