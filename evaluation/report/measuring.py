"""Measure the parts of the report. Each is kept with its own command, machine, versions and date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.catalogue import Catalogue
from api_docs.errors import EvaluationDataError
from evaluation import records
from evaluation.heldout import HELD_OUT, read_heldout
from evaluation.question_sets import Half
from evaluation.report import answers
from evaluation.report.asking import (
    FIRST_HITS,
    Asked,
    Part,
    Question,
    ask,
    bank_questions,
    first_domains,
    held_out_questions,
    question_sets,
)
from evaluation.report.benchmarks import published_responses, read_benchmarks
from evaluation.report.labels import label_figures
from evaluation.report.rankings import (
    ALL_HUBS,
    AS_PUBLISHED,
    Exam,
    Rank,
    as_published,
    by_searcher,
    exam_of,
    ranking_figures,
)
from evaluation.report.systems import system_figures
from evaluation.report.ways import DEFAULT, asked_ways, ways
from finetune.retriever.card import CARD
from retriever.bm25 import Bm25Backend
from retriever.embedding import Encoder
from retriever.hits import Quality, RetrieverName
from retriever.index import Index, build_index, index_version, open_index, save_index
from retriever.judge import SHIPPED, Judge
from retriever.searcher import Searcher
from service.runtime import Runtime

COMMAND: Final = "callsmith evaluate report"
SCHEMA: Final = 1
FIGURES: Final = "report.json"

Told = Callable[[str], None]


class Section(StrEnum):
    """The parts of the report that can be measured alone."""

    APIBENCH = "apibench"
    RETRIEVAL = "retrieval"
    SERVICE = "service"
    HELD_OUT = "heldout"


MEASURED: Final = (Section.APIBENCH, Section.RETRIEVAL, Section.SERVICE)
"""What is measured when nothing is said: all but what is opened once."""


def command_of(section: Section) -> str:
    """The command that measures one part again."""
    return f"{COMMAND} --heldout" if section is Section.HELD_OUT else f"{COMMAND} --only {section.value}"


def kept(section: Section, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of a part, with how and on what they were measured."""
    return records.described(command_of(section), figures)


def read_figures(folder: Path) -> dict[str, Any]:
    """What the report's file holds; nothing where there is none.

    Raises:
        EvaluationDataError: when it is damaged or of another version.
    """
    path = folder / FIGURES
    try:
        found: Any = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, orjson.JSONDecodeError) as exc:
        raise EvaluationDataError(f"can't read {str(path)!r}: {exc}; measure anew with `{COMMAND}`") from exc
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise EvaluationDataError(
            f"{str(path)!r} is no report of schema {SCHEMA}; move it away and measure anew with `{COMMAND}`"
        )
    return found


def keep(folder: Path, section: Section, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Put a part into the report's file beside the others; all that it holds then.

    Raises:
        EvaluationDataError, StorageError: when the file can't be read or written.
    """
    parts = dict(read_figures(folder).get("parts", {}))
    parts[section.value] = kept(section, figures)
    ordered = {name.value: parts[name.value] for name in Section if name.value in parts}
    records.write(folder, FIGURES.removesuffix(".json"), {"schema": SCHEMA, "parts": ordered})
    return read_figures(folder)


class OnBenchmarks:
    """APIBench's docs with their indexes, embedded once for each hub and for all together."""

    def __init__(self, data: Path, runtime: Runtime, encoder: Encoder, told: Told) -> None:
        self.data = data
        self.benchmarks = read_benchmarks(data)
        self._runtime = runtime
        self._told = told
        everything = [doc for benchmark in self.benchmarks for doc in benchmark.catalogue.docs]
        self.together = Catalogue(everything)
        told(f"embedding {len(everything)} docs of APIBench")
        self._encoder = encoder
        self._all = self._embedded()
        self._matrix = _matrix_of(runtime)
        self._judge = judge_of(runtime)

    def _embedded(self) -> Index:
        """The index of all docs; it is kept beside the service's, for embedding takes minutes."""
        version = index_version(self.together.version, self._encoder.name)
        folder = self._runtime.settings.var / "evaluation" / version
        if not folder.exists():
            index = build_index(self.together, self._encoder)
            save_index(index, folder, self.together.version, self._encoder.name)
        return open_index(folder, self.together, self._encoder)

    def searcher(
        self, catalogue: Catalogue, backend: Bm25Backend = Bm25Backend.BM25S, *, trained: bool = True
    ) -> Searcher:
        """Ranks some of the docs; with the configured matrix and the judge, unless it is not to be."""
        matrix, judge = (self._matrix, self._judge) if trained else (None, None)
        index: Index = build_index(catalogue, self._encoder, previous=self._all, matrix=matrix)
        return Searcher(catalogue, index, self._encoder, backend, judge=judge)

    def answers(self) -> dict[str, Any]:
        """The figures of `Section.APIBENCH`."""
        labels, systems = [], []
        for benchmark in self.benchmarks:
            labels.append(label_figures(benchmark))
            searcher = self.searcher(benchmark.catalogue)
            responses = published_responses(self.data, benchmark.hub)
            systems += system_figures(benchmark, responses, searcher, ways(), self._told)
        return {"labels": labels, "systems": systems}

    def rankings(self) -> dict[str, Any]:
        """The figures of `Section.RETRIEVAL`."""
        exams = [exam_of(one.hub.value, one.catalogue, one) for one in self.benchmarks]
        exams.append(exam_of(ALL_HUBS, self.together, *self.benchmarks))
        found = []
        for exam in exams:
            for name, rank, trained in self._ranks(exam):
                self._told(f"{exam.name}: ranking by {name}")
                taught = self._runtime.served.catalogue if self._matrix is not None else None
                found.append(ranking_figures(exam, name, rank, taught, trained))
        return {"rankings": found, "matrix": self._matrix.version if self._matrix is not None else None}

    def _ranks(self, exam: Exam) -> Iterable[tuple[str, Rank, bool]]:
        plain = self.searcher(exam.catalogue, trained=False)
        baseline = self.searcher(exam.catalogue, Bm25Backend.RANK_BM25, trained=False)
        yield AS_PUBLISHED, as_published(exam.benchmarks), False
        yield "bm25 (rank-bm25)", by_searcher(baseline, RetrieverName.BM25), False
        yield "bm25 (bm25s)", by_searcher(plain, RetrieverName.BM25), False
        yield "dense", by_searcher(plain, RetrieverName.DENSE), False
        yield "hybrid", by_searcher(plain, RetrieverName.HYBRID), False
        turned = self.searcher(exam.catalogue)
        if self._matrix is not None:
            yield "dense, with the matrix", by_searcher(turned, RetrieverName.DENSE), True
            yield "hybrid, with the matrix", by_searcher(turned, RetrieverName.HYBRID), True
        elif self._judge is not None:
            for quality in (Quality.BALANCED, Quality.BEST):
                yield f"hybrid, judged, {quality}", by_searcher(turned, RetrieverName.HYBRID, quality), True


def service_figures(runtime: Runtime, told: Told) -> dict[str, Any]:
    """The figures of `Section.SERVICE`: the service as it is configured, asked without a hub.

    Every figure is of the reporting halves, on which nothing was chosen; near misses are told of both, too.
    """
    every = question_sets()
    reporting = [one for one in every if one.half is Half.REPORTING]
    served = [one for one in reporting if one.part is Part.SERVED]
    told(f"asking {len(every)} questions")
    asked = ask(runtime, reporting)
    answered = [one for one in asked if one.question.part is Part.SERVED]
    more_near = [one for one in every if one.part is Part.NEAR_MISS and one.half is not Half.REPORTING]
    return {
        "catalogue": runtime.served.catalogue.version,
        "docs": len(runtime.served.catalogue),
        "ways": _by_way(runtime, reporting, asked, told),
        "language": {**answers.by_language(answered), **_other_languages(runtime, told)},
        "domain": answers.by_domain(answered),
        "confusions": answers.confusions(answers.domain_pairs(answered)),
        "depth": answers.by_depth(
            [str(one.domain) for one in served], first_domains(runtime, served), FIRST_HITS
        ),
        "near_misses_of_both_halves": answers.no_match(
            [*(one for one in asked if one.question.part is Part.NEAR_MISS), *ask(runtime, more_near)]
        )["near_misses_refused"],
        "failures": answers.failures(one for one in asked if one.question.part is not Part.NEAR_MISS),
    }


def judge_of(runtime: Runtime) -> Judge | None:
    """The judge that the service searches with, None where it has none."""
    searcher = runtime.served.searcher
    return searcher.judge if isinstance(searcher, Searcher) else None


def _other_languages(runtime: Runtime, told: Told) -> dict[str, Any]:
    """The bank's rows in other languages, asked, or where there is a judge its card's figures of folds.

    It was taught them: to ask it would say nothing.
    """
    if judge_of(runtime) is None:
        bank = bank_questions()
        told(f"asking {len(bank)} instructions of the bank in other languages")
        return answers.by_language(ask(runtime, bank))
    path = (runtime.settings.judge or SHIPPED).parent / CARD
    try:
        figures = orjson.loads(path.read_bytes())["figures"]
        return {
            language: answers.of_folds(int(found["served"]), found["first"], found["shown"])
            for language, found in figures.items()
            if language != "en"
        }
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise EvaluationDataError(
            f"can't read the judge's card {str(path)!r} ({type(exc).__name__}: {exc}), which says how "
            "well it does in other languages; make the judge anew with `callsmith finetune judge`"
        ) from exc


def _by_way(
    runtime: Runtime, reporting: Sequence[Question], default: Sequence[Asked], told: Told
) -> list[dict[str, Any]]:
    """Accuracy, latency, no match and calibration of each way to ask."""
    found = []
    for name, fields in ways().items():
        told(f"asking by {name}")
        asked = default if name == DEFAULT else ask(runtime, reporting, fields)
        served = [one for one in asked if one.question.part is Part.SERVED]
        judged = [one for one in asked if one.question.part is not Part.NEAR_MISS]
        figures = {"way": name, **answers.accuracy(served), **answers.latency(served)}
        figures |= {"no_match": answers.no_match(asked), "calibration": answers.calibration(judged)}
        found.append(figures)
    return found


def held_out_figures(runtime: Runtime, path: Path = HELD_OUT) -> dict[str, Any]:
    """The figures of `Section.HELD_OUT`; its instructions stay where they are.

    Raises:
        EvaluationDataError: when the file can't be read.
    """
    questions = held_out_questions(read_heldout(path))
    found = []
    for name, fields in asked_ways().items():
        asked = ask(runtime, questions, fields)
        calibrated = answers.calibration(asked)
        found.append({"way": name, **answers.accuracy(asked), "calibration": calibrated})
    return {"catalogue": runtime.served.catalogue.version, "rows": len(questions), "ways": found}


def _matrix_of(runtime: Runtime) -> Any:
    """The matrix that the service is configured with, None where it has none."""
    from retriever.query_matrix import read_query_matrix  # noqa: PLC0415 - only where one is set

    path = runtime.settings.retriever_matrix
    return None if path is None else read_query_matrix(path)
