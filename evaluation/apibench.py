"""Answer and grade APIBench: `callsmith evaluate apibench`.

The docs under test become a catalogue and an index of their own, every row is answered by the same
pipeline that serves requests, and each response is graded by the published rule and by the strict one.
A given response file is graded the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from api_docs.catalogue import Catalogue, Identity
from api_docs.errors import EvaluationDataError
from api_docs.files import write_file
from api_docs.models import Hub
from api_docs.sources.apibench import read_apibench
from evaluation.apibench_rows import (
    EvalRow,
    Response,
    read_docs,
    read_eval_rows,
    read_responses,
    write_responses,
)
from evaluation.metrics import averaged_over, rate, retrieval_measures
from evaluation.published_rule import PublishedRule, Verdict
from evaluation.strict_rule import StrictRule
from retriever.embedding import Encoder
from retriever.hits import RetrieverName
from retriever.index import build_index
from retriever.searcher import Searcher
from service.pipeline import work_out
from service.runtime import Runtime
from service.schemas import GenerateRequest, GeneratorChoice
from service.settings import Settings
from service.var import judge_for

RETRIEVED = 50
"""Hits per row: enough for every measure, and the most that a request may ask for."""

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to a row and, where we retrieved for it, the calls found, best first."""

    row: EvalRow
    text: str
    found: tuple[Identity, ...] | None = None


@dataclass(frozen=True, slots=True)
class GradedRow:
    """One line of `rows.jsonl`."""

    question_id: int
    instruction: str
    label: str
    row_domain: str
    call: str | None
    official: str
    official_reason: str
    exists: bool
    exact: bool
    domain: bool
    reason: str
    rank: int | None  # of the row's own call among the retrieved ones; None where it isn't


@dataclass(frozen=True)
class Benchmark:
    """One hub's docs and rows."""

    hub: Hub
    catalogue: Catalogue
    raw_docs: Sequence[dict[str, Any]]
    rows: Sequence[EvalRow]
    quarantined: int

    @classmethod
    def read(cls, hub: Hub, docs: Path, rows: Path) -> Benchmark:
        """Read APIBench's docs and evaluation rows; raises `SourceError` or `EvaluationDataError`."""
        source = read_apibench(docs, hub)
        return cls(
            hub, Catalogue(source.docs), read_docs(docs), read_eval_rows(rows), len(source.quarantined)
        )


def searcher_over(benchmark: Benchmark, encoder: Encoder) -> Searcher:
    """Ranks the docs under test, from an index of their own, as the service would."""
    index, judge = build_index(benchmark.catalogue, encoder), judge_for(Settings(), encoder)
    return Searcher(benchmark.catalogue, index, encoder, judge=judge)


def answer_rows(
    benchmark: Benchmark,
    searcher: Searcher,
    retriever: RetrieverName,
    progress: Progress | None = None,
    asked: Mapping[str, Any] | None = None,
) -> list[Answer]:
    """Answer every row by the service's pipeline with the `grounded` generator.

    Each row has an API that answers it, so nothing is refused: when to refuse is judged elsewhere. `asked`
    are further fields of the request.
    """
    runtime = Runtime(Settings(no_match_threshold=0), searcher)
    answers = []
    for done, row in enumerate(benchmark.rows, start=1):
        request = GenerateRequest(
            instruction=row.instruction,
            k=RETRIEVED,
            retriever=retriever,
            generator=GeneratorChoice.GROUNDED,
            **(asked or {}),
        )
        outcome = runtime.run(work_out, request, runtime)
        found = tuple(benchmark.catalogue.entry(hit.doc_id).identity for hit in outcome.found.hits)
        answers.append(Answer(row, outcome.generated.text if outcome.generated else "", found))
        if progress is not None:
            progress(done, len(benchmark.rows))
    return answers


def given_answers(benchmark: Benchmark, path: Path) -> list[Answer]:
    """The responses of a file, each with its row.

    Raises:
        EvaluationDataError: when a response belongs to no row.
    """
    rows = {row.question_id: row for row in benchmark.rows}
    answers = []
    for response in read_responses(path):
        if response.question_id not in rows:
            raise EvaluationDataError(
                f"{path}: question_id {response.question_id} is no row of the evaluation file; "
                "responses and rows must come from the same file"
            )
        answers.append(Answer(rows[response.question_id], response.text))
    return answers


def grade(
    benchmark: Benchmark, answers: Iterable[Answer], progress: Progress | None = None
) -> list[GradedRow]:
    """Grade every answer by both rules."""
    published = PublishedRule(benchmark.hub, benchmark.raw_docs)
    strict = StrictRule(benchmark.catalogue)
    graded = []
    every = list(answers)
    for done, answer in enumerate(every, start=1):
        row = answer.row
        official = published.grade(answer.text, row.domain)
        verdict = strict.grade(answer.text, row)
        graded.append(
            GradedRow(
                question_id=row.question_id,
                instruction=row.instruction,
                label=row.api_call,
                row_domain=row.domain,
                call=verdict.call,
                official=official.verdict.value,
                official_reason=official.reason,
                exists=verdict.exists,
                exact=verdict.exact,
                domain=verdict.domain,
                reason=verdict.reason,
                rank=_rank(strict.target(row), answer.found),
            )
        )
        if progress is not None:
            progress(done, len(every))
    return graded


def metrics(benchmark: Benchmark, graded: Sequence[GradedRow], answers: Sequence[Answer]) -> dict[str, Any]:
    """The figures of a run, fractions of 1; retrieval measures are null for given responses."""
    domains = [row.row_domain for row in graded]
    in_domain = [row.domain for row in graded]
    strict = StrictRule(benchmark.catalogue)
    return {
        "hub": benchmark.hub.value,
        "n": len(graded),
        "official_accuracy": rate([row.official == Verdict.CORRECT for row in graded]),
        "official_hallucination": rate([row.official == Verdict.HALLUCINATION for row in graded]),
        "exists": rate([row.exists for row in graded]),
        "exact": rate([row.exact for row in graded]),
        "domain": rate(in_domain),
        "domain_averaged": averaged_over(domains, in_domain),
        **_retrieval(answers, strict),
        "docs": len(benchmark.catalogue),
        "docs_quarantined": benchmark.quarantined,
        "rows_without_response": len(
            {row.question_id for row in benchmark.rows} - {r.question_id for r in graded}
        ),
        "rows_labelled_outside_the_docs": sum(strict.target(answer.row) is None for answer in answers),
    }


def _retrieval(answers: Sequence[Answer], strict: StrictRule) -> dict[str, float | None]:
    if any(answer.found is None for answer in answers):
        return dict.fromkeys(("recall@1", "recall@3", "recall@5", "recall@10", "ndcg@10", "mrr"))
    relevant: dict[str, str | None] = {}
    ranked: dict[str, list[str]] = {}
    for answer in answers:
        query = str(answer.row.question_id)
        target = strict.target(answer.row)
        relevant[query] = None if target is None else repr(target)
        ranked[query] = [repr(identity) for identity in answer.found or ()]
    return dict(retrieval_measures(relevant, ranked))


def _rank(target: Identity | None, found: Sequence[Identity] | None) -> int | None:
    return found.index(target) + 1 if found is not None and target in found else None


def write_run(
    folder: Path, answers: Sequence[Answer], graded: Sequence[GradedRow], figures: dict[str, Any]
) -> None:
    """Write `responses.jsonl` (Gorilla's format), `rows.jsonl` and `metrics.json`; raises `StorageError`."""
    write_file(folder / "rows.jsonl", b"".join(orjson.dumps(asdict(row)) + b"\n" for row in graded))
    write_responses(
        folder / "responses.jsonl", [Response(answer.row.question_id, answer.text) for answer in answers]
    )
    write_file(folder / "metrics.json", orjson.dumps(figures, option=orjson.OPT_INDENT_2) + b"\n")
