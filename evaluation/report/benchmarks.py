"""APIBench's docs, rows for choosing and published responses, found in one folder of data."""

from __future__ import annotations

from pathlib import Path

from api_docs.errors import EvaluationDataError
from api_docs.models import Hub
from api_docs.sources.apibench import FILES
from evaluation.apibench import Benchmark

VARIABLE = "CALLSMITH_DATA"
"""The variable that names the folder."""


def read_benchmarks(data: Path) -> list[Benchmark]:
    """Docs and rows of the three hubs.

    Raises:
        EvaluationDataError, SourceError: when something is missing or damaged.
    """
    folder = data / "apibench"
    if not folder.is_dir():
        raise EvaluationDataError(
            f"{str(data)!r} has no folder 'apibench'; name the folder of measuring data with --data or "
            f"{VARIABLE}, or leave these parts out with --only service"
        )
    return [
        Benchmark.read(hub, folder / "api" / FILES[hub], folder / "dev" / f"{_stem(hub)}_eval_dev.jsonl")
        for hub in Hub
    ]


def published_responses(data: Path, hub: Hub) -> dict[str, Path]:
    """The files of Gorilla's published responses to a hub's rows, by the system's name."""
    prefix = f"{_stem(hub)}_gorilla_"
    found = sorted((data / "apibench" / "dev").glob(f"{prefix}*_dev.jsonl"))
    return {path.name.removeprefix(prefix).removesuffix("_dev.jsonl"): path for path in found}


def _stem(hub: Hub) -> str:
    return FILES[hub].removesuffix("_api.jsonl")
