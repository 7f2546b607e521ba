"""Figures of answered questions: accuracy by language and domain, no match, calibration, what failed.

Works on what `asking` wrote down. Gives plain values for JSON.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from evaluation.metrics import bootstrap_interval, rate
from evaluation.report.asking import Asked, Part

BINS: Final = 10
EXAMPLES: Final = 20
_UNANSWERED: Final = "(no answer)"
_NO_MATCH: Final = "no_match"


def share(verdicts: Sequence[bool]) -> dict[str, Any]:
    """A share with what it is of and its bootstrap interval; null of none."""
    if not verdicts:
        return {"n": 0, "value": None, "interval": None}
    return {"n": len(verdicts), "value": rate(verdicts), "interval": bootstrap_interval(verdicts)}


def accuracy(asked: Sequence[Asked]) -> dict[str, Any]:
    """How often the first answer has the right domain, and how often one of all that are shown."""
    return {
        "first": share([one.is_right for one in asked]),
        "among": share([one.is_among for one in asked]),
        "answered": share([_is_answered(one) for one in asked]),
    }


def of_folds(rows: int, first: float, among: float) -> dict[str, Any]:
    """Accuracy as shares of so many rows that folds told; whether they would be answered is not known."""
    told = {"first": first, "among": among}
    shares = {
        name: share([place < round(value * rows) for place in range(rows)]) for name, value in told.items()
    }
    return {**shares, "answered": share([])}


def latency(asked: Sequence[Asked]) -> dict[str, float]:
    """Milliseconds of one caller's requests, each after the other."""
    taken = [one.milliseconds for one in asked]
    median, p95 = np.percentile(taken, [50, 95]).tolist()
    return {"median_ms": round(median, 2), "p95_ms": round(p95, 2)}


def by_language(asked: Iterable[Asked]) -> dict[str, Any]:
    """Accuracy by language of the question."""
    return {language: accuracy(some) for language, some in _grouped(asked, lambda one: one.question.language)}


def by_domain(asked: Iterable[Asked]) -> list[dict[str, Any]]:
    """Each domain that was asked for: questions, and how many first answers have it."""
    return [
        {"domain": domain, "n": len(some), "right": sum(one.is_right for one in some)}
        for domain, some in _grouped(asked, lambda one: str(one.question.domain))
    ]


def confusions(pairs: Iterable[tuple[str, str | None]]) -> list[dict[str, Any]]:
    """What was wanted against what was answered, wherever they differ, the commonest first."""
    counted = Counter((wanted, got or _UNANSWERED) for wanted, got in pairs if wanted != got)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [{"wanted": wanted, "answered": got, "n": count} for (wanted, got), count in ordered]


def domain_pairs(asked: Iterable[Asked]) -> list[tuple[str, str | None]]:
    """Domain wanted and domain answered of each question."""
    return [(str(one.question.domain), one.domain) for one in asked]


def by_depth(domains: Sequence[str], found: Sequence[Sequence[str]], depth: int) -> list[dict[str, Any]]:
    """For k from 1 to `depth`: how often the right domain is among the first k calls."""
    return [
        {"k": k, **share([want in some[:k] for want, some in zip(domains, found, strict=True)])}
        for k in range(1, depth + 1)
    ]


def no_match(asked: Sequence[Asked]) -> dict[str, Any]:
    """Refused of what nothing serves, by kind, too; answered of what is served; near misses apart."""
    unserved = [one for one in asked if one.question.part is Part.UNSERVED]
    served = [one for one in asked if one.question.part is Part.SERVED]
    near = [one for one in asked if one.question.part is Part.NEAR_MISS]
    kinds = _grouped(unserved, lambda one: one.question.kind)
    return {
        "unserved_refused": share([not _is_answered(one) for one in unserved]),
        "served_answered": share([_is_answered(one) for one in served]),
        "near_misses_refused": share([not _is_answered(one) for one in near]),
        "refused_by_kind": {kind: share([not _is_answered(one) for one in some]) for kind, some in kinds},
    }


def calibration(asked: Iterable[Asked]) -> dict[str, Any] | None:
    """How confidence compares with being right; None where no response has any.

    An answer is right if it has the domain that was asked for, so none is to what nothing serves. Where
    nothing was answered, the nearest hit stands for the answer. The expected calibration error is the mean
    gap of the bins, weighed by what is in them (Guo et al. 2017).
    """
    judged = [(one.confidence, _would_be_right(one)) for one in asked if one.confidence is not None]
    if not judged:
        return None
    places = [min(int(confidence * BINS), BINS - 1) for confidence, _ in judged]
    bins = []
    for number in range(BINS):
        some = [pair for pair, place in zip(judged, places, strict=True) if place == number]
        if some:
            said = sum(confidence for confidence, _ in some) / len(some)
            bins.append({"from": number / BINS, "n": len(some), "confidence": said, "right": _rate(some)})
    gap = sum(one["n"] * abs(one["confidence"] - one["right"]) for one in bins) / len(judged)
    return {"n": len(judged), "expected_calibration_error": gap, "bins": bins}


def failures(asked: Iterable[Asked]) -> list[dict[str, Any]]:
    """Twenty failures with the reason: half served wrongly, half answered in vain, if there are so many.

    Drawn by hash and not by hand: so that nobody picks the forgivable ones.
    """
    failed = sorted(filter(_failed, asked), key=lambda one: _drawn(one.question.text))
    wrong = [one for one in failed if one.question.domain is not None]
    in_vain = [one for one in failed if one.question.domain is None]
    half = EXAMPLES // 2
    first = wrong[: max(half, EXAMPLES - len(in_vain))]
    return [_failure(one) for one in (*first, *in_vain[: EXAMPLES - len(first)])]


def _failure(one: Asked) -> dict[str, Any]:
    return {
        "instruction": one.question.text,
        "wanted": one.question.domain.value if one.question.domain else None,
        "answered": one.domain,
        "call": one.call,
        "reason": _reason(one),
    }


def _reason(one: Asked) -> str:
    wanted = one.question.domain
    if wanted is None:
        return "nothing serves it, and it was answered all the same"
    rank = one.hits.index(wanted) + 1 if wanted in one.hits else None
    where = (
        f"the right domain first comes at rank {rank}"
        if rank
        else f"the right domain is not among the {len(one.hits)} retrieved"
    )
    if not _is_answered(one):
        return f"refused ({one.status}) although it is served; {where}"
    seen = " and among the alternatives" if one.is_among else ""
    return f"another domain; {where}{seen}"


def _failed(one: Asked) -> bool:
    return _is_answered(one) if one.question.domain is None else not one.is_right


def _is_answered(one: Asked) -> bool:
    return one.status != _NO_MATCH and one.call is not None


def _would_be_right(one: Asked) -> bool:
    domain = one.domain or (one.hits[0] if one.hits else None)
    return domain is not None and domain == one.question.domain


def _rate(pairs: Sequence[tuple[float, bool]]) -> float:
    return rate([right for _, right in pairs])


def _drawn(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _grouped(asked: Iterable[Asked], key: Callable[[Asked], str]) -> list[tuple[str, list[Asked]]]:
    groups: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        groups[key(one)].append(one)
    return sorted(groups.items())
