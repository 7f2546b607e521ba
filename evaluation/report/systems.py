"""Every system on APIBench's rows, graded alike and side by side: dummies, Gorilla's responses, ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from evaluation.apibench import Answer, Benchmark, GradedRow, answer_rows, given_answers, grade, metrics
from evaluation.metrics import averaged_interval, bootstrap_interval
from evaluation.published_rule import Verdict
from evaluation.report.answers import confusions
from evaluation.report.dummies import (
    MEASURES,
    best_constants,
    copies_of_the_best_hit,
    copies_of_the_label,
    copies_of_the_right_doc,
)
from evaluation.strict_rule import StrictRule
from retriever.hits import RetrieverName
from retriever.searcher import Searcher

Ways = Mapping[str, Mapping[str, Any]]
"""Names of ways to ask the service, and the fields of a request that make them."""
Told = Callable[[str], None]

_KEPT: Final = (*MEASURES, "rows_without_response", "rows_labelled_outside_the_docs")


class Kind(StrEnum):
    """Whose answers they are."""

    DUMMY = "dummy"
    PUBLISHED = "gorilla"
    OURS = "callsmith"


def system_figures(
    benchmark: Benchmark, responses: Mapping[str, Path], searcher: Searcher, ways: Ways, told: Told
) -> list[dict[str, Any]]:
    """One object for each system of a hub: its figures, for ours with intervals."""
    hub = benchmark.hub.value
    told(f"{hub}: dummies")
    found = [constant_figures(benchmark)]
    for name, answers in _dummies(benchmark):
        found.append(_graded(benchmark, Kind.DUMMY, name, answers))
    for name, path in responses.items():
        told(f"{hub}: the published responses {name}")
        found.append(_graded(benchmark, Kind.PUBLISHED, name, given_answers(benchmark, path)))
    for name, fields in ways.items():
        told(f"{hub}: answers of {name}")
        asked = dict(fields)
        retriever = RetrieverName(asked.pop("retriever", RetrieverName.HYBRID))
        answers = answer_rows(benchmark, searcher, retriever, asked=asked)
        found.append(_graded(benchmark, Kind.OURS, name, answers))
        if not fields:
            found[-1] |= _by_domain(benchmark, answers)
    return found


def constant_figures(benchmark: Benchmark) -> dict[str, Any]:
    """The figures of the best constant answer, chosen for each measure on the rows themselves."""
    best = best_constants(benchmark)
    return {
        "hub": benchmark.hub.value,
        "kind": Kind.DUMMY.value,
        "system": "constant answer, the best in each column",
        "n": len(benchmark.rows),
        **{name: one.value for name, one in best.items()},
        "calls": {name: one.call for name, one in best.items()},
    }


def _dummies(benchmark: Benchmark) -> Iterator[tuple[str, list[Answer]]]:
    yield "copy of the best BM25 hit", copies_of_the_best_hit(benchmark)
    yield "copy of the right doc", copies_of_the_right_doc(benchmark)
    yield "copy of the right label as written", copies_of_the_label(benchmark)


def _graded(benchmark: Benchmark, kind: Kind, name: str, answers: Sequence[Answer]) -> dict[str, Any]:
    graded = grade(benchmark, answers)
    figures = metrics(benchmark, graded, answers)
    found = {"hub": benchmark.hub.value, "kind": kind.value, "system": name, "n": figures["n"]}
    found |= {measure: figures[measure] for measure in _KEPT}
    return found | ({"intervals": _intervals(graded)} if kind is Kind.OURS else {})


def _by_domain(benchmark: Benchmark, answers: Sequence[Answer]) -> dict[str, Any]:
    """Right answers by domain, and what was answered instead; of several domains of a call the first."""
    strict = StrictRule(benchmark.catalogue)
    right: Counter[str] = Counter()
    pairs: list[tuple[str, str | None]] = []
    for answer in answers:
        domains, wanted = strict.read(answer.text).domains, answer.row.domain
        right[wanted] += wanted in domains
        pairs.append((wanted, wanted if wanted in domains else min(domains, default=None)))
    return {"right_by_domain": dict(sorted(right.items())), "confusions": confusions(pairs)}


def _intervals(graded: Sequence[GradedRow]) -> dict[str, tuple[float, float]]:
    """Bootstrap intervals of the measures; rows are drawn again."""
    domains = [row.row_domain for row in graded]
    values: dict[str, Sequence[float]] = {
        "exists": [row.exists for row in graded],
        "exact": [row.exact for row in graded],
        "domain": [row.domain for row in graded],
        "official_accuracy": [row.official == Verdict.CORRECT for row in graded],
    }
    averaged = averaged_interval(domains, [row.domain for row in graded])
    return {name: bootstrap_interval(found) for name, found in values.items()} | {"domain_averaged": averaged}
