"""Addresses with places to fill in, such as `https://host/repos/{owner}/{repo}`, and what fills them.

A place is filled with what one segment of a path can hold, or, written `{+path}` as RFC 6570 does, with
several segments. A place that is still open stands for itself. Matching looks at every character once:
addresses come from others, and a pattern with backtracking could be made to take for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from api_docs.call import literal

_PLACE = re.compile(r"\{(\+?)([^{}/?#\s'\"\\]+)\}")
_LITERAL = re.compile(r"[^\s\"\\<>{}`^|]*")
_FILLED = re.compile(r"[^\s/?#'\"\\<>{}`^|]+")
_SEGMENTS = re.compile(r"[^\s?#'\"\\<>{}`^|]+")


@dataclass(frozen=True, slots=True)
class Opening:
    """One place to fill in; `text` is how it stands in the template, `many` lets it hold slashes."""

    name: str
    text: str
    many: bool

    def takes(self, text: str) -> bool:
        """Whether a text may stand here: the place itself, or what a path can hold."""
        if text in (self.text, f"{{{self.name}}}"):
            return True
        return (_SEGMENTS if self.many else _FILLED).fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """An address; `literals` stand before, between and behind its `openings`."""

    text: str
    literals: tuple[str, ...]
    openings: tuple[Opening, ...]

    def match(self, url: str) -> dict[str, str] | None:
        """What an address puts into each place, as it stands there; None where it is another address.

        A place that holds several parts of a segment ends where what follows it begins first.
        """
        if not url.startswith(self.literals[0]):
            return None
        found: dict[str, str] = {}
        start, last = len(self.literals[0]), len(self.openings) - 1
        for number, (opening, behind) in enumerate(zip(self.openings, self.literals[1:], strict=True)):
            if number == last:
                end = len(url) - len(behind) if url.endswith(behind) else -1
            else:
                end = url.find(behind, start + 1)
            if end <= start or not opening.takes(url[start:end]):
                return None
            found[opening.name] = url[start:end]
            start = end + len(behind)
        return found if start == len(url) else None

    def opening(self, name: str) -> Opening | None:
        """The place of that name."""
        return next((opening for opening in self.openings if opening.name == name), None)

    def is_open(self, name: str, text: str) -> bool:
        """Whether a text in a place is only the place itself."""
        return text in (f"{{{name}}}", f"{{+{name}}}")

    def filled(self, url: str, name: str, value: str) -> str:
        """An address of this template with a value in a place that was open, quoted as paths are."""
        opening = self.opening(name)
        if opening is None:
            return url
        return url.replace(
            opening.text, quote(value, safe="/:@,+$!*()~" if opening.many else ":@,+$!*()~"), 1
        )


@lru_cache(maxsize=16_384)
def template_of(source: str) -> UrlTemplate | None:
    """The template that the source text of a string holds; None where it is no string or no template."""
    try:
        text = literal(source)
        return parse_template(text) if isinstance(text, str) else None
    except ValueError:
        return None


def parse_template(text: str) -> UrlTemplate:
    """Read a template.

    Raises:
        ValueError: where two places touch, a name stands twice, or a character belongs to no address.
    """
    literals, openings = [], []
    start = 0
    for found in _PLACE.finditer(text):
        literals.append(text[start : found.start()])
        openings.append(Opening(found[2], found[0], bool(found[1])))
        start = found.end()
    literals.append(text[start:])
    if not all(_LITERAL.fullmatch(part) for part in literals):
        raise ValueError(f"{text!r} holds a character that no address has; write it as %XX")
    if not all(literals[1:-1]):
        raise ValueError(f"{text!r} has two places side by side, and nobody could tell where one ends")
    if len({opening.name for opening in openings}) != len(openings):
        raise ValueError(f"{text!r} has two places of one name; give each a name of its own")
    return UrlTemplate(text, tuple(literals), tuple(openings))


def origin_of(source: str | None) -> str | None:
    """Scheme and host of the address that the source text of a string holds, as they stand there."""
    if source is None:
        return None
    found = re.match(r"['\"]?(\w+://[^/?#'\"]*)", source)
    return found[1] if found else source


def meant(text: str) -> str:
    """What a filled place says, its quoting undone."""
    return unquote(text)


def names_of(text: str) -> Iterator[str]:
    """The names of the places of an address, in order."""
    return (found[2] for found in _PLACE.finditer(text))
