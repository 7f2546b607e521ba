"""Find texts that look like another, for "did you mean": trigrams first, then the longest common parts.

Works on plain texts and their places in a list. Fast enough for a refusal in a request: the trigrams that
tell texts apart decide which few are compared at length.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

_COMPARED = 400
"""Characters of a text that are looked at; calls are shorter."""
_POSTINGS = 20_000
"""How many occurrences of trigrams one search counts, the rarest trigrams first."""
_SHORTLIST = 16


class TrigramIndex:
    """Texts by the three-letter pieces that occur in them, upper and lower case alike."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [text[:_COMPARED] for text in texts]
        self._sizes: list[int] = []
        self._postings: defaultdict[str, array[int]] = defaultdict(lambda: array("l"))
        for place, text in enumerate(self._texts):
            pieces = _pieces(text)
            self._sizes.append(len(pieces))
            for piece in pieces:
                self._postings[piece].append(place)

    def most_like(self, text: str, limit: int) -> list[int]:
        """Places of the texts that are most like `text`, best first; at most `limit`."""
        text = text[:_COMPARED]
        wanted = _pieces(text)
        lists = sorted((self._postings[piece] for piece in wanted if piece in self._postings), key=len)
        shared: Counter[int] = Counter()
        counted = 0
        for places in lists:
            if counted and counted + len(places) > _POSTINGS:
                break
            shared.update(places)
            counted += len(places)
        sizes = self._sizes
        short = sorted(shared, key=lambda place: (-shared[place] / (len(wanted) + sizes[place]), place))
        best = sorted(short[:_SHORTLIST], key=lambda place: (-likeness(text, self._texts[place]), place))
        return best[:limit]


def likeness(one: str, other: str) -> float:
    """0 for texts that share nothing, 1 for equal ones: twice the matching characters over all of both."""
    return SequenceMatcher(None, one[:_COMPARED], other[:_COMPARED], autojunk=False).ratio()


def _pieces(text: str) -> set[str]:
    folded = text.lower()
    return {folded[start : start + 3] for start in range(len(folded) - 2)}
