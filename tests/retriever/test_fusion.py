"""Fusion and voting against slow, plain arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from retriever.fusion import (
    FIRM,
    LEXICAL_WEIGHT,
    MILD,
    TASK_LEXICAL_WEIGHT,
    VOTE_TEMPERATURE,
    Leaning,
    LeaningWeights,
    fuse,
    share_of_best,
    vote,
)

scores = arrays.arrays(np.float32, 6, elements=st.floats(0, 2, width=32))
calls = arrays.arrays(np.int64, 6, elements=st.integers(0, 4))


@given(scores, calls)
def test_votes_are_the_log_sum_exp_of_each_call(values: np.ndarray, call_of: np.ndarray) -> None:
    for row, found in enumerate(vote(values, call_of)):
        same = [float(v) for v, call in zip(values, call_of, strict=True) if call == call_of[row]]
        best = max(same)
        expected = values[row] + VOTE_TEMPERATURE * math.log(
            sum(math.exp((value - best) / VOTE_TEMPERATURE) for value in same)
        )
        assert found == pytest.approx(expected, abs=1e-5)


@given(scores)
def test_a_row_alone_with_its_call_keeps_its_score(values: np.ndarray) -> None:
    assert vote(values, np.arange(6)) == pytest.approx(values, abs=1e-6)


@given(scores, scores, scores)
def test_fused_scores_are_the_weighted_sum(dense: np.ndarray, bm25: np.ndarray, task: np.ndarray) -> None:
    expected = dense.astype(np.float64)
    for weight, voice in ((LEXICAL_WEIGHT, bm25), (TASK_LEXICAL_WEIGHT, task)):
        if voice.max() > 0:
            expected += weight * (voice / voice.max())
    assert fuse(dense, bm25, task, np.arange(6)) == pytest.approx(expected, abs=1e-5)


@given(scores, scores, scores, arrays.arrays(np.float32, 6, elements=st.floats(0, 1, width=32)))
@pytest.mark.parametrize("weights", [MILD, FIRM])
def test_a_leaning_is_added_by_its_weight_and_the_table_of_tasks_by_less(
    weights: LeaningWeights, dense: np.ndarray, bm25: np.ndarray, task: np.ndarray, likely: np.ndarray
) -> None:
    expected = dense.astype(np.float64)
    for weight, voice in ((LEXICAL_WEIGHT, bm25), (weights.task, task)):
        if voice.max() > 0:
            expected += weight * (voice / voice.max())
    expected += [weights.weight * float(one) ** weights.power for one in likely]
    found = fuse(dense, bm25, task, np.arange(6), Leaning(likely, weights))
    assert found == pytest.approx(expected, abs=1e-5)
    assert weights.task < TASK_LEXICAL_WEIGHT


def test_shares_of_nothing_are_nothing() -> None:
    nothing = np.zeros(3, dtype=np.float32)
    assert share_of_best(nothing).tolist() == [0, 0, 0]
    assert len(vote(np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64))) == 0
