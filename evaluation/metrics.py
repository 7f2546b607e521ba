"""Figures over many graded rows: rates and retrieval measures. All fractions of 1."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG

RECALL_AT = (1, 3, 5, 10)
_ABSENT = "(in no doc)"


def rate(verdicts: Sequence[bool]) -> float:
    """The share of true ones; 0 of none."""
    return sum(verdicts) / len(verdicts) if verdicts else 0.0


def bootstrap_interval(
    values: Sequence[float], *, level: float = 0.95, draws: int = 2_000, seed: int = 0
) -> tuple[float, float]:
    """The percentile bootstrap's interval of the mean: rows are drawn again with replacement.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. NaN of no values.
    """
    if not len(values):
        return float("nan"), float("nan")
    found = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(seed).integers(0, len(found), (draws, len(found)))
    low, high = np.quantile(found[drawn].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def averaged_over(groups: Sequence[str], verdicts: Sequence[bool]) -> float:
    """The mean of the groups' own rates: every group counts alike, however many rows it has."""
    by_group: dict[str, list[bool]] = defaultdict(list)
    for group, verdict in zip(groups, verdicts, strict=True):
        by_group[group].append(verdict)
    return float(np.mean([rate(found) for found in by_group.values()])) if by_group else 0.0


def averaged_interval(
    groups: Sequence[str], verdicts: Sequence[bool], *, level: float = 0.95, draws: int = 2_000, seed: int = 0
) -> tuple[float, float]:
    """The percentile bootstrap's interval of `averaged_over`: rows are drawn again within each group.

    Drawing n verdicts with replacement gives a binomial number of true ones. NaN of no values.
    """
    by_group: dict[str, list[bool]] = defaultdict(list)
    for group, verdict in zip(groups, verdicts, strict=True):
        by_group[group].append(verdict)
    if not by_group:
        return float("nan"), float("nan")
    generator = np.random.default_rng(seed)
    drawn = [generator.binomial(len(found), rate(found), draws) / len(found) for found in by_group.values()]
    low, high = np.quantile(np.mean(drawn, axis=0), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def rank_values(rank: int | None) -> dict[str, float]:
    """What `retrieval_measures` gives a single row whose answer has this rank; None where it wasn't found."""
    found = {f"recall@{k}": float(rank is not None and rank <= k) for k in RECALL_AT}
    ndcg = 1 / math.log2(1 + rank) if rank is not None and rank <= 10 else 0.0
    return {**found, "ndcg@10": ndcg, "mrr": 1 / rank if rank is not None else 0.0}


def retrieval_measures(
    relevant: Mapping[str, str | None], ranked: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Recall@1/3/5/10, nDCG@10 and MRR by `ir-measures`.

    `relevant` maps each row to its one right answer (None where no doc has it: the row counts, and
    nothing can be found for it), `ranked` to the answers found, best first.
    """
    judgements = [ir_measures.Qrel(row, answer or _ABSENT, 1) for row, answer in relevant.items()]
    run = [
        ir_measures.ScoredDoc(row, answer, -float(position))
        for row, answers in ranked.items()
        for position, answer in enumerate(answers)
    ]
    measures = {**{f"recall@{k}": R @ k for k in RECALL_AT}, "ndcg@10": nDCG @ 10, "mrr": RR}
    found = ir_measures.calc_aggregate(list(measures.values()), judgements, run)
    return {name: float(found[measure]) for name, measure in measures.items()}
