"""Rank API docs for an instruction.

Works on an index, a catalogue and an encoder. Knows nothing about prompts, HTTP or the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from api_docs.catalogue import Catalogue, Identity
from api_docs.domains import Domain
from api_docs.pacing import paced
from retriever.bm25 import Bm25Backend, KeywordIndex, RankBm25, Scores, tokenize
from retriever.embedding import Encoder
from retriever.fusion import fuse
from retriever.hits import Hit, RetrieverName
from retriever.index import Index
from retriever.task_voice import TaskVoice, places
from retriever.text import keyword_text

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Candidate rows with each retriever's scores and the one that orders them."""

    rows: Rows
    order_by: Scores
    scores: dict[str, Scores]


class Searcher:
    """Ranks the docs of one catalogue version. Safe to use from many threads at once."""

    def __init__(
        self,
        catalogue: Catalogue,
        index: Index,
        encoder: Encoder,
        bm25_backend: Bm25Backend = Bm25Backend.BM25S,
    ) -> None:
        # One query against a flat index is too little work to share among cores.
        faiss.omp_set_num_threads(1)
        self.catalogue = catalogue
        self.version = index.version
        self.encoder = encoder
        self._dense = index.dense
        self._matrix = index.matrix
        self._keywords: KeywordIndex = index.keywords
        if bm25_backend is Bm25Backend.RANK_BM25:
            self._keywords = RankBm25(tokenize(keyword_text(doc)) for doc in catalogue.docs)
        docs, rows = catalogue.docs, len(catalogue)
        calls: dict[Identity, int] = {}
        numbers = (calls.setdefault(entry.identity, len(calls)) for entry in paced(catalogue.entries))
        self._call_of: Rows = np.fromiter(numbers, dtype=np.int64, count=rows)
        self._dead = np.fromiter((not doc.alive for doc in paced(docs)), dtype=bool, count=rows)
        hubs = (catalogue.hubs.index(doc.hub) for doc in paced(docs))
        self._hub_of: Rows = np.fromiter(hubs, dtype=np.int64, count=rows)
        self._task_of: Rows = places([doc.domain for doc in paced(docs)])
        self._tasks = TaskVoice(self._task_of)

    def search(
        self,
        instruction: str,
        *,
        k: int = 5,
        hub: str | None = None,
        domain: Domain | None = None,
        retriever: RetrieverName = RetrieverName.HYBRID,
    ) -> list[Hit]:
        """The `k` best APIs, equal calls merged, dead docs last.

        BM25 returns only docs that share a word with the instruction; `none` returns nothing.
        """
        rows = self._candidates(hub, domain)
        if retriever is RetrieverName.NONE or not len(rows):
            return []
        ranking = self._rank(retriever, instruction, rows)
        return self._hits(ranking, k, self._order(ranking))

    def search_hubs(
        self,
        instruction: str,
        *,
        k: int = 5,
        domain: Domain | None = None,
        retriever: RetrieverName = RetrieverName.HYBRID,
    ) -> tuple[list[Hit], list[Hit]]:
        """The `k` best APIs over all hubs, and the best of every hub, from one ranking.

        The best of a hub has its rank and scores among all hubs; it does not list equal calls.
        """
        rows = self._candidates(None, domain)
        if retriever is RetrieverName.NONE or not len(rows):
            return [], []
        ranking = self._rank(retriever, instruction, rows)
        order = self._order(ranking)
        hub_of, call_of = self._hub_of[ranking.rows[order]], self._call_of[ranking.rows[order]]
        firsts = [int((hub_of == hub).argmax()) for hub in np.unique(hub_of).tolist()]
        best = [
            self._hit(ranking, int(order[first]), len(np.unique(call_of[: first + 1])))
            for first in sorted(firsts)
        ]
        return self._hits(ranking, k, order), best

    def _candidates(self, hub: str | None, domain: Domain | None) -> Rows:
        chosen = np.ones(len(self._hub_of), dtype=bool)
        if hub is not None:
            hubs = self.catalogue.hubs
            chosen &= self._hub_of == (hubs.index(hub) if hub in hubs else -1)
        if domain is not None:
            chosen &= self._task_of == places([domain])
        return np.flatnonzero(chosen)

    def _rank(self, retriever: RetrieverName, instruction: str, rows: Rows) -> _Ranking:
        # No table of bound methods: a searcher that refers to itself outlives its last request until
        # the garbage collector comes by, and after a swap that is the memory of a whole index.
        if retriever is RetrieverName.BM25:
            return self._by_words(instruction, rows)
        if retriever is RetrieverName.DENSE:
            return self._by_vectors(instruction, rows)
        return self._by_all_voices(instruction, rows)

    def _by_words(self, instruction: str, rows: Rows) -> _Ranking:
        bm25 = self._keywords.scores(tokenize(instruction))[rows]
        shared = bm25 > 0
        return _Ranking(rows[shared], bm25[shared], {"bm25": bm25[shared]})

    def _by_vectors(self, instruction: str, rows: Rows) -> _Ranking:
        dense = self._similarities(instruction, rows)
        return _Ranking(rows, dense, {"dense": dense})

    def _by_all_voices(self, instruction: str, rows: Rows) -> _Ranking:
        words = tokenize(instruction)
        bm25 = self._keywords.scores(words)[rows]
        dense = self._similarities(instruction, rows, bm25)
        task = self._tasks.scores(words)[rows]
        fused = fuse(dense, bm25, task, self._call_of[rows])
        return _Ranking(rows, fused, {"bm25": bm25, "dense": dense, "task": task, "fused": fused})

    def _similarities(self, instruction: str, rows: Rows, bm25: Scores | None = None) -> Scores:
        """The inner product of the instruction with each of these rows, shape (rows,)."""
        query = self.encoder.encode([instruction])
        if self._matrix is not None:
            query = self._matrix.turn(query)
        if len(rows) == len(self._dense):
            return self._dense.best_scores(query, bm25)
        found: Scores = self._dense.scores(query)[rows]
        return found

    def _order(self, ranking: _Ranking) -> Rows:
        """Places of the ranking, best first, dead docs last; ties go to the earlier doc."""
        order: Rows = np.lexsort((ranking.rows, -ranking.order_by, self._dead[ranking.rows]))
        return order

    def _hits(self, ranking: _Ranking, k: int, order: Rows) -> list[Hit]:
        """The best row of each of the `k` best calls, with the other rows of its call."""
        calls = self._call_of[ranking.rows[order]]
        firsts: dict[int, int] = {}
        for position, call in enumerate(calls.tolist()):
            firsts.setdefault(call, position)
            if len(firsts) == k:
                break
        return [
            self._hit(ranking, int(order[position]), rank, self._others(ranking, order[calls == call]))
            for rank, (call, position) in enumerate(firsts.items(), start=1)
        ]

    def _others(self, ranking: _Ranking, places: Rows) -> list[str]:
        """The ids of all these places but the first."""
        return [self.catalogue.docs[row].id for row in ranking.rows[places[1:]].tolist()]

    def _hit(self, ranking: _Ranking, place: int, rank: int, merged: Sequence[str] = ()) -> Hit:
        return Hit(
            doc_id=self.catalogue.docs[int(ranking.rows[place])].id,
            rank=rank,
            score=float(ranking.order_by[place]),
            scores={name: float(scores[place]) for name, scores in ranking.scores.items()},
            merged=tuple(merged),
        )
