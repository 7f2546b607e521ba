"""Tell whether two instructions say the same: by runs of words that they share, and by their vectors.

Works on texts and vectors. Knows nothing about where either comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from retriever.embedding import Vectors

RUN_WORDS: Final = 8
"""Words in a row that no two instructions share: two people don't happen on them."""
RUN_CHARACTERS: Final = 12
"""The same where words are not parted by blanks: about eight words of Chinese."""
TOO_CLOSE: Final = 0.92
"""A cosine above this means the same thing said in the same way."""
_COMPARED_AT_ONCE: Final = 1_000

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ](?=\w)")
_UNPARTED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places in a list of texts, the earlier one first, and how alike they are."""

    first: int
    second: int
    shared: str = ""  # the run that both have
    cosine: float = 0.0


def normalised(text: str) -> str:
    """A text's words in lower case, without punctuation; Chinese and Japanese without blanks."""
    words = _WORD.findall(_APOSTROPHES.sub("", text.casefold()))
    return ("" if _is_unparted(text) else " ").join(words)


def runs(text: str) -> frozenset[str]:
    """Every eight words in a row of a text, or twelve characters; all of a text that is shorter."""
    said = normalised(text)
    units, length, glue = (said, RUN_CHARACTERS, "") if _is_unparted(text) else (said.split(), RUN_WORDS, " ")
    last = max(1, len(units) - length + 1)
    return frozenset(glue.join(units[start : start + length]) for start in range(last))


class SeenRuns:
    """The runs of the texts taken so far, and which text had each first."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self._taken = 0

    def shared(self, text: str) -> Iterator[Pair]:
        """A pair for every text taken before that shares a run with this one."""
        others: dict[int, str] = {}
        for run in sorted(runs(text)):
            if run in self._first:
                others.setdefault(self._first[run], run)
        yield from (Pair(other, self._taken, shared=run) for other, run in sorted(others.items()))

    def take(self, text: str) -> None:
        """Remember a text's runs; its place is how many were taken before."""
        for run in runs(text):
            self._first.setdefault(run, self._taken)
        self._taken += 1


def sharing_runs(texts: Iterable[str]) -> list[Pair]:
    """Every text that shares a run with an earlier one, paired with the first that had it."""
    seen = SeenRuns()
    found: list[Pair] = []
    for text in texts:
        found += seen.shared(text)
        seen.take(text)
    return found


def close_pairs(vectors: Vectors, threshold: float = TOO_CLOSE) -> list[Pair]:
    """The pairs of rows whose cosine is above the threshold, closest first; rows are unit vectors."""
    pairs = []
    for start, similar in _cosines(vectors):
        rows, columns = np.nonzero(similar > threshold)
        pairs += [
            Pair(start + row, start + column, cosine=float(similar[row, column]))
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ]
    return sorted(pairs, key=lambda pair: (-pair.cosine, pair.first, pair.second))


def highest_cosine(vectors: Vectors) -> float:
    """The cosine of the two closest rows of at least two; rows are unit vectors."""
    return max(float(similar.max()) for _, similar in _cosines(vectors))


def _cosines(vectors: Vectors) -> Iterator[tuple[int, Vectors]]:
    """Where some rows start, and their cosines with themselves and all rows after them.

    Each pair is there once, in its place from that start on; elsewhere stands -2. Of 30,000 rows the cosines
    of all at once would take 3.7 GB.
    """
    for start in range(0, len(vectors), _COMPARED_AT_ONCE):
        similar: Vectors = vectors[start : start + _COMPARED_AT_ONCE] @ vectors[start:].T
        similar[np.tril_indices(len(similar), k=0, m=similar.shape[1])] = -2
        yield start, similar


class KeptVectors:
    """Unit vectors taken one by one, and the one closest to a new one. `dimensions` is their length."""

    def __init__(self, dimensions: int) -> None:
        self._rows: Vectors = np.zeros((64, dimensions), dtype=np.float32)
        self._taken = 0

    def closest(self, vector: Vectors) -> tuple[int, float]:
        """The place of the closest vector and its cosine; (-1, -1.0) where none was taken."""
        if not self._taken:
            return -1, -1.0
        similar = self._rows[: self._taken] @ vector
        place = int(similar.argmax())
        return place, float(similar[place])

    def take(self, vector: Vectors) -> None:
        """Add a vector; its place is how many were taken before."""
        if self._taken == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])  # twice as many each time
        self._rows[self._taken] = vector
        self._taken += 1


def _is_unparted(text: str) -> bool:
    """Whether a text is mostly of a script that parts no words."""
    letters: Sequence[str] = [character for character in text if character.isalpha()]
    return 2 * len(_UNPARTED.findall(text)) > len(letters)
