"""The instructions that models are judged by, and never taught with.

They were drawn from the bank by hash, before anything was trained. Only the evaluation reads them here; no
module that makes data to learn from may, and a test proves that none does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api_docs.domains import Domain
from evaluation.json_lines import read_rows

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
    fix = "draw the rows with `callsmith finetune bank hold-out`"
    return read_rows(path, _row, "instruction, domain, hub and voice", missing=fix)


def _row(row: dict[str, Any]) -> HeldOut:
    return HeldOut(str(row["instruction"]), Domain(row["domain"]), row["hub"], str(row["voice"]))
