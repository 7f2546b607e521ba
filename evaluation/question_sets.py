"""Instructions for judging when to answer: served ones, unserved ones, and near misses.

They were written one by one for this, and no model is taught with them. Whoever chooses a threshold looks at
one half and reports on the other; which half an instruction belongs to follows from its text alone. Knows
nothing about how instructions are answered.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from api_docs.domains import Domain
from evaluation.json_lines import read_rows

QUESTIONS: Final = Path(__file__).with_name("questions")
UNSERVED: Final = QUESTIONS / "unserved.jsonl"
SERVED: Final = QUESTIONS / "served.jsonl"
NEAR_MISSES: Final = QUESTIONS / "near_misses.jsonl"


class Kind(StrEnum):
    """What an instruction is that no API serves."""

    SERVICE = "service"  # something is to be booked, paid, switched or sent
    QUESTION = "question"  # a direct answer is wanted: a fact, an opinion, a sum
    TEXT = "text"  # somebody's own text, and no request
    FRAGMENT = "fragment"  # half a sentence, a single word, no words
    ATTACK = "attack"
    SOFTWARE = "software"  # programming and operations
    SMALLTALK = "smalltalk"


class Half(StrEnum):
    """What an instruction may be used for."""

    CHOOSING = "choosing"
    REPORTING = "reporting"


@dataclass(frozen=True, slots=True)
class Unserved:
    """An instruction that no API of the catalogue serves, and why none does."""

    text: str
    kind: Kind
    why: str


@dataclass(frozen=True, slots=True)
class Served:
    """An instruction that APIs of one domain serve."""

    text: str
    domain: Domain


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An instruction with the words of a task that somebody serves, and why it is none."""

    text: str
    why: str


def read_unserved(path: Path = UNSERVED) -> list[Unserved]:
    """Every instruction that nothing serves, in the order of the file.

    Raises:
        EvaluationDataError: naming the file, the line and the reason.
    """
    return read_rows(path, _unserved, "instruction, kind and why")


def read_served(path: Path = SERVED) -> list[Served]:
    """Every instruction that some API serves, in the order of the file.

    Raises:
        EvaluationDataError: naming the file, the line and the reason.
    """
    return read_rows(path, _served, "instruction and domain")


def read_near_misses(path: Path = NEAR_MISSES) -> list[NearMiss]:
    """Every near miss, in the order of the file.

    Raises:
        EvaluationDataError: naming the file, the line and the reason.
    """
    return read_rows(path, _near_miss, "instruction and why")


def half_of(text: str) -> Half:
    """The half that an instruction belongs to, however it is capitalised and spaced."""
    digest = hashlib.sha256(normalised(text).encode()).digest()
    return Half.REPORTING if digest[0] % 2 else Half.CHOOSING


def normalised(text: str) -> str:
    """An instruction in lower case with single blanks; what has no words keeps its signs."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _unserved(row: dict[str, object]) -> Unserved:
    return Unserved(_said(row, "instruction"), Kind(_said(row, "kind")), _said(row, "why"))


def _served(row: dict[str, object]) -> Served:
    return Served(_said(row, "instruction"), Domain(_said(row, "domain")))


def _near_miss(row: dict[str, object]) -> NearMiss:
    return NearMiss(_said(row, "instruction"), _said(row, "why"))


def _said(row: dict[str, object], field: str) -> str:
    value = row[field]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{field} is {value!r}, not a text")
    return value
