"""Read what may be taught with: files of instructions, folders that a teacher filled, folders of the bank.

Opens the files that it is given, never what is held out for measuring and nothing under CALLSMITH_DATA.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api_docs.files import sha256_of
from finetune.instructions.bank import bank_files, read_bank
from finetune.instructions.instruction import (
    INSTRUCTIONS,
    Instruction,
    read_instructions,
    refuse_what_is_for_measuring,
)


@dataclass(frozen=True, slots=True)
class Sourced:
    """Instructions from one file or folder; `sha256` is of the file, or of a folder's files together."""

    name: str
    sha256: str
    instructions: tuple[Instruction, ...]


def read_sources(paths: Sequence[Path]) -> list[Sourced]:
    """Read files of instructions, folders that a teacher filled, and folders of the bank.

    Raises:
        TrainingDataError: when one is missing, damaged, or not to be taught with.
    """
    return [_read(path) for path in paths]


def _read(path: Path) -> Sourced:
    refuse_what_is_for_measuring(path)
    if path.is_dir() and not (path / INSTRUCTIONS).is_file():
        files = bank_files(path)
        for file in files:
            refuse_what_is_for_measuring(file)
        instructions = read_bank(path)
        digest = hashlib.sha256("".join(f"{one.name} {sha256_of(one)}\n" for one in files).encode())
        return Sourced(path.resolve().name, digest.hexdigest(), tuple(instructions))
    file = path / INSTRUCTIONS if path.is_dir() else path
    refuse_what_is_for_measuring(file)
    instructions = read_instructions(file)
    return Sourced(file.resolve().name, sha256_of(file), tuple(instructions))
