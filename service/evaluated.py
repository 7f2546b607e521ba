"""The evaluation report as a running service shows it: its figures in short, and its plots.

Reads `summary.json` and `plots/`, which `callsmith evaluate report` writes. Measures nothing itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api_docs.errors import NotFound
from service.settings import Settings

SHIPPED: Final = Path(__file__).resolve().parent.parent / "evaluation" / "results" / "report"
"""Beside this package, in a checkout and where it is installed."""
SUMMARY: Final = "summary.json"
PLOTS: Final = "plots"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Frozen):
    """One figure as the report writes it, and what it is to be compared with."""

    what: str
    value: str
    beside: str


class PlotInfo(_Frozen):
    """One picture; `alt` says in words what it shows."""

    name: Annotated[str, Field(pattern="^[a-z0-9-]+$", description="`GET /report/plots/{name}` draws it.")]
    caption: str
    alt: str


class MeasuredPart(_Frozen):
    """How and on what a part of the report was measured."""

    part: str
    measured: str
    command: str
    machine: str


class EvaluationReport(_Frozen):
    """How good the answers are: the figures in short, and what else the report draws."""

    schema_version: Literal[1] = 1
    title: str
    caption: str
    figures: tuple[Figure, ...]
    plots: tuple[PlotInfo, ...]
    parts: tuple[MeasuredPart, ...]


def read_report(settings: Settings) -> EvaluationReport:
    """The report.

    Raises:
        NotFound: when there is none, or it can't be read.
    """
    path = _folder(settings) / SUMMARY
    try:
        return EvaluationReport.model_validate_json(path.read_bytes())
    except FileNotFoundError as exc:
        raise NotFound(
            f"there is no evaluation report in {str(path.parent)!r}; `callsmith evaluate report` measures "
            "one, CALLSMITH_REPORT names its folder"
        ) from exc
    except (OSError, ValidationError) as exc:
        raise NotFound(
            f"{str(path)!r} is no evaluation report that can be read; `callsmith evaluate report --page-only`"
            " writes it anew"
        ) from exc


def read_plot(settings: Settings, name: str) -> bytes:
    """A plot that the report names, as SVG.

    Raises:
        NotFound: when the report names none such, or it is gone.
    """
    if name in {plot.name for plot in read_report(settings).plots}:
        path = _folder(settings) / PLOTS / f"{name}.svg"
        try:
            return path.read_bytes()
        except OSError as exc:
            raise NotFound(f"the report's plot {name!r} is gone from {str(path.parent)!r}") from exc
    raise NotFound(f"the report has no plot {name[:80]!r}; GET /report lists those that it has")


def _folder(settings: Settings) -> Path:
    return settings.report or SHIPPED
