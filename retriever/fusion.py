"""Four voices into one ranking.

score = dense + 0.15 · bm25 / best bm25 + 0.15 · task / best task + 0.2 · leaning; then docs that share a call
vote together. The first weights were chosen on APIBench's dev rows with folds grouped by API, the last one on
folds of the instruction bank and on the dev rows, for it must help the first and not hurt the second; see
`evaluation/results/`. Works on arrays of scores only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retriever.bm25 import Scores

LEXICAL_WEIGHT = 0.15
TASK_LEXICAL_WEIGHT = 0.15
LEANING_WEIGHT = 0.2
VOTE_TEMPERATURE = 0.03


def fuse(
    dense: Scores,
    bm25: Scores,
    task: Scores,
    call_of: NDArray[np.int64],
    leaning: Scores | None = None,
) -> Scores:
    """Fused scores, shape (rows,), of rows that are all candidates; `call_of` numbers their calls.

    `leaning` is how probable it is that a row's domain is meant, None where nobody says.
    """
    mixed = dense + LEXICAL_WEIGHT * share_of_best(bm25) + TASK_LEXICAL_WEIGHT * share_of_best(task)
    if leaning is not None:
        mixed = mixed + LEANING_WEIGHT * leaning
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
