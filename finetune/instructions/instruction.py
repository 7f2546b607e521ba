"""What models are taught from: instructions in people's words, and how they lie in files.

A file has one JSON object a line. Knows nothing about where instructions come from, or what becomes of them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from api_docs.domains import Domain
from api_docs.errors import InvalidInstruction, TrainingDataError
from api_docs.files import write_file
from api_docs.models import HUB_NAME
from service.instruction import clean_instruction

INSTRUCTIONS: Final = "instructions.jsonl"
"""The name of the file in a folder of instructions that a teacher wrote."""

HELD_OUT: Final = "heldout.jsonl"
"""The name of the bank's file that is kept for judging: nothing that is taught with may come from it."""

_LANGUAGE = re.compile(r"[a-z]{2}")
_REQUIRED: Final = ("instruction", "domain", "voice", "language", "hub")
_OPTIONAL: Final = ("doc_id", "source")

_Choice = TypeVar("_Choice", bound=StrEnum)


class Source(StrEnum):
    """Who wrote an instruction."""

    BANK = "bank"
    """A person, for this project, without an API in mind."""
    TEACHER = "teacher"
    """A model that was shown one API doc."""
    DESCRIBED = "described"
    """Our own code, from what a doc says."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What somebody wants, and what is known of it.

    `language` is a code of ISO 639-1. `hub` is the one that the text asks for plainly, None for nearly all.
    `voice` says in a few words who speaks. `doc_id` is the doc that it was written for, None where any doc
    of the domain may answer.
    """

    text: str
    domain: Domain
    language: str = "en"
    hub: str | None = None
    voice: str = ""
    doc_id: str | None = None
    source: Source = Source.BANK

    def record(self) -> dict[str, Any]:
        """The row of a file, its keys in their order; the bank's have neither `doc_id` nor `source`."""
        row: dict[str, Any] = {
            "instruction": self.text,
            "domain": self.domain.value,
            "voice": self.voice,
            "language": self.language,
            "hub": self.hub,
        }
        if self.doc_id is not None:
            row["doc_id"] = self.doc_id
        return row if self.source is Source.BANK else row | {"source": self.source.value}


def of_record(record: object) -> Instruction:
    """The instruction of a file's row.

    Raises:
        TrainingDataError: naming the field that is wrong, and what is expected.
    """
    if not isinstance(record, dict):
        raise TrainingDataError(f"expected a JSON object, found {type(record).__name__}")
    if missing := [name for name in _REQUIRED if name not in record]:
        raise TrainingDataError(f"the field {missing[0]!r} is missing; a row has {', '.join(_REQUIRED)}")
    if unknown := [name for name in record if name not in (*_REQUIRED, *_OPTIONAL)]:
        known = ", ".join((*_REQUIRED, *_OPTIONAL))
        raise TrainingDataError(f"the field {unknown[0]!r} is unknown; a row has {known}")
    return Instruction(
        text=_text(record["instruction"]),
        domain=_member(Domain, record["domain"], "domain"),
        language=_language(record["language"]),
        hub=_hub(record["hub"]),
        voice=_string(record["voice"], "voice"),
        doc_id=None if record.get("doc_id") is None else _string(record["doc_id"], "doc_id"),
        source=_member(Source, record.get("source", Source.BANK.value), "source"),
    )


def numbered(path: Path) -> Iterator[tuple[int, Instruction]]:
    """The instructions of a file, each with the number of its line; blank lines are passed over.

    Raises:
        TrainingDataError: naming the file, the line and the reason.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    yield number, of_record(orjson.loads(line))
                except (orjson.JSONDecodeError, TrainingDataError) as exc:
                    raise TrainingDataError(
                        f"{str(path)!r}, line {number}: {exc}; mend or remove that line"
                    ) from exc
    except OSError as exc:
        raise TrainingDataError(f"can't read {str(path)!r}: {exc.strerror}; restore the file") from exc


def refuse_what_is_for_measuring(path: Path) -> None:
    """Make sure that a file or folder may be taught with; a link is no other file.

    Raises:
        TrainingDataError: when it is what the bank keeps for judging, or lies under `CALLSMITH_DATA`.
    """
    resolved = path.resolve()
    if HELD_OUT in (path.name, resolved.name):
        raise TrainingDataError(
            f"{str(path)!r} is kept for judging: it is held out for measuring and taught with by nobody; "
            "name other instructions, such as the bank's folder"
        )
    data = os.environ.get("CALLSMITH_DATA")
    if data and resolved.is_relative_to(Path(data).resolve()):
        raise TrainingDataError(
            f"{str(path)!r} lies under CALLSMITH_DATA, which is for measuring; name instructions that lie "
            "elsewhere"
        )


def read_instructions(path: Path) -> list[Instruction]:
    """All instructions of a file to teach with, or of a folder's `instructions.jsonl`, in their order.

    Raises:
        TrainingDataError: naming the file, the line and the reason; when the file is kept for judging.
    """
    file = path / INSTRUCTIONS if path.is_dir() else path
    refuse_what_is_for_measuring(file)
    return [one for _, one in numbered(file)]


def write_instructions(path: Path, instructions: Iterable[Instruction]) -> None:
    """Write a file of instructions, replacing one that is there, all or nothing.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    write_file(path, b"".join(line_of(one) for one in instructions))


def lot(text: str) -> str:
    """Hex SHA-256 of a text: by what rows are drawn where nobody is to choose them."""
    return hashlib.sha256(text.encode()).hexdigest()


def line_of(instruction: Instruction) -> bytes:
    """An instruction as a line of a file."""
    return orjson.dumps(instruction.record()) + b"\n"


def _text(value: object) -> str:
    try:
        return clean_instruction(_string(value, "instruction"))
    except InvalidInstruction as exc:
        raise TrainingDataError(str(exc)) from exc


def _string(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise TrainingDataError(f"{name} is {value!r}; expected text")
    return value


def _member(kind: type[_Choice], value: object, name: str) -> _Choice:
    try:
        return kind(value)  # type: ignore[arg-type]  # whatever it is: that is what is found out
    except ValueError as exc:
        raise TrainingDataError(f"{name} is {value!r}; expected one of {', '.join(kind)}") from exc


def _language(value: object) -> str:
    if isinstance(value, str) and _LANGUAGE.fullmatch(value):
        return value
    raise TrainingDataError(f"language is {value!r}; expected a code of ISO 639-1, such as 'en'")


def _hub(value: object) -> str | None:
    if value is None or (isinstance(value, str) and HUB_NAME.fullmatch(value)):
        return value
    raise TrainingDataError(f"hub is {value!r}; expected null, or the name of a hub such as 'torchhub'")
