"""The instructions that models are judged by, and never taught with.

They were drawn from the bank by hash, before anything was trained. Only the evaluation reads them here; no
module that makes data to learn from may, and a test proves that none does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from api_docs.domains import Domain
from api_docs.errors import EvaluationDataError

HELD_OUT: Final = Path(__file__).parent.parent / "finetune" / "bank" / "heldout.jsonl"
"""300 rows of the bank, from every domain in proportion."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One instruction, the domain of the APIs that answer it, and the hub that it asks for, if any."""

    text: str
    domain: Domain
    hub: str | None
    voice: str


def read_heldout(path: Path = HELD_OUT) -> list[HeldOut]:
    """Every row that is kept for judging, in the order of the file.

    Raises:
        EvaluationDataError: naming the file, the line and the reason.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as exc:
        raise EvaluationDataError(
            f"can't read {str(path)!r}: {exc.strerror}; draw the rows with `callsmith finetune bank hold-out`"
        ) from exc
    return [
        _row(line, f"{str(path)!r}, line {number}") for number, line in enumerate(lines, 1) if line.strip()
    ]


def _row(line: bytes, where: str) -> HeldOut:
    try:
        row = orjson.loads(line)
        return HeldOut(str(row["instruction"]), Domain(row["domain"]), row["hub"], str(row["voice"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as exc:
        raise EvaluationDataError(
            f"{where}: {type(exc).__name__}: {exc}; expected the fields instruction, domain, hub and voice"
        ) from exc
