"""The card of a judge: what it learnt from, and what it said of instructions that it was not taught.

`card.json` is for programs, `README.md` says the same for people. Files are told by their SHA-256, so that a
card says nothing about the machine that wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from api_docs.markdown import table
from finetune.judge.calibration import expected_calibration_error
from finetune.judge.fitting import GAMMA, RIDGE, Flags
from finetune.judge.learn import LANDMARKS, Learnt, OnFolds
from finetune.judge.lesson import Lesson
from finetune.judge.teaching import EPOCHS
from finetune.retriever.card import CARD, PAGE
from retriever.fusion import MILD

SCHEMA: Final = 1
ANSWERED: Final = 0.97
"""Share of served instructions that are to be answered, where the card tells how many others are refused."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is said of one judge; `figures` are fractions of 1, by language where it has both kinds."""

    model: str
    catalogue: str
    instructions: list[dict[str, Any]]
    how: dict[str, Any]
    figures: dict[str, dict[str, float]]
    created: str
    files: dict[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """For programs."""
        return {"schema_version": SCHEMA, **asdict(self), "made_with": {"numpy": version("numpy")}}

    def lines(self) -> list[str]:
        """The figures for people, a line for each kind of rows."""
        return [f"{rows}: {_told(figures)}" for rows, figures in self.figures.items()]


def card_of(  # noqa: PLR0913, PLR0917 - all that a card says
    lesson: Lesson, learnt: Learnt, model: str, catalogue: str, seed: int, created: str
) -> Card:
    """The card of what was learnt from a lesson."""
    judged, languages = learnt.judged, np.array(learnt.judged.languages)
    refused = {"name": "unserved", "sha256": lesson.unserved_sha256, "rows": int((~lesson.served).sum())}
    how = {
        "seed": seed,
        "folds": int(lesson.folds.max()) + 1,
        "branch_leaves_after": lesson.after,
        "layers": len(learnt.judge.branch.layers),
        "epochs": EPOCHS,
        "searched": int(judged.served.sum()),
        "temperature": learnt.temperature,
        "leaning": asdict(MILD),
        "landmarks": LANDMARKS,
        "gamma": GAMMA,
        "ridge": RIDGE,
    }
    return Card(
        model=model,
        catalogue=catalogue,
        instructions=[
            *(
                {"name": one.name, "sha256": one.sha256, "rows": len(one.instructions)}
                for one in lesson.sources
            ),
            refused,
        ],
        how=how,
        figures={
            language: figures_of(judged, learnt.on_folds, languages == language)
            for language in sorted(
                {*languages[judged.served].tolist()} & {*languages[~judged.served].tolist()}
            )
        },
        created=created,
    )


def figures_of(lesson: Lesson, found: OnFolds, rows: Flags) -> dict[str, float]:
    """What the judge said of some rows that it was not taught.

    `first` and `shown` are the shares whose domain the first answer has, or one of the likeliest six has;
    `refused` is the share of unserved ones below the score that 97% of the served ones reach.
    """
    served, refused = rows & lesson.served, rows & ~lesson.served
    domains = lesson.domains[served]
    floor = np.quantile(found.served[served], 1 - ANSWERED)
    figures = {
        "served": float(served.sum()),
        "unserved": float(refused.sum()),
        "likeliest_is_right": float((found.leaning[served].argmax(axis=1) == domains).mean()),
        "first": float((found.domains[served] == domains).mean()),
        "shown": float(found.shown[served].mean()),
        "calibration_error": expected_calibration_error(
            found.right[rows].tolist(), (found.domains == lesson.domains)[rows].tolist()
        ),
        "calibration_error_of_served": expected_calibration_error(
            found.right[served].tolist(), (found.domains[served] == domains).tolist()
        ),
        "threshold": float(floor),
        "refused": float((found.served[refused] < floor).mean()),
        "refused_at_a_half": float((found.served[refused] < 0.5).mean()),
        "answered_at_a_half": float((found.served[served] >= 0.5).mean()),
    }
    return {name: round(value, 4) for name, value in figures.items()}


def write_card(folder: Path, card: Card) -> None:
    """Write both files of a card into a folder."""
    (folder / CARD).write_bytes(orjson.dumps(card.record(), option=orjson.OPT_INDENT_2) + b"\n")
    (folder / PAGE).write_text(page(card), encoding="utf-8")


def page(card: Card) -> str:
    """The card as Markdown."""
    names = list(next(iter(card.figures.values())))
    rows = [
        (name.replace("_", " "), *(_shown(name, figures[name]) for figures in card.figures.values()))
        for name in names
    ]
    return "\n".join(
        [
            "# A judge of instructions",
            "",
            f"Learnt for `{card.model}` on {card.created[:10]} by `callsmith finetune judge`: which domain "
            "an instruction means, whether anything serves it, and how sure an answer is.",
            "",
            "## Learnt from",
            "",
            f"- signs from searching catalogue `{card.catalogue}`",
            *(
                f"- `{one['name']}`: {one['rows']:,} instructions, SHA-256 `{one['sha256']}`"
                for one in card.instructions
            ),
            "",
            "Nothing that is held out for measuring was opened.",
            "",
            "## Figures",
            "",
            "Of instructions that it was not taught, in per cent, by language. `first`: the first answer's "
            "domain is right; `shown`: it or one of the other likeliest domains, six in all; `refused`: "
            "unserved ones below the `threshold` that 97% of the served ones reach. The calibration error "
            "has ten bins of equal mass.",
            "",
            *table(("", *card.figures), rows),
            "",
            "## How",
            "",
            *(f"- {name.replace('_', ' ')}: {value}" for name, value in card.how.items()),
            "",
        ]
    )


def _told(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_shown(name, value)}" for name, value in figures.items())


def _shown(name: str, value: float) -> str:
    if name in ("served", "unserved"):
        return f"{int(value):,}"
    return f"{value:.3f}" if name == "threshold" else f"{100 * value:.1f}"
