"""The card of a retriever that was taught: what it learnt from, how, and what that is worth.

`card.json` is for programs, `README.md` says the same for people. Files are named without their folders, and
told by their SHA-256, so that a card says nothing about the machine that wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.errors import InvalidRequest
from api_docs.markdown import table
from finetune.retriever.figures import MEASURES, Compared, Label, Side
from finetune.retriever.lesson import Ready
from retriever.text import COMPOSITION

SCHEMA: Final = 1
CARD: Final = "card.json"
PAGE: Final = "README.md"


class Method(StrEnum):
    """What of the retriever is taught."""

    ENCODER = "encoder"
    MATRIX = "matrix"


_SIDES: Final = {
    Side.SEEN: "APIs that were taught, asked for in other words",
    Side.UNSEEN: "APIs that were not taught",
}
_LABELS: Final = {
    Label.API: "the very API",
    Label.OWN: "the very API, asked for in words of its doc",
    Label.DOMAIN: "an API of the domain",
}
_TITLES: Final[Mapping[Method, str]] = {
    Method.MATRIX: "A matrix for Callsmith's retriever",
    Method.ENCODER: "An embedding model for Callsmith's retriever",
}
_USES: Final[Mapping[Method, str]] = {
    Method.MATRIX: "CALLSMITH_RETRIEVER_MATRIX=FOLDER/matrix.safetensors, then `callsmith index build`",
    Method.ENCODER: "CALLSMITH_EMBEDDING_MODEL=FOLDER, then `callsmith index build`, which embeds all docs",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What is said of one taught retriever.

    `learnt` is where training was stopped and how that was found, `how` the settings that it ran with.
    """

    method: Method
    model: str
    catalogue: dict[str, Any]
    instructions: list[dict[str, Any]]
    questions: dict[str, int]
    how: dict[str, Any]
    learnt: dict[str, Any]
    figures: list[Compared]
    warnings: list[str]
    files: dict[str, str] = field(default_factory=dict)
    created: str = ""

    @property
    def use(self) -> str:
        """How a service takes it."""
        return _USES[self.method]

    def lines(self) -> list[str]:
        """The figures for people, a line a cell: untrained, trained."""
        return [
            f"{one.cell.side:<6} {one.cell.label:<6} {one.cell.voice:<6} {one.after.questions:>6,}  "
            + "  ".join(f"{name} {_change(one, name)}" for name in MEASURES)
            for one in self.figures
        ]

    def with_files(self, files: dict[str, str]) -> Card:
        """The same card, which also names what it belongs to: SHA-256 by file name."""
        return replace(self, files=files)

    def record(self) -> dict[str, Any]:
        """For programs."""
        found = asdict(self)
        found["figures"] = [
            {**one.cell._asdict(), "before": asdict(one.before), "after": asdict(one.after)}
            for one in self.figures
        ]
        made_with = {name: version(name) for name in ("numpy", "sentence-transformers", "torch")}
        return {"schema_version": SCHEMA, **found, "made_with": made_with}


def data_of(ready: Ready) -> dict[str, Any]:
    """The fields of a card that say what was learnt from."""
    pool, questions = ready.lesson.pool, ready.lesson.questions
    exact, probes = int((questions.exact & ~questions.probes).sum()), int(questions.probes.sum())
    return {
        "catalogue": {"version": pool.catalogue.version, "docs": len(pool), "texts": COMPOSITION},
        "instructions": [
            {"name": source.name, "sha256": source.sha256, "rows": len(source.instructions)}
            for source in ready.sources
        ],
        "questions": {
            "of_an_api": exact,
            "of_a_domain": len(questions) - exact - probes,
            "probes": probes,
            "unanswered": ready.unanswered,
        },
    }


def now() -> str:
    """The time, as a card says it."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def write_card(folder: Path, card: Card) -> None:
    """Write both files of a card into a folder."""
    (folder / CARD).write_bytes(orjson.dumps(card.record(), option=orjson.OPT_INDENT_2) + b"\n")
    (folder / PAGE).write_text(page(card), encoding="utf-8")


def refuse_what_is_not_ours(out: Path) -> None:
    """Make sure that nothing is replaced but an earlier result.

    Raises:
        InvalidRequest: when there is something else in that place.
    """
    if out.exists() and not (out / CARD).is_file() and not (out.is_dir() and not any(out.iterdir())):
        raise InvalidRequest(
            f"{str(out)!r} is there and holds nothing that was taught; name a new folder with --out", "out"
        )


def page(card: Card) -> str:
    """The card as Markdown."""
    questions = card.questions
    lines = [
        f"# {_TITLES[card.method]}",
        "",
        f"Learnt for `{card.model}` on {card.created[:10]} by `callsmith finetune retriever --method "
        f"{card.method}`. To use it, set {card.use}.",
        "",
        "## Learnt from",
        "",
        f"- catalogue `{card.catalogue['version']}`: {card.catalogue['docs']:,} docs",
        *(
            f"- `{one['name']}`: {one['rows']:,} instructions, SHA-256 `{one['sha256']}`"
            for one in card.instructions
        ),
        "",
        f"{questions['of_an_api']:,} of them ask for one API, {questions['of_a_domain']:,} for a domain; "
        f"{questions['unanswered']:,} were left out, for no living doc answers them. Another "
        f"{questions['probes']:,}, composed from docs, were never taught and only judged by. Nothing that is "
        "held out for measuring was opened.",
        "",
        "## Figures",
        "",
        "On questions that were kept apart, in per cent: untrained → trained. An answer is right where it is "
        "what the table says; calls that are equal count as one.",
        "",
        *_tables(card.figures),
        *(("## Warnings", "", *(f"- {one}" for one in card.warnings), "") if card.warnings else ()),
        "## How",
        "",
        *(
            f"- {name.replace('_', ' ')}: {_plain(value)}"
            for name, value in {**card.learnt, **card.how}.items()
        ),
        "",
    ]
    return "\n".join(lines)


def _tables(figures: Sequence[Compared]) -> list[str]:
    rows = [
        (
            _SIDES[side],
            _LABELS[one.cell.label],
            one.cell.voice,
            one.after.questions,
            *(_change(one, name) for name in MEASURES),
        )
        for side in Side
        for one in figures
        if one.cell.side is side
    ]
    return [*table(("APIs", "right is", "by", "questions", *MEASURES), rows), ""]


def _change(one: Compared, measure: str) -> str:
    return f"{100 * one.before.values[measure]:.1f} → {100 * one.after.values[measure]:.1f}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
