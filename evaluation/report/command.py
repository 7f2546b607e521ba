"""What `callsmith evaluate report` does: measure what is asked for, keep it, write the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api_docs.errors import EvaluationDataError
from evaluation.report.benchmarks import VARIABLE
from evaluation.report.measuring import (
    MEASURED,
    OnBenchmarks,
    Section,
    Told,
    held_out_figures,
    keep,
    service_figures,
)
from evaluation.report.pages import write_pages
from retriever.embedding import load_encoder
from service.runtime import Runtime, open_runtime
from service.settings import Settings

REPORT: Final = Path(__file__).parent.parent / "results" / "report"
_OF_DATA: Final = frozenset({Section.APIBENCH, Section.RETRIEVAL})


def report(
    settings: Settings, data: Path | None, folder: Path, sections: Sequence[Section], told: Told
) -> list[Path]:
    """Measure these sections, the usual ones if none is named, and write the pages; the pages' paths.

    Each section is kept as soon as it is measured; those that are not measured stay as they were.

    Raises:
        EvaluationDataError: when data that is needed is missing.
        CallsmithError: when the service can't be opened as it is configured.
    """
    wanted = list(sections) or list(MEASURED)
    if data is None and not _OF_DATA.isdisjoint(wanted):
        raise EvaluationDataError(
            f"{' and '.join(one.value for one in wanted if one in _OF_DATA)} need APIBench's files; name "
            f"their folder with --data or {VARIABLE}, or measure without them: --only service"
        )
    runtime = open_runtime(settings)
    try:
        _measure(runtime, data, folder, wanted, told)
    finally:
        runtime.close()
    return write_pages(folder)


def _measure(
    runtime: Runtime, data: Path | None, folder: Path, wanted: Sequence[Section], told: Told
) -> None:
    # What times requests comes first, before anything big is in memory.
    if Section.SERVICE in wanted:
        keep(folder, Section.SERVICE, service_figures(runtime, told))
    if Section.HELD_OUT in wanted:
        told("opening the held-out instructions")
        keep(folder, Section.HELD_OUT, held_out_figures(runtime))
    if data is not None and not _OF_DATA.isdisjoint(wanted):
        bench = OnBenchmarks(data, runtime, load_encoder(runtime.settings.embedding_model), told)
        if Section.APIBENCH in wanted:
            keep(folder, Section.APIBENCH, bench.answers())
        if Section.RETRIEVAL in wanted:
            keep(folder, Section.RETRIEVAL, bench.rankings())
