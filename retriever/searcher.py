"""Rank API docs for an instruction.

Works on an index, a catalogue and an encoder. Knows nothing about prompts, HTTP or the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import faiss
import numpy as np
from numpy.typing import NDArray

from api_docs.catalogue import Catalogue, Identity
from api_docs.domains import Domain
from api_docs.pacing import paced
from retriever.bm25 import Bm25Backend, KeywordIndex, RankBm25, Scores, tokenize
from retriever.embedding import Encoder, ReadingEncoder, Vectors
from retriever.fusion import FIRM, MILD, Leaning, fuse
from retriever.hits import Exploration, Hit, Judgement, Quality, RetrieverName
from retriever.index import Index
from retriever.judge import Heard, Judge
from retriever.preferences import Preferring
from retriever.signs import answer_signs, asked_signs
from retriever.task_voice import places, scores_by_domain
from retriever.text import keyword_text
from retriever.wishes import Wish, read
from retriever.wording import wording

Rows = NDArray[np.int64]


_LIKELIEST = 6
"""Domains whose best doc an exploration tells."""
_LIKELINESS = 3.0
"""What a domain's probability weighs beside its best doc's score, where the likeliest are told: chosen on
folds of the instruction bank among 0, 0.5, 1, 2, 3, 5 and 9."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ranking:
    """Candidate rows with each retriever's scores and the one that orders them."""

    rows: Rows
    order_by: Scores
    scores: dict[str, Scores]
    heard: Heard | None = None


class Searcher:
    """Ranks the docs of one catalogue version. Safe to use from many threads at once."""

    def __init__(
        self,
        catalogue: Catalogue,
        index: Index,
        encoder: Encoder,
        bm25_backend: Bm25Backend = Bm25Backend.BM25S,
        judge: Judge | None = None,
    ) -> None:
        # One query against a flat index is too little work to share among cores.
        faiss.omp_set_num_threads(1)
        self.catalogue = catalogue
        self.version = index.version
        self.encoder = encoder
        self.judge = judge if judge is not None and judge.fits(encoder) else None
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
        self.wish_of: Callable[[str], Wish] = read
        self._preferring = Preferring(docs, self._call_of, self._task_of)

    def search(  # noqa: PLR0913 - what a request may ask for
        self,
        instruction: str,
        *,
        k: int = 5,
        hub: str | None = None,
        domain: Domain | None = None,
        retriever: RetrieverName = RetrieverName.HYBRID,
        quality: Quality = Quality.BALANCED,
    ) -> list[Hit]:
        """The `k` best APIs, equal calls merged, dead docs last.

        BM25 returns only docs that share a word with the instruction; `none` returns nothing.
        """
        rows = self._candidates(hub, domain)
        if retriever is RetrieverName.NONE or not len(rows):
            return []
        ranking, _ = self._prefer(instruction, self._rank(retriever, quality, instruction, rows))
        return self._hits(ranking, k, self._order(ranking))

    def explore(  # noqa: PLR0913 - what a request may ask for
        self,
        instruction: str,
        *,
        k: int = 5,
        hub: str | None = None,
        domain: Domain | None = None,
        retriever: RetrieverName = RetrieverName.HYBRID,
        quality: Quality = Quality.BALANCED,
    ) -> Exploration:
        """The `k` best APIs as `search` finds them, and of the same ranking what else an answer tells."""
        rows = self._candidates(hub, domain)
        if retriever is RetrieverName.NONE or not len(rows):
            return Exploration()
        plain = self._rank(retriever, quality, instruction, rows)
        if not len(plain.rows):
            return Exploration()
        ranking, preferences = self._prefer(instruction, plain)
        order = self._order(ranking)
        chosen = ranking.rows[order]
        ranks = _ranks(self._call_of[chosen])
        return Exploration(
            hits=tuple(self._hits(ranking, k, order)),
            of_hubs=self._at(_firsts(self._hub_of[chosen]), ranking, order, ranks),
            of_domains=self._at(self._likeliest(ranking, order), ranking, order, ranks),
            judgement=self._judgement(instruction, plain, self._best(plain)),
            preferences=preferences,
        )

    def _candidates(self, hub: str | None, domain: Domain | None) -> Rows:
        chosen = np.ones(len(self._hub_of), dtype=bool)
        if hub is not None:
            hubs = self.catalogue.hubs
            chosen &= self._hub_of == (hubs.index(hub) if hub in hubs else -1)
        if domain is not None:
            chosen &= self._task_of == places([domain])
        return np.flatnonzero(chosen)

    def _rank(self, retriever: RetrieverName, quality: Quality, instruction: str, rows: Rows) -> _Ranking:
        # No table of bound methods: a searcher that refers to itself outlives its last request until
        # the garbage collector comes by, and after a swap that is the memory of a whole index.
        if retriever is RetrieverName.BM25:
            return self._by_words(instruction, rows)
        if retriever is RetrieverName.DENSE:
            return self._by_vectors(instruction, rows)
        if quality is Quality.FAST:
            return self._by_words_and_tasks(instruction, rows)
        return self._by_all_voices(instruction, rows, firmly=quality is Quality.BEST)

    def _by_words(self, instruction: str, rows: Rows) -> _Ranking:
        bm25 = self._keywords.scores(tokenize(instruction))[rows]
        shared = bm25 > 0
        return _Ranking(rows[shared], bm25[shared], {"bm25": bm25[shared]})

    def _by_vectors(self, instruction: str, rows: Rows) -> _Ranking:
        dense = self._similarities(self.encoder.encode([instruction]), rows)
        return _Ranking(rows, dense, {"dense": dense})

    def _by_words_and_tasks(self, instruction: str, rows: Rows) -> _Ranking:
        words = tokenize(instruction)
        bm25, task = self._keywords.scores(words)[rows], scores_by_domain(words)[self._task_of[rows]]
        shared = (bm25 > 0) | (task > 0)
        rows, bm25, task = rows[shared], bm25[shared], task[shared]
        fused = fuse(np.zeros_like(bm25), bm25, task, self._call_of[rows])
        return _Ranking(rows, fused, {"bm25": bm25, "task": task, "fused": fused})

    def _by_all_voices(self, instruction: str, rows: Rows, *, firmly: bool) -> _Ranking:
        words = tokenize(instruction)
        bm25 = self._keywords.scores(words)[rows]
        by_domain, task_of = scores_by_domain(words), self._task_of[rows]
        task = by_domain[task_of]
        heard = self._hear(instruction, by_domain)
        query = self.encoder.encode([instruction]) if heard is None else heard.vector[None]
        dense = self._similarities(query, rows, bm25)
        scores = {"bm25": bm25, "dense": dense, "task": task}
        if heard is None or self.judge is None:
            fused = fuse(dense, bm25, task, self._call_of[rows])
            return _Ranking(rows, fused, {**scores, "fused": fused})
        # Of what the judge was not taught it has no opinion: such docs are neither helped nor hindered.
        probable = np.where(self.judge.known[task_of], heard.leaning[task_of], heard.leaning.max())
        domains = int((np.bincount(task_of) > 0).sum())
        leaning = Leaning(probable, (FIRM if firmly else MILD).among(domains))
        fused = fuse(dense, bm25, task, self._call_of[rows], leaning)
        return _Ranking(rows, fused, {**scores, "domain": probable, "fused": fused}, heard)

    def _hear(self, instruction: str, task: Scores) -> Heard | None:
        """What the judge hears, None where there is none."""
        if self.judge is None or not isinstance(self.encoder, ReadingEncoder):
            return None
        return self.judge.hear(self.encoder.read([instruction])[0], task)

    def _prefer(self, instruction: str, ranking: _Ranking) -> tuple[_Ranking, tuple[str, ...]]:
        """The ranking with what the instruction prefers, and what that is; of one voice alone as it is."""
        heard = "fused" in ranking.scores and len(ranking.rows)
        wish = self.wish_of(instruction) if heard else Wish()
        if not wish.told:
            return ranking, ()
        about = ranking.scores.get("dense")
        if about is not None and wish.subject:
            about = self._similarities(self.encoder.encode([wish.subject]), ranking.rows)
        lift = self._preferring.lift(wish, ranking.rows, ranking.order_by, self._best(ranking), about)
        scores = {**ranking.scores, "preference": lift}
        return replace(ranking, order_by=ranking.order_by + lift, scores=scores), wish.told

    def _judgement(self, instruction: str, ranking: _Ranking, place: int) -> Judgement | None:
        """What the judge thinks of a ranking whose best candidate is at this place."""
        judge, heard = self.judge, ranking.heard
        if judge is None or heard is None:
            return None
        dense, bm25 = ranking.scores["dense"], ranking.scores["bm25"]
        task_of = self._task_of[ranking.rows]
        asked = asked_signs(dense, bm25, heard.task, heard.leaning, len(instruction.split()), heard.served)
        answer = answer_signs(place, ranking.order_by, task_of, heard.leaning)
        taught = judge.known[task_of]
        served = judge.is_served(heard.vector, asked, wording(instruction)) if taught.any() else 0.0
        right = judge.is_right(asked, answer, served) if taught[place] else None
        if not taught.all():
            others = ~taught
            served = max(served, judge.is_near(float(dense[others].max()), float(bm25[others].max())))
        return Judgement(served, right, asked, answer)

    def _similarities(self, query: Vectors, rows: Rows, bm25: Scores | None = None) -> Scores:
        """The inner product of an instruction, shape (1, dimensions), with each of these rows: (rows,)."""
        if self._matrix is not None:
            query = self._matrix.turn(query)
        if len(rows) == len(self._dense):
            return self._dense.best_scores(query, bm25)
        found: Scores = self._dense.scores(query)[rows]
        return found

    def _best(self, ranking: _Ranking) -> int:
        """The first place of its order, without sorting."""
        dead = self._dead[ranking.rows]
        scores = ranking.order_by if dead.all() else np.where(dead, -np.inf, ranking.order_by)
        return int(scores.argmax())

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

    def _likeliest(self, ranking: _Ranking, order: Rows) -> Rows:
        """Where in the order the best of each of the likeliest domains stands, the likeliest first."""
        task_of = self._task_of[ranking.rows[order]]
        firsts = _firsts(task_of)
        if ranking.heard is not None:
            likely = ranking.order_by[order[firsts]] + _LIKELINESS * ranking.heard.leaning[task_of[firsts]]
            firsts = firsts[np.argsort(-likely, kind="stable")]
        return firsts[:_LIKELIEST]

    def _at(self, positions: Rows, ranking: _Ranking, order: Rows, ranks: Rows) -> tuple[Hit, ...]:
        """The hits at some positions of the order, each with its rank there."""
        return tuple(self._hit(ranking, int(order[at]), int(ranks[at])) for at in positions.tolist())

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


def _firsts(groups: Rows) -> Rows:
    """Where each group comes first, in the order of these positions; without sorting, unlike `np.unique`."""
    at = np.full(int(groups.max(initial=-1)) + 1, -1, dtype=np.int64)
    # From the end on: of several values for one place the last one stays.
    at[groups[::-1]] = np.arange(len(groups) - 1, -1, -1)
    firsts: Rows = np.sort(at[at >= 0])
    return firsts


def _ranks(calls: Rows) -> Rows:
    """The rank of each call in an order: how many calls there are up to its place."""
    new = np.zeros(len(calls), dtype=np.int64)
    new[_firsts(calls)] = 1
    ranks: Rows = np.cumsum(new)
    return ranks
