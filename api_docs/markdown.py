"""Tables of Markdown. Knows nothing about what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def shown(value: object) -> str:
    """A value for people: numbers with thousands separators, nothing for what is not so or not known."""
    match value:
        case bool() | None:
            return "yes" if value else ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.3f}"
        case _:
            return str(value)


def table(
    heads: Iterable[object], rows: Iterable[Iterable[object]], write: Callable[[object], str] = shown
) -> list[str]:
    """The lines of a table, its values as `write` writes them; what would end a cell is escaped."""
    named = list(heads)
    return [
        _line(map(str, named)),
        _line(["---"] * len(named)),
        *(_line(write(value) for value in row) for row in rows),
    ]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
