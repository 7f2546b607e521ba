"""Three ways to fit, each with one answer that no seed changes: softmax regression, kernel ridge, logistic.

Works on arrays. Knows nothing about instructions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from retriever.judge import Kernel
from retriever.leaning import DomainClassifier, Floats, Vocabulary, hash_of, said

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Doubles = NDArray[np.float64]

STRENGTH: Final = 10.0
"""What a row's loss weighs beside the weights' squares, whose sum is halved; chosen on folds among 5, 10 and
20."""
TEMPERATURES: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4)
_TWICE: Final = 2
_STEPS_OF_REGRESSION: Final = 300
GAMMA: Final = 0.02
RIDGE: Final = 1.0
"""Both chosen on folds, as were the scales of what the kernel compares."""
_STEPS: Final = 50
_STILL: Final = 1e-8


def vocabulary_of(texts: Sequence[str]) -> Vocabulary:
    """Every word and pair of words that two texts have.

    Its rarity is 1 + ln((1 + texts) / (1 + those of them that have it)).
    """
    counts = Counter(hash_of(phrase) for text in texts for phrase in set(said(text)))
    hashes = np.array(sorted(one for one, count in counts.items() if count >= _TWICE), dtype=np.uint32)
    frequency = np.array([counts[one] for one in hashes.tolist()], dtype=np.float64)
    rarity = (1 + np.log((1 + len(texts)) / (1 + frequency))).astype(np.float16)  # as the file keeps it
    return Vocabulary(hashes, rarity.astype(np.float32))


def softmax_regression(
    texts: Sequence[str], features: Floats, classes: Numbers, count: int
) -> DomainClassifier:
    """Multinomial logistic regression over features and words, of so many classes weighing alike.

    `features` has the shape (rows, features), `classes` (rows,). Classes without a row are not known
    afterwards.
    """
    from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415 - slow to import
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    vocabulary = vocabulary_of(texts)
    read = [vocabulary.read(text) for text in texts]
    ends = np.cumsum([0, *(len(places) for places, _ in read)])
    columns, values = (np.concatenate([one[part] for one in read]) for part in (0, 1))
    words = csr_matrix((values, columns, ends), shape=(len(texts), len(vocabulary.hashes)))
    model = LogisticRegression(C=STRENGTH, max_iter=_STEPS_OF_REGRESSION, tol=1e-4, class_weight="balanced")
    model.fit(hstack([csr_matrix(features), words]).tocsr(), classes)
    weights = np.zeros((features.shape[1] + len(vocabulary.hashes), count), dtype=np.float32)
    bias = np.zeros(count, dtype=np.float32)
    # Of two classes scikit-learn gives one row of weights: those of the second against the first.
    told = model.coef_ if len(model.classes_) > 2 else np.concatenate([-model.coef_, model.coef_]) / 2
    offsets = model.intercept_ if len(model.classes_) > 2 else np.array([-1, 1]) * model.intercept_ / 2
    weights[:, model.classes_], bias[model.classes_] = told.T, offsets
    known = np.isin(np.arange(count), model.classes_)
    split = features.shape[1]
    return DomainClassifier(weights[:split], bias, known, vocabulary, weights[split:])


def sharpened(leaning: DomainClassifier, temperature: float) -> DomainClassifier:
    """The same with all logits multiplied: of rows that it was not taught a classifier is too sure."""
    factor = np.float32(temperature)
    return replace(
        leaning, weights=leaning.weights * factor, bias=leaning.bias * factor, said=leaning.said * factor
    )


def kernel_ridge(features: Floats, served: Flags, landmarks: Numbers) -> Kernel:
    """Kernel ridge regression of +1 and −1 on some of its rows, both kinds weighing alike.

    Its slope is 1 and its offset 0 until `with_odds` makes probabilities of it.
    """
    rows = features.astype(np.float64)
    chosen = rows[landmarks]
    shares = np.where(served, 0.5 / served.sum(), 0.5 / (~served).sum()) * len(served)
    seen, among = _gaussian(rows, chosen), _gaussian(chosen, chosen)
    left = seen.T @ (seen * shares[:, None]) + RIDGE * among + 1e-4 * np.eye(len(chosen))
    weights = np.linalg.solve(left, seen.T @ (shares * np.where(served, 1.0, -1.0)))
    kept = chosen.astype(np.float16).astype(np.float32)  # as the file keeps them
    return Kernel(kept, (kept**2).sum(axis=1), weights.astype(np.float32), GAMMA, 1.0, 0.0)


def with_odds(kernel: Kernel, scores: Doubles, served: Flags) -> Kernel:
    """The kernel with a slope and an offset that make its scores probabilities, both kinds weighing alike.

    `scores` are of rows that it was not fitted to. Platt, Probabilistic Outputs for Support Vector Machines
    (1999).
    """
    shares = np.where(served, 0.5 / served.sum(), 0.5 / (~served).sum()) * len(served)
    offset, slope = logistic(scores[:, None], served, shares)
    return Kernel(kernel.landmarks, kernel.squares, kernel.weights, kernel.gamma, float(slope), float(offset))


def logistic(features: Doubles, right: Flags, shares: Doubles, strength: float = 1e-3) -> Doubles:
    """Offset and weights of a logistic regression, by Newton's method; `shares` weigh the rows.

    Features are made comparable before weights are drawn to 0 by `strength` a row, and the weights given are
    for features as they came. Shape (features + 1,).
    """
    centre, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    rows = np.column_stack([np.ones(len(features)), (features - centre) / spread])
    price = strength * shares.sum() * np.eye(rows.shape[1])
    price[0, 0] = 0
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-np.clip(rows @ weights, -60, 60)))
        slope = rows.T @ (shares * (right - likely)) - price @ weights
        curve = (
            (rows * (shares * likely * (1 - likely))[:, None]).T @ rows + price + 1e-9 * np.eye(len(price))
        )
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < _STILL:
            break
    plain = weights[1:] / spread
    return np.concatenate([[weights[0] - plain @ centre], plain])


def _gaussian(rows: Doubles, landmarks: Doubles) -> Doubles:
    squares = (rows**2).sum(axis=1)[:, None] + (landmarks**2).sum(axis=1)[None, :]
    found: Doubles = np.exp(-GAMMA * np.maximum(squares - 2 * rows @ landmarks.T, 0))
    return found
