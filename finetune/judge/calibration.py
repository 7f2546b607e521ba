"""Whether probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

BINS: Final = 10


def expected_calibration_error(
    probabilities: Sequence[float], right: Sequence[bool], bins: int = BINS
) -> float:
    """How far probabilities are from how often they came true, averaged over bins of equal mass.

    Rows are sorted by probability and cut into so many bins of as equal numbers as can be; each bin's gap is
    the difference of its mean probability and its share of true ones, and counts by its rows. With equal
    masses no bin is nearly empty (Nixon et al., Measuring Calibration in Deep Learning, 2019). NaN of no
    rows.
    """
    if not len(probabilities):
        return float("nan")
    said, true = np.asarray(probabilities, dtype=float), np.asarray(right, dtype=float)
    order = np.argsort(said, kind="stable")
    gaps = [
        len(part) * abs(said[part].mean() - true[part].mean())
        for part in np.array_split(order, bins)
        if len(part)
    ]
    return float(sum(gaps) / len(said))
