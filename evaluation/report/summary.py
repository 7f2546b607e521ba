"""The report in short, for a running service: `summary.json`, in the shape that the service reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evaluation.report.content import Code, Inline, Plot, Table
from service.evaluated import EvaluationReport, Figure, MeasuredPart, PlotInfo


def summary_of(title: str, short: Table, plots: Iterable[Plot], parts: Mapping[str, Any]) -> bytes:
    """The summary as it is written: the table that stands first, the plots, and how all was measured."""
    found = EvaluationReport(
        title=title,
        caption=short.caption,
        figures=tuple(Figure(what=what, value=value, beside=beside) for what, value, beside in _plain(short)),
        plots=tuple(PlotInfo(name=one.name, caption=one.caption, alt=one.alt) for one in plots),
        parts=tuple(
            MeasuredPart(
                part=name,
                measured=part["measured"],
                command=part["command"],
                machine=f"{part['machine']['processor']}, {part['machine']['cores']} cores",
            )
            for name, part in parts.items()
        ),
    )
    return found.model_dump_json(indent=2).encode() + b"\n"


def _plain(table: Table) -> list[list[str]]:
    return [[_text(cell) for cell in row] for row in table.rows]


def _text(cell: Inline) -> str:
    return cell.text if isinstance(cell, Code) else cell
