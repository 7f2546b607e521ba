"""Fits against plain arithmetic and against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from finetune.judge.fitting import (
    GAMMA,
    RIDGE,
    kernel_ridge,
    logistic,
    with_odds,
)

DRAW = np.random.default_rng(3)
CLASSES = np.repeat(np.arange(3), 40)
ROWS = (DRAW.normal(size=(120, 6)) + 2 * DRAW.normal(size=(3, 6))[CLASSES]).astype(np.float32)
SERVED = np.arange(120) % 3 > 0


def test_with_every_row_a_landmark_it_is_plain_kernel_ridge_regression() -> None:
    found = kernel_ridge(ROWS, SERVED, np.arange(120))
    rows = ROWS.astype(np.float64)
    gram = np.exp(-GAMMA * ((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    shares = np.where(SERVED, 0.5 / 80, 0.5 / 40) * 120
    # min Σ share · (f(x) − y)² + ridge · |f|², of which the answer is (K + ridge / share)⁻¹ y.
    weights = np.linalg.solve(gram + RIDGE * np.diag(1 / shares), np.where(SERVED, 1.0, -1.0))
    expected = gram @ weights
    scores = [found.score(row) for row in ROWS]
    assert scores == pytest.approx(expected.tolist(), abs=5e-3)  # landmarks are kept in 16 bits


def test_odds_make_scores_probabilities_without_touching_their_order() -> None:
    plain = kernel_ridge(ROWS, SERVED, np.arange(0, 120, 2))
    scores = np.where(SERVED, 0.6, -0.4) + DRAW.normal(size=120)
    found = with_odds(plain, scores, SERVED)
    assert found.slope > 0
    odds = 1 / (1 + np.exp(-(found.slope * scores + found.offset)))
    shares = np.where(SERVED, 0.5 / 80, 0.5 / 40)
    assert (odds * shares).sum() == pytest.approx(0.5, abs=1e-3)


def test_logistic_regression_is_scikit_learns_on_comparable_features() -> None:
    rows = ROWS.astype(np.float64) * [1, 10, 100, 1, 1, 1] + 5
    shares = np.linspace(0.5, 1.5, 120)
    found = logistic(rows, SERVED, shares, strength=0.01)
    comparable = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    model = LogisticRegression(C=1 / (0.01 * shares.sum()), tol=1e-10, max_iter=1_000)
    model.fit(comparable, SERVED, sample_weight=shares)
    expected = model.decision_function(comparable)
    assert (found[0] + rows @ found[1:]).tolist() == pytest.approx(expected.tolist(), abs=1e-4)


def test_a_feature_that_is_the_same_everywhere_does_no_harm() -> None:
    rows = np.column_stack([ROWS[:, 0], np.ones(120)]).astype(np.float64)
    assert np.isfinite(logistic(rows, SERVED, np.ones(120))).all()
