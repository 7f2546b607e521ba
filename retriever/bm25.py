"""BM25 over composed texts: `bm25s` by default, `rank-bm25` (the published baseline) by choice.

Works on words and row numbers. Knows nothing about API docs, vectors or files outside its folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

from api_docs.pacing import paced

Scores = NDArray[np.float32]

K1 = 1.2
B = 0.75
_WORDS = "words.txt"
_BM25S_WORDS = "vocab.index.json"
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"([a-z])([A-Z])")
_FUNCTION_WORDS = """
a an the of for to in on at by with from and or but if is are was were be been being it its this
that these those as into about i we you he she they me us them my our your his her their can could
should would will may might must do does did have has had not no what which who whom whose how when
where why there here some any each every all both such so than then too very just also only
"""
_REQUEST_WORDS = """
need want wants needs looking look find help build building create develop developing make making
provide provides suggest recommend please api apis model models machine learning deep pretrained pre
trained tool using use used uses able allow allows company app application system project user users
customer customers client team
"""
STOPWORDS = frozenset(f"{_FUNCTION_WORDS} {_REQUEST_WORDS}".split())
"""Words of any English text, and words of any request: neither tells one API from another."""


class Bm25Backend(StrEnum):
    """The implementations of BM25 that a setting may choose."""

    BM25S = "bm25s"
    RANK_BM25 = "rank-bm25"


class KeywordIndex(Protocol):
    """Scores every row for the words of an instruction; higher is better, 0 where none is shared."""

    def scores(self, words: Sequence[str]) -> Scores:
        """One score per row, shape (rows,)."""
        ...


def tokenize(text: str) -> list[str]:
    """Stemmed lower-case words without stopwords; CamelCase falls into its words."""
    words = _WORD.findall(_CAMEL.sub(r"\1 \2", text).lower())
    # A stemmer keeps state while it works and must not be shared by threads; making one is cheap.
    return list(Stemmer.Stemmer("english").stemWords([word for word in words if word not in STOPWORDS]))


def with_pairs(words: Sequence[str]) -> list[str]:
    """The words, and each two neighbours as one: pairs keep the direction of "text to speech"."""
    return [*words, *(f"{first}_{second}" for first, second in pairwise(words))]


class Bm25s:
    """Lucene's BM25 by `bm25s` (Lù 2024): scores are computed at indexing time and only summed here.

    Its words are kept here and not by `bm25s`, in a file with a line for each: read line by line they hold up
    nobody, while one JSON object of very many words would be read in one go. For the same reason the scores
    are mapped and not read; processes that serve the same index share that memory.
    """

    def __init__(self, index: bm25s.BM25, rows: int, columns: Mapping[str, int]) -> None:
        self._index = index
        self._rows = rows
        self._columns = columns

    @classmethod
    def build(cls, rows: Iterable[Sequence[str]]) -> Bm25s:
        """Index rows of words."""
        corpus = [list(words) for words in rows]
        index = bm25s.BM25(method="lucene", k1=K1, b=B)
        index.index(corpus or [[""]], show_progress=False)
        columns, index.vocab_dict = index.vocab_dict, {}
        return cls(index, len(corpus), columns)

    @classmethod
    def load(cls, folder: Path, rows: int) -> Bm25s:
        """Read an index that `save` wrote.

        Raises:
            OSError, ValueError, KeyError: when its files can't be read.
        """
        index = bm25s.BM25.load(str(folder), load_vocab=False, mmap=True, show_progress=False)
        for name in ("data", "indices", "indptr"):
            index.scores[name] = np.asarray(index.scores[name])  # plain views, which are quicker to slice
        with (folder / _WORDS).open(encoding="utf-8") as lines:
            columns = {line.removesuffix("\n"): column for column, line in enumerate(paced(lines))}
        return cls(index, rows, columns)

    def save(self, folder: Path) -> None:
        """Write the index as files of a folder."""
        self._index.save(str(folder), show_progress=False)
        (folder / _BM25S_WORDS).unlink()
        in_order = sorted(self._columns, key=self._columns.__getitem__)
        (folder / _WORDS).write_text("".join(f"{word}\n" for word in in_order), encoding="utf-8")

    def scores(self, words: Sequence[str]) -> Scores:
        """One score per row, shape (rows,)."""
        known = [column for word in words if (column := self._columns.get(word)) is not None]
        if not known:
            return np.zeros(self._rows, dtype=np.float32)
        return np.asarray(self._index.get_scores_from_ids(known), dtype=np.float32)


class RankBm25:
    """Okapi BM25 by `rank-bm25` with its own defaults, as APIBench's baseline used it."""

    def __init__(self, rows: Iterable[Sequence[str]]) -> None:
        import rank_bm25  # noqa: PLC0415 - the baseline is seldom chosen

        self._index: Any = rank_bm25.BM25Okapi([list(words) or [""] for words in rows])

    def scores(self, words: Sequence[str]) -> Scores:
        """One score per row, shape (rows,)."""
        return np.asarray(self._index.get_scores(list(words)), dtype=np.float32)
