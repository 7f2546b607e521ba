"""Three voices into one ranking, or four.

score = dense + 0.15 · bm25 / best bm25 + 0.15 · task / best task; then docs that share a call vote together.
Where a judge says how probable each domain is, it is added, and the task table weighs less, for the judge
hears it, too.

The first weights were chosen on APIBench's dev rows with folds grouped by API. Those of `MILD` make the most
of folds of the instruction bank among those that lose no domain and no exact API on the dev rows, those of
`FIRM` whatever they lose there; see `retriever/learnt/`. Works on arrays of scores only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from retriever.bm25 import Scores

LEXICAL_WEIGHT = 0.15
TASK_LEXICAL_WEIGHT = 0.15
VOTE_TEMPERATURE = 0.03


@dataclass(frozen=True, slots=True)
class Leaning:
    """How probable it is that each row's domain is meant, shape (rows,), and what that weighs.

    weight · probability ^ power is added, and `task` is what the table of tasks weighs beside it. A power
    above 1 is loud only where it is sure.
    """

    probabilities: Scores
    weights: LeaningWeights


@dataclass(frozen=True, slots=True)
class LeaningWeights:
    """See `Leaning`."""

    weight: float
    power: int
    task: float


MILD: Final = LeaningWeights(weight=0.25, power=2, task=0.08)
FIRM: Final = LeaningWeights(weight=0.4, power=1, task=0.1)


def fuse(
    dense: Scores,
    bm25: Scores,
    task: Scores,
    call_of: NDArray[np.int64],
    leaning: Leaning | None = None,
) -> Scores:
    """Fused scores, shape (rows,), of rows that are all candidates; `call_of` numbers their calls."""
    mixed = dense + LEXICAL_WEIGHT * share_of_best(bm25)
    if leaning is None:
        mixed = mixed + TASK_LEXICAL_WEIGHT * share_of_best(task)
    else:
        weights = leaning.weights
        mixed = mixed + weights.task * share_of_best(task)
        mixed = mixed + weights.weight * leaning.probabilities**weights.power
    return vote(mixed.astype(np.float32), call_of)


def share_of_best(scores: Scores) -> Scores:
    """Scores as shares of the best one; all zeros stay zeros."""
    best = float(scores.max(initial=0.0))
    return scores / np.float32(best) if best > 0 else scores


def vote(scores: Scores, call_of: NDArray[np.int64], temperature: float = VOTE_TEMPERATURE) -> Scores:
    """Add to every row what the other rows of its call say: t · log Σ exp((s − best) / t) per call.

    Many docs for one call are evidence for it. A row alone with its call keeps its score, and the
    order of rows within a call stays.
    """
    if not len(scores):
        return scores
    calls = int(call_of.max()) + 1
    best = np.full(calls, -np.inf, dtype=np.float32)
    np.maximum.at(best, call_of, scores)
    total = np.bincount(call_of, weights=np.exp((scores - best[call_of]) / temperature), minlength=calls)
    # Calls without a row here have a total of 0, which nobody reads.
    return np.asarray(scores + temperature * np.log(total[call_of]), dtype=np.float32)
