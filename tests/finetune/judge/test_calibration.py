"""The calibration error against counting by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.judge.calibration import expected_calibration_error


def by_hand(probabilities: list[float], right: list[bool], bins: int) -> float:
    rows = sorted(zip(probabilities, right, strict=True), key=lambda row: row[0])
    share, more = divmod(len(rows), bins)
    sizes = [share + (number < more) for number in range(bins)]
    total, start = 0.0, 0
    for size in sizes:
        part = rows[start : start + size]
        start += size
        if part:
            said = sum(one for one, _ in part) / size
            true = sum(one for _, one in part) / size
            total += size * abs(said - true)
    return total / len(rows)


said_and_true = st.tuples(st.floats(0, 1), st.booleans())


@given(st.lists(said_and_true, min_size=1, max_size=60, unique_by=lambda row: row[0]))
def test_it_is_the_mean_gap_of_bins_of_equal_mass(rows: list[tuple[float, bool]]) -> None:
    said, true = [one for one, _ in rows], [one for _, one in rows]
    for bins in (1, 3, 10):
        expected = by_hand(said, true, bins)
        assert expected_calibration_error(said, true, bins) == pytest.approx(expected, abs=1e-9)


def test_what_always_comes_as_often_as_was_said_has_none() -> None:
    assert expected_calibration_error([0.5] * 10, [True, False] * 5, bins=5) == pytest.approx(0)
    assert expected_calibration_error([1.0] * 4 + [0.0] * 4, [True] * 4 + [False] * 4) == 0


def test_what_is_always_wrong_and_sure_has_all_of_it() -> None:
    assert expected_calibration_error([1.0] * 20, [False] * 20) == 1


def test_many_that_are_sure_do_not_hide_in_one_bin() -> None:
    said = np.linspace(0.9, 1.0, 100).tolist()
    right = [place >= 50 for place in range(100)]
    assert expected_calibration_error(said, right) > 0.4


def test_of_nothing_it_is_not_a_number() -> None:
    assert math.isnan(expected_calibration_error([], []))
