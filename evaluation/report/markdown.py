"""The same page as Markdown, its plots as files beside it.

What could be markup is escaped: texts of docs and instructions show as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from evaluation.report.content import Block, Code, Heading, Inline, Paragraph, Plot, Table

PLOTS: Final = "plots"
_WIDTH: Final = 110
_MARKUP: Final = re.compile(r"([\\`*_\[\]|~#!])")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def page(title: str, blocks: Sequence[Block]) -> str:
    """The whole file."""
    return "\n\n".join([f"# {title}", *(_block(block) for block in blocks)]) + "\n"


def plain(text: str) -> str:
    """A text in one line in which nothing means anything to Markdown."""
    one_line = " ".join(text.split())
    safe = "".join(_ENTITIES.get(sign, sign) for sign in one_line)
    return _MARKUP.sub(r"\\\1", safe)


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {plain(block.text)}"
        case Paragraph():
            shown = _inline(block.parts)
            return f"<sub>{shown}</sub>" if block.is_source else shown
        case Table():
            return "\n".join(_table(block))
        case Plot():
            return f"**{plain(block.caption)}**\n\n![{plain(block.alt)}]({PLOTS}/{block.name}.svg)"


def _table(table: Table) -> Iterator[str]:
    yield f"**{plain(table.caption)}**"
    yield ""
    yield _row(map(plain, table.heads))
    yield _row("---" if place < table.left else "--:" for place in range(len(table.heads)))
    for number, row in enumerate(table.rows):
        cells = [_inline([cell]) for cell in row]
        if number in table.emphasised:
            cells = [f"**{cell}**" if cell else cell for cell in cells]
        yield _row(cells)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _inline(parts: Iterable[Inline]) -> str:
    return "".join(_code(part.text) if isinstance(part, Code) else _kept_blanks(part) for part in parts)


def _kept_blanks(text: str) -> str:
    """Plain text with the blanks at its ends, which part it from code."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() else ""
    return f"{before}{plain(text)}{after}"


def _code(text: str) -> str:
    """Code in which a table's bars and backticks do no harm."""
    one_line = " ".join(text.split()).replace("|", "\\|")
    fence = "``" if "`" in one_line else "`"
    return f"{fence} {one_line} {fence}" if fence == "``" else f"`{one_line}`"
