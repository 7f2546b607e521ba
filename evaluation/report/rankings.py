"""Retrieval on its own: at which rank the row's API comes, equal calls merged, per hub and over all hubs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api_docs.catalogue import Catalogue, Identity
from evaluation.apibench import Benchmark
from evaluation.metrics import bootstrap_interval, rank_values
from evaluation.report.dummies import PublishedBm25
from evaluation.report.folds import folds_by_api, in_folds
from evaluation.strict_rule import StrictRule
from retriever.hits import Quality, RetrieverName
from retriever.searcher import Searcher

DEPTH: Final = 50
"""Calls that are looked at; the row's own below that counts as not found, also for MRR."""
ALL_HUBS: Final = "all hubs"
AS_PUBLISHED: Final = "bm25 as published (rank-bm25, whole docs)"

Rank = Callable[[str], Sequence[Identity]]
"""The APIs for an instruction, best first, each once."""


@dataclass(frozen=True, slots=True)
class Exam:
    """Instructions with their right APIs (None: in no doc), and the docs among which these are looked for."""

    name: str
    instructions: tuple[str, ...]
    targets: tuple[Identity | None, ...]
    catalogue: Catalogue
    benchmarks: tuple[Benchmark, ...]


def exam_of(name: str, catalogue: Catalogue, *benchmarks: Benchmark) -> Exam:
    """The rows of some hubs, asked over a catalogue of all their docs."""
    instructions, targets = [], []
    for benchmark in benchmarks:
        strict = StrictRule(benchmark.catalogue)
        instructions += [row.instruction for row in benchmark.rows]
        targets += [strict.target(row) for row in benchmark.rows]
    return Exam(name, tuple(instructions), tuple(targets), catalogue, benchmarks)


def by_searcher(searcher: Searcher, retriever: RetrieverName, quality: Quality = Quality.BALANCED) -> Rank:
    """Rank as the service's retriever does."""
    identity = {entry.doc.id: entry.identity for entry in searcher.catalogue.entries}

    def rank(instruction: str) -> list[Identity]:
        hits = searcher.search(instruction, k=DEPTH, retriever=retriever, quality=quality)
        return [identity[hit.doc_id] for hit in hits]

    return rank


def as_published(benchmarks: Sequence[Benchmark]) -> Rank:
    """Rank as APIBench's own baseline does, over the docs of these hubs; equal calls are merged here, too."""
    raw = [doc for benchmark in benchmarks for doc in benchmark.raw_docs]
    known = [dict(_published_calls(benchmark)) for benchmark in benchmarks]
    calls = [
        found.get(str(doc["api_call"]))
        for benchmark, found in zip(benchmarks, known, strict=True)
        for doc in benchmark.raw_docs
    ]
    index = PublishedBm25(raw)

    def rank(instruction: str) -> list[Identity]:
        found = (calls[place] for place in index.ranked(instruction, len(raw)))
        return list(dict.fromkeys(call for call in found if call is not None))[:DEPTH]

    return rank


def _published_calls(benchmark: Benchmark) -> Iterator[tuple[str, Identity]]:
    """Calls as published, with what they identify; docs in quarantine have none."""
    for entry in benchmark.catalogue.entries:
        yield str(entry.doc.facts.get("api_call", entry.doc.call)), entry.identity


def ranking_figures(
    exam: Exam, system: str, rank: Rank, taught: Catalogue | None = None, trained: bool = False
) -> dict[str, Any]:
    """The measures of one ranking with intervals, and by fold of APIs.

    With a catalogue that something was taught on, the rows are told apart, too: those whose API is in it
    (`seen`, it may have been taught) and those whose API is not (`unseen`).
    """
    ranks = [
        _rank_of(target, rank(text)) for text, target in zip(exam.instructions, exam.targets, strict=True)
    ]
    folds = folds_by_api(exam.catalogue)
    numbers = [None if target is None else folds[target] for target in exam.targets]
    figures = {"pool": exam.name, "system": system, "trained": trained, **_measures(ranks)}
    figures["recall@5_by_fold"] = in_folds(numbers, [rank_values(one)["recall@5"] for one in ranks])
    if taught is not None:
        seen = [target is not None and bool(taught.with_identity(target)) for target in exam.targets]
        pairs = list(zip(ranks, seen, strict=True))
        figures["seen"] = _measures([one for one, known in pairs if known])
        figures["unseen"] = _measures([one for one, known in pairs if not known])
    return figures


def _measures(ranks: Sequence[int | None]) -> dict[str, Any]:
    values: Mapping[str, list[float]] = {
        name: [rank_values(rank)[name] for rank in ranks] for name in rank_values(None)
    }
    means = {name: sum(found) / len(found) if found else None for name, found in values.items()}
    intervals = {name: bootstrap_interval(found) for name, found in values.items() if found}
    return {"n": len(ranks), **means, "intervals": intervals}


def _rank_of(target: Identity | None, found: Sequence[Identity]) -> int | None:
    return found.index(target) + 1 if target in found else None
