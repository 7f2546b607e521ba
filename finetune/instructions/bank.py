"""Read the instruction bank: instructions written one by one for this project.

A file is named for the domain of its rows, or for their languages (`zh-es`). Other files beside them are not
the bank's: what is kept for judging lies there too, and nothing here opens it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api_docs.domains import Domain
from api_docs.errors import TrainingDataError
from finetune.instructions.instruction import Instruction, numbered

BANK: Final = Path(__file__).parent.parent / "bank"
"""The bank that ships with Callsmith."""

_LANGUAGES = re.compile(r"[a-z]{2}(-[a-z]{2})*")


@dataclass(frozen=True, slots=True)
class Row:
    """An instruction of the bank and where it stands."""

    instruction: Instruction
    file: str
    line: int

    @property
    def where(self) -> str:
        """Its place, for people."""
        return f"{self.file}, line {self.line}"


def read_bank(folder: Path = BANK) -> list[Instruction]:
    """Every instruction that models may be taught with, in the order of files and lines.

    Raises:
        TrainingDataError: naming the file, the line and the reason.
    """
    return [row.instruction for row in read_rows(folder)]


def read_rows(folder: Path = BANK) -> list[Row]:
    """The same, each with its place.

    Raises:
        TrainingDataError: naming the file, the line and the reason.
    """
    files = bank_files(folder)
    if not files:
        raise TrainingDataError(
            f"{str(folder)!r} holds no instructions; expected files named for domains, such as "
            "'translation.jsonl'"
        )
    return [row for path in files for row in rows_of(path)]


def bank_files(folder: Path = BANK) -> list[Path]:
    """The bank's files by name."""
    return sorted(
        path for path in folder.glob("*.jsonl") if _is_domain(path.stem) or _LANGUAGES.fullmatch(path.stem)
    )


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of one file.

    Raises:
        TrainingDataError: naming the file, the line and the reason.
    """
    for number, instruction in numbered(path):
        row = Row(instruction, path.name, number)
        if _is_domain(path.stem) and instruction.domain != path.stem:
            raise TrainingDataError(
                f"{str(path)!r}, line {number}: domain is {instruction.domain.value!r}; the file holds "
                f"{path.stem!r} only, so move the row to '{instruction.domain.value}.jsonl'"
            )
        if not instruction.voice.strip():
            raise TrainingDataError(
                f"{str(path)!r}, line {number}: voice is empty; say who speaks, as in 'nurse'"
            )
        yield row


def _is_domain(name: str) -> bool:
    return name in {domain.value for domain in Domain}
