"""What retrieval returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
