"""A page as one HTML file: no script, no outside address, legible in the dark and on a phone.

Everything that is written is escaped; plots are pictures inside the file, in which nothing can run.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from evaluation.report.content import Block, Code, Heading, Inline, Paragraph, Plot, Table

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2126; --soft: #5b6470; --line: #d5dae0; --back: #ffffff;
  --tint: #f2f5f8; --ours: #e7f0fa; --link: #1f63a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e6ea; --soft: #9aa4b0; --line: #363d46;
  --back: #14171b; --tint: #1c2127; --ours: #1b2b3c; --link: #7fb5ee; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0.5rem 0 0.75rem; }
h2 { font-size: 1.4rem; margin: 3rem 0 0.5rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
p { max-width: 46rem; margin: 0.5rem 0 1rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; margin: 1rem 0 0;
  list-style: none; }
code { font: 0.9em ui-monospace, Menlo, Consolas, monospace; background: var(--tint);
  padding: 0.1em 0.3em; border-radius: 3px; overflow-wrap: anywhere; }
.source { color: var(--soft); font-size: 0.82rem; }
.scroll { overflow-x: auto; margin: 1rem 0 0.5rem; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 0.4rem; }
th, td { padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--line); vertical-align: top;
  text-align: right; }
td small { display: block; white-space: nowrap; font-size: 0.88em; font-weight: 400; color: var(--soft); }
th { background: var(--tint); font-weight: 600; vertical-align: bottom; }
thead th { white-space: normal; }
th.words, td.words { text-align: left; white-space: normal; min-width: 6.5rem; }
td.words:first-child { min-width: 10rem; }
tbody th { background: none; font-weight: inherit; }
tr.ours > * { background: var(--ours); font-weight: 600; }
figure { margin: 1.25rem 0; }
figure .scroll { margin: 0; }
figure img { display: block; width: 100%; min-width: 34rem; max-width: 56rem; height: auto; }
figcaption { font-weight: 600; font-size: 0.9rem; margin-bottom: 0.5rem; }
"""
_INTERVAL: Final = re.compile(r"\A([\d.]+) (\([\d.]+–[\d.]+\))\Z")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, blocks: Sequence[Block]) -> str:
    """The whole file."""
    sections = [block for block in blocks if isinstance(block, Heading) and block.level == 2]
    links = "".join(f'<li><a href="#{escape(one.anchor)}">{escape(one.text)}</a></li>' for one in sections)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{escape(title)}</h1>",
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>',
        *(line for block in blocks for line in _block(block)),
        "</main>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f'<h{block.level} id="{escape(block.anchor)}">{escape(block.text)}</h{block.level}>'
        case Paragraph():
            name = ' class="source"' if block.is_source else ""
            yield f"<p{name}>{_inline(block.parts)}</p>"
        case Table():
            yield from _table(block)
        case Plot():
            data = b64encode(block.svg).decode()
            yield f"<figure><figcaption>{escape(block.caption)}</figcaption>"
            yield (
                '<div class="scroll" tabindex="0">'
                f'<img alt="{escape(block.alt)}" src="data:image/svg+xml;base64,{data}"></div></figure>'
            )


def _table(table: Table) -> Iterator[str]:
    yield f'<div class="scroll" tabindex="0"><table><caption>{escape(table.caption)}</caption>'
    heads = (
        f'<th scope="col"{_words(place, table)}>{escape(head)}</th>' for place, head in enumerate(table.heads)
    )
    yield f"<thead><tr>{''.join(heads)}</tr></thead><tbody>"
    for number, row in enumerate(table.rows):
        cells = (f"<td{_words(place, table)}>{_cell(cell)}</td>" for place, cell in enumerate(row))
        ours = ' class="ours"' if number in table.emphasised else ""
        yield f"<tr{ours}>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _cell(cell: Inline) -> str:
    """A cell; an interval behind a figure is shown smaller, and never parted."""
    shown = _inline([cell])
    return _INTERVAL.sub(r"\1 <small>\2</small>", shown) if isinstance(cell, str) else shown


def _words(place: int, table: Table) -> str:
    return ' class="words"' if place < table.left else ""


def _inline(parts: Iterable[Inline]) -> str:
    return "".join(
        f"<code>{escape(part.text)}</code>" if isinstance(part, Code) else escape(part) for part in parts
    )
