"""Identifiers that nobody has, in the manner of those that people have.

A model that has seen every name learns names by heart; one that sees new ones in every prompt has to read.
New names keep the shape of a real one (where letters, digits and dashes stand, and which letters are
capitals) and are filled with pieces of others: whole words, syllables in a new order, other digits. Works on
text; knows nothing about docs.
"""

from __future__ import annotations

import keyword
import random
import re
import string
from collections.abc import Iterable, Sequence
from typing import Final

_PIECE: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|.", re.DOTALL)
"""A word with its capital, capitals, digits, or one other character."""
_SYLLABLE: Final = re.compile(r"[^aeiouy]*[aeiouy]+(?:[^aeiouy]*\Z|[^aeiouy](?=[^aeiouy]))?|[^aeiouy]+\Z")
_MOST_SYLLABLES: Final = 3
_LONGEST: Final = 48
"""Characters of a made-up name; the few real ones that are longer are cut."""
_TRIES: Final = 20

_WORD_AS_IT_IS: Final = 0.15
_ANOTHER_WORD: Final = 0.35
"""Shares of a name's words that stay and that become another name's; others are syllables in a new order."""
_WITH_NUMBER: Final = 0.15
"""Share of names that get a number more: few have none."""


class MadeUp:
    """Makes names out of pieces of real ones, which it never gives back themselves.

    The same real names and the same draws give the same names.
    """

    def __init__(self, real: Iterable[str], shapes: Sequence[str] = ()) -> None:
        known = sorted(set(real))
        self._real = {squeezed(name) for name in known}
        told = [*known, *shapes]
        pieces = sorted({piece.lower() for name in told for piece in _PIECE.findall(name)})
        words = (piece for piece in pieces if len(piece) > 1 and piece.isascii() and piece.isalpha())
        self._words: list[str] = list(words)
        self._syllables: list[str] = sorted({part for one in self._words for part in _SYLLABLE.findall(one)})
        self._shapes = sorted(set(shapes)) or known

    def name(self, draw: random.Random) -> str:
        """A name in the shape of any of the shapes."""
        return self.like(draw.choice(self._shapes), draw)

    def like(self, shape: str, draw: random.Random) -> str:
        """A name in the shape of one, which is neither that one nor any real one."""
        for _ in range(_TRIES):
            made = self._filled(shape[:_LONGEST], draw)
            if self._is_new(made, shape):
                return made
        return f"{made}{draw.randint(100, 999)}"

    def argument(self, draw: random.Random, shape: str | None = None) -> str:
        """As `like` or `name`, for an argument: one that Python takes for a name."""
        made = re.sub(r"\W", "_", self.like(shape or draw.choice(self._shapes), draw))
        named = made if made[:1].isalpha() else f"n{made.lstrip('_')}"
        return f"{named}_" if keyword.iskeyword(named) else named

    def _filled(self, shape: str, draw: random.Random) -> str:
        made = "".join(self._piece(piece, draw) for piece in _PIECE.findall(shape))
        if draw.random() < _WITH_NUMBER and not made[-1:].isdigit():
            made += draw.choice(("_", "-", "")) + str(draw.randint(2, 99))
        return made

    def _piece(self, piece: str, draw: random.Random) -> str:
        if piece.isdigit():
            first = "" if len(piece) == 1 else draw.choice("123456789")
            return first + "".join(draw.choice(string.digits) for _ in piece[len(first) :])
        if not (piece.isascii() and piece.isalpha()):
            return piece
        if len(piece) == 1:
            letter = draw.choice(string.ascii_lowercase)
            return letter.upper() if piece.isupper() else letter
        return _cased(self._word(piece.lower(), draw), piece)

    def _word(self, word: str, draw: random.Random) -> str:
        dice = draw.random()
        if dice < _WORD_AS_IT_IS:
            return word
        if dice < _WORD_AS_IT_IS + _ANOTHER_WORD:
            return draw.choice(self._words)
        count = min(_MOST_SYLLABLES, max(1, len(word) // 3 + draw.choice((-1, 0, 0, 1))))
        return "".join(draw.choices(self._syllables, k=count))

    def _is_new(self, made: str, shape: str) -> bool:
        return squeezed(made) not in self._real and made != shape and any(map(str.isalnum, made))


def squeezed(name: str) -> str:
    """A name without case and punctuation: equal for those that people take for the same."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word
