"""What retrieval returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retriever.signs import Signs


class Quality(StrEnum):
    """How much work goes into a ranking by all voices."""

    FAST = "fast"
    """Words only: nothing is encoded."""
    BALANCED = "balanced"
    """Words, vectors, and what was learnt of domains where the candidates are of many."""
    BEST = "best"
    """The same, with all weight on domains however few: of one hub, fewer first answers are the very API."""


class RetrieverName(StrEnum):
    """The retrievers a request may choose; `NONE` retrieves nothing (zero-shot)."""

    HYBRID = "hybrid"
    BM25 = "bm25"
    DENSE = "dense"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Hit:
    """One retrieved API: the best doc of all those whose calls are equal.

    `score` is the one the ranking went by and `scores` holds each retriever's own (`bm25`, `dense`,
    `fused`); higher is better in all of them. `merged` are the ids of the other docs with this call.
    """

    doc_id: str
    rank: int  # 1 is the best
    score: float
    scores: dict[str, float]
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What the judge thinks of an instruction and its best hit, and what it went by.

    `served` is how probable it is that anything found could serve it, `right` that the best hit's domain is
    the one that is meant; None where that domain is none that was learnt.
    """

    served: float
    right: float | None
    asked: Signs
    answer: Signs


@dataclass(frozen=True, slots=True)
class Exploration:
    """The best hits, the best of every hub, of each of the likeliest domains, and what to think of it.

    Those of hubs and domains have their ranks and scores among all; they list no equal calls. Hubs are told
    best first, domains likeliest first, which is best first where nobody says what is likely.
    `judgement` is None where nothing was learnt for the way that it was searched. `preferences` is what the
    instruction was understood to prefer among models.
    """

    hits: tuple[Hit, ...] = ()
    of_hubs: tuple[Hit, ...] = ()
    of_domains: tuple[Hit, ...] = ()
    judgement: Judgement | None = None
    preferences: tuple[str, ...] = ()
