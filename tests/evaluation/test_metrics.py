"""Figures against hand-worked examples."""

from __future__ import annotations

import math

import pytest

from evaluation.metrics import averaged_over, bootstrap_interval, rate, retrieval_measures


def test_every_group_counts_alike() -> None:
    groups = ["a", "a", "a", "b"]
    verdicts = [True, True, True, False]
    assert rate(verdicts) == 0.75
    assert averaged_over(groups, verdicts) == 0.5


def test_rates_of_nothing_are_zero() -> None:
    assert rate([]) == 0
    assert averaged_over([], []) == 0


def test_retrieval_measures_by_hand() -> None:
    relevant = {"1": "a", "2": "b", "3": None, "4": "d"}
    ranked = {"1": ["a", "x"], "2": ["x", "y", "b"], "3": ["x"], "4": []}
    found = retrieval_measures(relevant, ranked)
    assert found["recall@1"] == 0.25
    assert found["recall@3"] == found["recall@10"] == 0.5
    assert found["mrr"] == pytest.approx((1 + 1 / 3) / 4)
    assert found["ndcg@10"] == pytest.approx((1 + 1 / math.log2(4)) / 4)


def test_the_bootstraps_interval_is_that_of_the_binomial_for_many_rows() -> None:
    low, high = bootstrap_interval([True] * 300 + [False] * 100)
    half = 1.96 * (0.75 * 0.25 / 400) ** 0.5
    assert (low, high) == pytest.approx((0.75 - half, 0.75 + half), abs=0.01)


def test_rows_that_are_all_alike_leave_no_doubt_and_no_rows_no_interval() -> None:
    assert bootstrap_interval([1.0] * 9) == (1.0, 1.0)
    assert all(math.isnan(end) for end in bootstrap_interval([]))
