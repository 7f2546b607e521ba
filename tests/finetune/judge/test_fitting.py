"""Fits against plain arithmetic and against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from finetune.judge.fitting import (
    GAMMA,
    RIDGE,
    STRENGTH,
    kernel_ridge,
    logistic,
    sharpened,
    softmax_regression,
    with_odds,
)

DRAW = np.random.default_rng(3)
CLASSES = np.repeat(np.arange(3), 40)
ROWS = (DRAW.normal(size=(120, 6)) + 2 * DRAW.normal(size=(3, 6))[CLASSES]).astype(np.float32)
SERVED = np.arange(120) % 3 > 0


TEXTS = [
    f"{('sort', 'draw', 'read')[one]} the {place % 7} {'abcdefg'[place % 7]}"
    for place, one in enumerate(CLASSES)
]


def test_softmax_regression_is_scikit_learns_over_features_and_words() -> None:
    found = softmax_regression(TEXTS, ROWS, CLASSES, 3)
    words = np.zeros((len(TEXTS), len(found.vocabulary.hashes)))
    for row, text in enumerate(TEXTS):
        places, weights = found.vocabulary.read(text)
        words[row, places] = weights
    together = np.concatenate([ROWS, words], axis=1)
    model = LogisticRegression(C=STRENGTH, max_iter=5_000, tol=1e-8).fit(together, CLASSES)
    logits = np.array([found.logits(text, row) for text, row in zip(TEXTS, ROWS, strict=True)])
    expected = model.predict_proba(together)
    odds = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(odds, expected, atol=0.05)
    assert (logits.argmax(axis=1) == CLASSES).mean() > 0.95


def test_a_class_without_rows_is_not_known() -> None:
    found = softmax_regression(TEXTS, ROWS, np.where(CLASSES == 1, 3, CLASSES), 5)
    assert found.known.tolist() == [True, False, True, True, False]


def test_of_two_classes_the_logits_are_opposites() -> None:
    two = CLASSES < 2
    texts = [text for text, one in zip(TEXTS, two, strict=True) if one]
    found = softmax_regression(texts, ROWS[two], CLASSES[two], 2)
    logits = np.array([found.logits(text, row) for text, row in zip(texts, ROWS[two], strict=True)])
    np.testing.assert_allclose(logits.sum(axis=1), 0, atol=1e-4)
    assert (logits.argmax(axis=1) == CLASSES[two]).mean() > 0.95


def test_sharpening_multiplies_every_logit() -> None:
    plain = softmax_regression(TEXTS, ROWS, CLASSES, 3)
    soft = sharpened(plain, 0.25)
    for text, row in zip(TEXTS[:9], ROWS, strict=False):
        np.testing.assert_allclose(soft.logits(text, row), 0.25 * plain.logits(text, row), atol=1e-4)


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
