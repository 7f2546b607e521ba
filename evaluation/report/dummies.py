"""Answers that understand nothing: what a system must beat before its figures mean anything.

A constant answer, a copy of the best hit by words, and copies of the right doc and of the label. Works on
APIBench's docs and rows as they were published, and writes answers as Gorilla's models do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rank_bm25

from evaluation.apibench import Answer, Benchmark
from evaluation.apibench_rows import EvalRow
from evaluation.metrics import averaged_over, rate
from evaluation.published_rule import PublishedRule, Verdict
from evaluation.strict_rule import StrictRule

MEASURES: Final = ("exists", "exact", "domain", "domain_averaged", "official_accuracy")


@dataclass(frozen=True, slots=True)
class Best:
    """The best that one constant answer reaches in one measure, and the call that it says."""

    value: float
    call: str


class PublishedBm25:
    """BM25 as APIBench's baseline has it: `rank-bm25` over whole docs, split at blanks."""

    def __init__(self, docs: Sequence[Mapping[str, Any]]) -> None:
        self._index: Any = rank_bm25.BM25Okapi([str(dict(doc)).split(" ") for doc in docs])

    def ranked(self, instruction: str, k: int) -> list[int]:
        """Places of the `k` best docs, best first; ties go to the earlier doc."""
        scores = np.asarray(self._index.get_scores(instruction.split(" ")))
        places: list[int] = np.argsort(-scores, kind="stable")[:k].tolist()
        return places


def answer_with(doc: Mapping[str, Any], call: str | None = None) -> str:
    """A doc as an answer in Gorilla's shape, with its own call or another one."""
    return (
        f"<<<domain>>>: {doc['domain']}\n"
        f"<<<api_call>>>: {doc['api_call'] if call is None else call}\n"
        f"<<<api_provider>>>: {doc.get('framework', '')}"
    )


def copies_of_the_right_doc(benchmark: Benchmark) -> list[Answer]:
    """Each row answered with its doc's call, as the catalogue has it; with its label where that is in no doc.

    Some docs' calls are none as published, and were mended when the docs were read.
    """
    strict = StrictRule(benchmark.catalogue)
    return [_copy(row, _mended(benchmark, strict, row)) for row in benchmark.rows]


def copies_of_the_label(benchmark: Benchmark) -> list[Answer]:
    """Each row answered with its own label, letter by letter."""
    return [_copy(row, row.api_call) for row in benchmark.rows]


def _copy(row: EvalRow, call: str) -> Answer:
    return Answer(row, answer_with({"framework": "", **row.api_data}, call))


def _mended(benchmark: Benchmark, strict: StrictRule, row: EvalRow) -> str:
    target = strict.target(row)
    return row.api_call if target is None else benchmark.catalogue.with_identity(target)[0].doc.call


def copies_of_the_best_hit(benchmark: Benchmark) -> list[Answer]:
    """Each row answered with the doc that the published BM25 ranks first."""
    index = PublishedBm25(benchmark.raw_docs)
    best = (index.ranked(row.instruction, 1)[0] for row in benchmark.rows)
    return [
        Answer(row, answer_with(benchmark.raw_docs[place]))
        for row, place in zip(benchmark.rows, best, strict=True)
    ]


def best_constants(benchmark: Benchmark) -> dict[str, Best]:
    """For each measure the best that any one doc's call reaches as the answer to every row.

    It is chosen on the rows themselves, and for each measure anew: an upper bound of what a constant reaches.
    Ties go to the earlier doc.
    """
    best: dict[str, Best] = {}
    for call, figures in _constants(benchmark):
        for name in MEASURES:
            if name not in best or figures[name] > best[name].value:
                best[name] = Best(figures[name], call)
    return best


def _constants(benchmark: Benchmark) -> Iterator[tuple[str, dict[str, float]]]:
    """Every distinct call of the docs, and what it reaches."""
    published = PublishedRule(benchmark.hub, benchmark.raw_docs)
    strict = StrictRule(benchmark.catalogue)
    rows = benchmark.rows
    domains = [row.domain for row in rows]
    targets = [strict.target(row) for row in rows]
    for call, doc in {str(doc["api_call"]): doc for doc in reversed(benchmark.raw_docs)}.items():
        text = answer_with(doc)
        read = strict.read(text)
        in_domain = [read.identity is not None and domain in read.domains for domain in domains]
        correct = {
            domain: published.grade(text, domain).verdict is Verdict.CORRECT for domain in set(domains)
        }
        exact = [read.identity is not None and target == read.identity for target in targets]
        yield (
            call,
            {
                "exists": float(read.identity is not None),
                "exact": rate(exact),
                "domain": rate(in_domain),
                "domain_averaged": averaged_over(domains, in_domain),
                "official_accuracy": rate([correct[domain] for domain in domains]),
            },
        )
