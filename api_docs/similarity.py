"""Find texts that look like another, for "did you mean": trigrams first, then the longest common parts.

Works on plain texts and their places in a list. Fast enough for a refusal in a request: the trigrams that
tell texts apart decide which few are compared at length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

import numpy as np

_COMPARED = 400
"""Characters of a text that are looked at; calls are shorter."""
_POSTINGS = 20_000
"""How many occurrences of trigrams one search counts, the rarest trigrams first."""
_SHORTLIST = 16


class TrigramIndex:
    """Texts by the three-letter pieces that occur in them, upper and lower case alike."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [text[:_COMPARED] for text in texts]
        postings: defaultdict[str, list[int]] = defaultdict(list)
        sizes = []
        for place, text in enumerate(self._texts):
            pieces = _pieces(text)
            sizes.append(len(pieces))
            for piece in pieces:
                postings[piece].append(place)
        self._sizes = np.array(sizes, dtype=np.float64)
        self._postings = {piece: np.array(places, dtype=np.int32) for piece, places in postings.items()}

    def most_like(self, text: str, limit: int) -> list[int]:
        """Places of the texts that are most like `text`, best first; at most `limit`."""
        text = text[:_COMPARED]
        wanted = _pieces(text)
        lists = sorted((self._postings[piece] for piece in wanted if piece in self._postings), key=len)
        if not lists:
            return []
        lengths = np.cumsum([len(places) for places in lists])
        counted = max(1, int(np.searchsorted(lengths, _POSTINGS, side="right")))
        shared = np.bincount(np.concatenate(lists[:counted]), minlength=len(self._texts))
        places = np.flatnonzero(shared)
        parts = shared[places] / (len(wanted) + self._sizes[places])
        short = places[np.lexsort((places, -parts))[:_SHORTLIST]].tolist()
        best = sorted(short, key=lambda place: (-likeness(text, self._texts[place]), place))
        return best[:limit]


def likeness(one: str, other: str) -> float:
    """0 for texts that share nothing, 1 for equal ones: twice the matching characters over all of both."""
    return SequenceMatcher(None, one[:_COMPARED], other[:_COMPARED], autojunk=False).ratio()


def _pieces(text: str) -> set[str]:
    folded = text.lower()
    return {folded[start : start + 3] for start in range(len(folded) - 2)}
