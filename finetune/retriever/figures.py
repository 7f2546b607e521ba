"""How well docs are ranked for questions that were kept apart: of APIs that were taught, and of others.

Both are told side by side, for what helps known APIs may hurt unknown ones, and new ones come every night.
Works on vectors and numbers; knows nothing about how a retriever is taught.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finetune.retriever.pairs import Flags, Fold, Numbers, Pool, Questions
from retriever.bm25 import Bm25s, Scores, tokenize
from retriever.embedding import Vectors
from retriever.fusion import fuse
from retriever.task_voice import TaskVoice
from retriever.text import keyword_text

MEASURES: Final = ("recall@1", "recall@5", "ndcg@10", "domain@1")
"""The columns of marks; all are fractions of 1."""
_DEPTH: Final = 10
_LOOKED_AT: Final = 100
"""Best rows that are looked at first: nearly always they have more than `_DEPTH` calls."""
_DISCOUNTS: Final = 1 / np.log2(np.arange(2, _DEPTH + 2))
MOST_ASKED: Final = 1_000
"""Questions of a fold that are asked at most: their scores by words are kept in memory."""
DROP: Final = 0.005
"""A figure that falls by more than half a point is worth a warning."""

Marks = NDArray[np.float64]
"""One row a question, one column a measure."""


class Side(StrEnum):
    """Whether the APIs that could answer were taught."""

    SEEN = "seen"
    UNSEEN = "unseen"


class Label(StrEnum):
    """What is known of the right answer: the very API, or its domain; `OWN` is an API in its own words."""

    API = "api"
    OWN = "own"
    DOMAIN = "domain"


class Voice(StrEnum):
    """What ranks: vectors alone, or all three voices as the service does."""

    HYBRID = "hybrid"
    DENSE = "dense"


class Cell(NamedTuple):
    """Which marks are counted together."""

    voice: Voice
    side: Side
    label: Label


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over some questions, by measure."""

    questions: int
    values: dict[str, float]

    @classmethod
    def of(cls, marks: Marks) -> Figures:
        """The means of marks, of which there is at least one row."""
        means = np.round(marks.mean(axis=0), 4).tolist()
        return cls(len(marks), dict(zip(MEASURES, means, strict=True)))


class WordVoices:
    """The two voices of a pool that no training changes: BM25 over the docs, and over the task table."""

    def __init__(self, pool: Pool) -> None:
        self._docs = Bm25s.build(tokenize(keyword_text(doc)) for doc in pool.docs)
        self._tasks = TaskVoice(pool.task_of)

    def by_docs(self, texts: Sequence[str]) -> Scores:
        """Scores of shape (texts, docs)."""
        return np.stack([self._docs.scores(tokenize(text)) for text in texts])

    def by_tasks(self, texts: Sequence[str]) -> Scores:
        """Scores of shape (texts, docs)."""
        return np.stack([self._tasks.scores(tokenize(text)) for text in texts])


@dataclass(frozen=True, slots=True)
class _Paper:
    """Questions that are asked of the same docs: `candidates` of shape (docs,), `asked` rows of the exam."""

    side: Side
    label: Label
    asked: Numbers
    candidates: Numbers


class Exam:
    """A fold's questions, asked of docs that were taught and of docs that were not.

    A question whose API is known, probes included, is asked of all docs, and counted where its API is. One of
    which only the domain is known is asked twice: of the docs that were taught, and of the others.
    """

    def __init__(self, pool: Pool, questions: Questions, fold: Fold, voices: WordVoices) -> None:
        self.rows = fold.asked[:: -(-len(fold.asked) // MOST_ASKED)]
        self._pool = pool
        self._asked = questions.at(self.rows)
        self._by_words = voices.by_docs(self._asked.texts)
        self._by_tasks = voices.by_tasks(self._asked.texts)
        self._right = pool.right(self._asked)
        self._papers = list(self._set_papers(fold.kept))

    @property
    def texts(self) -> tuple[str, ...]:
        """What is asked, one text for each of `rows`."""
        return self._asked.texts

    def _set_papers(self, kept: Flags) -> Iterable[_Paper]:
        exact, probes = self._asked.exact, self._asked.probes
        is_kept = np.isin(self._asked.groups, self._pool.group_of[kept])
        everything = np.arange(len(self._pool))
        for side, docs, of_side in (
            (Side.SEEN, np.flatnonzero(~kept), ~is_kept),
            (Side.UNSEEN, np.flatnonzero(kept), is_kept),
        ):
            answered = self._right[:, docs].any(axis=1)
            yield _Paper(side, Label.API, np.flatnonzero(exact & ~probes & of_side), everything)
            yield _Paper(side, Label.OWN, np.flatnonzero(exact & probes & of_side), everything)
            yield _Paper(side, Label.DOMAIN, np.flatnonzero(~exact & answered), docs)

    def marks(
        self, queries: Vectors, vectors: Vectors, voices: Sequence[Voice] = tuple(Voice)
    ) -> dict[Cell, Marks]:
        """What each question gets, cell by cell; cells without questions are left out.

        `queries` are the vectors of `rows`, shape (asked, dimensions), `vectors` those of the pool's docs.
        """
        found = {}
        for paper in self._papers:
            dense = (queries[paper.asked] @ vectors[paper.candidates].T).astype(np.float32)
            for voice in voices:
                if len(paper.asked):
                    rows = [self._mark(paper, place, dense[place], voice) for place in range(len(dense))]
                    found[Cell(voice, paper.side, paper.label)] = np.array(rows)
        return found

    def _mark(self, paper: _Paper, place: int, dense: Scores, voice: Voice) -> list[float]:
        question, docs = int(paper.asked[place]), paper.candidates
        calls = self._pool.call_of[docs]
        scores = dense
        if voice is Voice.HYBRID:
            scores = fuse(dense, self._by_words[question, docs], self._by_tasks[question, docs], calls)
        best = first_of_each_call(scores, calls, _DEPTH)
        right = self._right[question, docs]
        gains = right[best]
        possible = min(len(np.unique(calls[right])), _DEPTH)
        return [
            float(gains[:1].any()),
            float(gains[:5].any()),
            float((gains * _DISCOUNTS[: len(gains)]).sum() / _DISCOUNTS[:possible].sum()),
            float(self._pool.task_of[docs[best[0]]] == self._asked.tasks[question]),
        ]


def first_of_each_call(scores: Scores, call_of: Numbers, count: int) -> Numbers:
    """The best row of each of the best calls, best first, ties to the earlier row: `count` at most."""
    if len(scores) > _LOOKED_AT:
        # No row that is left out has a higher score than one of these; with enough calls, none matters.
        floor = np.partition(scores, -_LOOKED_AT)[-_LOOKED_AT]
        some = np.flatnonzero(scores >= floor)
        if len(np.unique(call_of[some])) >= count:
            return some[_firsts(scores[some], call_of[some], count)]
    return _firsts(scores, call_of, count)


def _firsts(scores: Scores, call_of: Numbers, count: int) -> Numbers:
    order = np.argsort(-scores, kind="stable")
    _, firsts = np.unique(call_of[order], return_index=True)
    return order[np.sort(firsts)[:count]]


def together(marked: Iterable[Mapping[Cell, Marks]]) -> dict[Cell, Marks]:
    """The marks of several folds as one."""
    by_cell: dict[Cell, list[Marks]] = defaultdict(list)
    for marks in marked:
        for cell, rows in marks.items():
            by_cell[cell].append(rows)
    return {cell: np.concatenate(rows) for cell, rows in sorted(by_cell.items())}


def unseen_ndcg(marks: Mapping[Cell, Marks]) -> float:
    """What training is stopped by: nDCG@10 of all voices on APIs that were not taught, labels alike."""
    column = MEASURES.index("ndcg@10")
    found = [
        float(rows[:, column].mean())
        for cell, rows in marks.items()
        if cell.side is Side.UNSEEN and cell.voice is Voice.HYBRID
    ]
    return float(np.mean(found)) if found else 0.0


@dataclass(frozen=True, slots=True)
class Compared:
    """One cell's figures without training and with it."""

    cell: Cell
    before: Figures
    after: Figures


def compared(before: Mapping[Cell, Marks], after: Mapping[Cell, Marks]) -> list[Compared]:
    """Each cell's figures side by side."""
    return [Compared(cell, Figures.of(before[cell]), Figures.of(after[cell])) for cell in before]


def warnings_of(found: Iterable[Compared]) -> list[str]:
    """What somebody has to know before they serve what was taught: where APIs that it never saw lose."""
    return [
        f"{measure} of APIs that were not taught falls from {100 * one.before.values[measure]:.1f} to "
        f"{100 * one.after.values[measure]:.1f} ({one.cell.voice}, {one.after.questions} questions by "
        f"{one.cell.label})"
        for one in found
        if one.cell.side is Side.UNSEEN
        for measure in MEASURES
        if one.after.values[measure] < one.before.values[measure] - DROP
    ]
