"""What a page consists of, whatever it is written in: headings, paragraphs, tables and plots.

Texts are plain and never markup. Only `prose`, which is for our own words, reads `backticks`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A text that is shown as code."""

    text: str


Inline = str | Code


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2 or 3; `anchor` is what links lead to."""

    text: str
    anchor: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some text; `is_source` marks how and on what a figure was measured."""

    parts: tuple[Inline, ...]
    is_source: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in rows. The first `left` columns hold words, all others figures."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Inline, ...], ...]
    left: int = 1
    emphasised: tuple[int, ...] = ()  # rows that are ours


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture; `alt` says in words what it shows."""

    name: str
    caption: str
    alt: str
    svg: bytes


Block = Heading | Paragraph | Table | Plot


def prose(text: str, *, is_source: bool = False) -> Paragraph:
    """A paragraph of our own words, in which `backticks` mark code; never for texts of others."""
    parts = re.split(r"`([^`]+)`", text)
    shown = (Code(part) if place % 2 else part for place, part in enumerate(parts))
    return Paragraph(tuple(part for part in shown if part), is_source)


def percent(value: float | None, interval: tuple[float, float] | list[float] | None = None) -> str:
    """A fraction as per cent with one decimal, with its interval behind it; a dash where there is none."""
    if value is None:
        return "–"
    shown = f"{100 * value:.1f}"
    return shown if interval is None else f"{shown} ({100 * interval[0]:.1f}–{100 * interval[1]:.1f})"


def share_cell(share: dict[str, object] | None) -> str:
    """A share of `answers.share` as a cell."""
    if share is None or share["value"] is None:
        return "–"
    return percent(share["value"], share["interval"])  # type: ignore[arg-type]
