"""What a ranking shows of an instruction: what is judged by, besides the instruction itself.

Works on scores only. Knows nothing about what they are worth: that is learnt (`retriever.judge`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from retriever.bm25 import Scores

Signs = NDArray[np.float32]
_BEST: Final = 10
_TINY: Final = 1e-9


class Sign(StrEnum):
    """What each number of `asked_signs` is, in its order."""

    DENSE = "dense"  # the best row's inner product
    DENSE_OF_TEN = "dense_of_ten"  # the mean of the ten best
    BM25 = "bm25"  # ln(1 + the best row's)
    TASK = "task"  # ln(1 + the best domain's score in the table of tasks)
    LIKELIEST = "likeliest"  # the probability of the likeliest domain
    AHEAD = "ahead"  # how far it is ahead of the next
    ENTROPY = "entropy"  # of the domains' probabilities, in nats
    WORDS = "words"  # ln(1 + words of the instruction)
    SERVED = "served"  # the logit of being served, by the instruction alone


class AnswerSign(StrEnum):
    """What each number of `answer_signs` is, in its order."""

    LEANING = "leaning"  # the probability of the answer's domain
    MARGIN = "margin"  # how far the answer's score is ahead of the best of another domain
    AGREED = "agreed"  # 1 where the answer's domain is the likeliest one


def asked_signs(  # noqa: PLR0913, PLR0917 - all that is seen
    dense: Scores, bm25: Scores, task: Scores, leaning: Scores, words: int, served: float
) -> Signs:
    """What there is to see before anything is chosen, one number a `Sign`.

    `dense` and `bm25` have one score a candidate, of which there is at least one, `task` and `leaning` one a
    domain; `served` is a logit.
    """
    best = np.partition(dense, -_BEST)[-_BEST:] if len(dense) > _BEST else dense
    two = np.partition(leaning, -2)[-2:]
    entropy = -(leaning * np.log(leaning + _TINY)).sum()
    return np.array(
        [
            best.max(),
            best.mean(),
            np.log1p(bm25.max()),
            np.log1p(task.max(initial=0.0)),
            two[1],
            two[1] - two[0],
            entropy,
            np.log1p(words),
            served,
        ],
        dtype=np.float32,
    )


def answer_signs(place: int, scores: Scores, task_of: NDArray[np.int64], leaning: Scores) -> Signs:
    """What there is to see of the candidate that was chosen, one number an `AnswerSign`.

    `place` is its place in `scores` and `task_of`, which have one entry a candidate; without a candidate of
    another domain it is ahead by its whole score.
    """
    task = task_of[place]
    others = scores[task_of != task]
    ahead = scores[place] - others.max(initial=0.0)
    return np.array([leaning[task], ahead, float(leaning.argmax() == task)], dtype=np.float32)
