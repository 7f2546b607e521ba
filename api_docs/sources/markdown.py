"""Markdown pages of upstreams taken apart: front matter, code blocks, tables, plain prose, numbers.

Knows the shapes that model pages are written in; what a column or a field means is the source's
knowledge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from api_docs.errors import InvalidDoc

# Scalars stay text: `title: 3.0` and `author: no` are names, not values. In C where PyYAML has it, for
# thousands of cards are read anew every night.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_FENCE = re.compile(
    r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE
)
_RULE = re.compile(r"[\s|:-]*-[\s|:-]*")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"</?\w[^>]*>")
_BREAK = re.compile(r"<br\s*/?>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?|[-+]?\.\d+")
_QUANTITY = re.compile(r"^([-+]?\d[\d,]*(?:\.\d+)?)\s*(k|m|b|g|t|thousand|million|billion)?\b", re.IGNORECASE)
_SCALE = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "million": 1e6,
    "b": 1e9,
    "g": 1e9,
    "billion": 1e9,
    "t": 1e12,
}
# arXiv's identifiers begin with year and month since 2007: 1512.03385 is of December 2015.
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/((\d\d)(?:0[1-9]|1[0-2])\.\d{4,5})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """One table: header cells and rows of cells, all as plain text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """One fenced block: its language word ('' where none is given) and its text."""

    language: str
    text: str


def front_matter(text: str) -> dict[str, object] | None:
    """The YAML mapping between the leading `---` lines, or None where a page has none.

    Raises:
        InvalidDoc: when there is one that can't be read.
    """
    if not text.startswith("---"):
        return None
    found = _FRONT_MATTER.match(text)
    if found is None:
        raise InvalidDoc("the front matter has no closing '---' line; add one")
    try:
        values = yaml.load(found.group(1), Loader=_LOADER)  # noqa: S506 - builds only text
    except yaml.YAMLError as exc:
        where = getattr(exc, "problem_mark", None)
        line = f" at line {where.line + 2}" if where is not None else ""
        raise InvalidDoc(f"the front matter is no YAML{line}: {getattr(exc, 'problem', exc)}") from exc
    if not isinstance(values, dict):
        raise InvalidDoc(f"the front matter is a {type(values).__name__}; expected `name: value` lines")
    return values


def code_blocks(text: str) -> list[CodeBlock]:
    """Every fenced code block in order."""
    return [CodeBlock(found.group(2).lower(), found.group(3)) for found in _FENCE.finditer(text)]


def prose(text: str) -> str:
    """The page without code blocks, comments and links' targets."""
    return _LINK.sub(r"\1", _COMMENT.sub("", _FENCE.sub("\n", text)))


def tables(text: str) -> list[Table]:
    """Every pipe table outside of code, with or without outer pipes."""
    lines = _FENCE.sub("\n", text).splitlines()
    found = []
    for index in range(len(lines) - 1):
        rule = lines[index + 1]
        if "|" in lines[index] and "|" in rule and _RULE.fullmatch(rule):
            body = _rows(lines, index + 2)
            found.append(Table(tuple(map(plain, _cells(lines[index]))), tuple(body)))
    return found


def plain(cell: str) -> str:
    """A cell's text without emphasis, code marks, links and tags."""
    text = _TAG.sub(" ", _LINK.sub(r"\1", cell))
    return re.sub(r"\s+", " ", re.sub(r"[*`\\]", "", text)).strip()


def number(text: str) -> float | None:
    """The first number of a cell (`78.7%` → 78.7), or None."""
    found = _NUMBER.search(text)
    return float(found.group().replace(",", "")) if found else None


def quantity(text: str) -> float | None:
    """A count with its suffix applied (`25.6M` → 25600000.0), or None."""
    found = _QUANTITY.match(text.strip())
    if found is None:
        return None
    return round(float(found.group(1).replace(",", "")) * _SCALE.get((found.group(2) or "").lower(), 1), 6)


def paper_year(text: str) -> int | None:
    """The year of the only arXiv paper that a page links: that of the model. None where it links more."""
    papers = dict(_ARXIV.findall(text))
    return 2000 + int(next(iter(papers.values()))) if len(papers) == 1 else None


def squeezed(text: str) -> str:
    """Lower-case letters and digits only: `ResNet-18` and `resnet18` are the same name."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _rows(lines: list[str], start: int) -> Iterator[tuple[str, ...]]:
    for line in lines[start:]:
        if "|" not in line:
            return
        # A cell with several lines states the model's own figure first, then that of a variant.
        cells = tuple(plain(_BREAK.split(cell, maxsplit=1)[0]) for cell in _cells(line))
        if any(cells):
            yield cells


def _cells(line: str) -> list[str]:
    return line.strip().removeprefix("|").removesuffix("|").split("|")
