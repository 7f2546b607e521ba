"""Tables of Markdown. Knows nothing about what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a table; numbers get thousands separators, what would end a cell is escaped."""
    return [_line(heads), _line(["---"] * len(heads)), *(_line(row) for row in rows)]


def cell(value: object) -> str:
    """A value as the text of one cell."""
    match value:
        case bool() | None:
            return "yes" if value else ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.3f}"
        case _:
            return " ".join(str(value).replace("|", "\\|").split())


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(cell(one) for one in cells)} |"
