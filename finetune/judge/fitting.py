"""Two ways to fit, each with one answer that no seed changes: kernel ridge regression and logistic.

Works on arrays. Knows nothing about instructions.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from retriever.branch import Floats
from retriever.judge import Kernel

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Doubles = NDArray[np.float64]

GAMMA: Final = 0.02
RIDGE: Final = 1.0
"""Both chosen on folds, as were the scales of what the kernel compares."""
_STEPS: Final = 50
_STILL: Final = 1e-8


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
