"""What became of all that a teacher wrote: counts per filter with examples, as JSON and as a page.

Knows nothing about how instructions were asked for or judged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.files import write_file
from api_docs.markdown import table
from finetune.instructions.instruction import Instruction
from finetune.teacher.filters import Filter, Refusal
from finetune.teacher.spending import Prices, Usage

FIGURES: Final = "report.json"
PAGE: Final = "REPORT.md"
_EXAMPLES: Final = 5
"""Refused instructions that are shown of each filter."""
_SHOWN: Final = 20
"""Kept ones that the page shows, from as many places of the list."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An instruction that was not kept, the doc that it was written for, and why."""

    text: str
    doc_id: str
    refusal: Refusal


@dataclass(slots=True)
class Quality:
    """The counts of one run.

    `unreadable` are the docs whose answers held no list, `not_taken` those whose requests the teacher
    refused, with its words; `waiting` the docs that have no answer yet.
    """

    teacher: str
    catalogue: str
    seed: int
    prices: Prices = field(default_factory=Prices)
    kept: list[Instruction] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    answered: int = 0
    truncated: int = 0
    unreadable: list[str] = field(default_factory=list)
    not_taken: dict[str, str] = field(default_factory=dict)
    waiting: int = 0
    stopped: str | None = None
    usage: Usage = field(default_factory=Usage)

    def figures(self) -> dict[str, Any]:
        """Every count, ready for JSON."""
        written = len(self.kept) + len(self.refused)
        domains = Counter(one.domain.value for one in self.kept)
        return {
            "teacher": self.teacher,
            "catalogue": self.catalogue,
            "seed": self.seed,
            "apis": {
                "answered": self.answered,
                "truncated": self.truncated,
                "unreadable": len(self.unreadable),
                "not_taken": len(self.not_taken),
                "waiting": self.waiting,
            },
            "stopped": self.stopped,
            "prompt_tokens": self.usage.prompt,
            "completion_tokens": self.usage.completion,
            "cost": round(self.prices.cost(self.usage), 6),
            "written": written,
            "kept": len(self.kept),
            "refused": {one.value: len(refused) for one, refused in self._by_filter().items()},
            "kept_of_domains": dict(sorted(domains.items())),
        }

    def page(self) -> str:
        """The counts and examples of what each filter refused, for people."""
        found = self.figures()
        lines = [
            "# What the teacher wrote",
            "",
            f"{self.teacher!r}, catalogue `{self.catalogue}`, seed {self.seed}: {found['written']:,} "
            f"instructions for {self.answered:,} APIs, of which {found['kept']:,} are kept. "
            f"{self.usage.prompt:,} tokens read, {self.usage.completion:,} written.",
            "",
            *table(("filter", "refused", "of all"), self._shares(found["written"])),
            "",
            *table(("APIs", ""), ((name.replace("_", " "), count) for name, count in found["apis"].items())),
            "",
        ]
        if self.stopped:
            lines += [f"It is not done: {self.stopped}.", ""]
        for one, refused in self._by_filter().items():
            if refused:
                rows = ((each.doc_id, each.text, each.refusal.reason) for each in refused[:_EXAMPLES])
                lines += [f"## {one.value.capitalize()}", "", *table(("doc", "instruction", "why"), rows), ""]
        lines += [f"- `{doc_id}`: {said}" for doc_id, said in sorted(self.not_taken.items())]
        step = max(1, len(self.kept) // _SHOWN)
        shown = ((one.domain.value, one.text) for one in self.kept[::step][:_SHOWN])
        return "\n".join([*lines, "## Kept", "", *table(("domain", "instruction"), shown)]) + "\n"

    def write(self, folder: Path) -> None:
        """Write figures and page into a folder.

        Raises:
            StorageError: when the disk is full or read-only.
        """
        write_file(folder / FIGURES, orjson.dumps(self.figures(), option=orjson.OPT_INDENT_2) + b"\n")
        write_file(folder / PAGE, self.page().encode())

    def _by_filter(self) -> dict[Filter, list[Refused]]:
        return {one: [each for each in self.refused if each.refusal.filter is one] for one in Filter}

    def _shares(self, written: int) -> list[tuple[str, int, str]]:
        return [
            (one.value, len(refused), f"{len(refused) / written:.1%}" if written else "")
            for one, refused in self._by_filter().items()
        ]
