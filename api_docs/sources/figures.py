"""Figures of model pages' tables: which column states what, in which unit, honestly named.

An error rate stays an error rate. Columns that no rule knows (speeds on a vendor's device, training
recipes, other people's notes) are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api_docs.models import Fact
from api_docs.sources.markdown import number, quantity

# Header in lower case → metric. The first that matches the whole header wins.
_METRICS = tuple(
    (re.compile(pattern), metric)
    for pattern, metric in (
        (r"top[- ]?1[ ]?err\w*\.?", "top-1 error"),
        (r"top[- ]?5[ ]?err\w*\.?", "top-5 error"),
        (r"top[- ]?1(?: acc\w*\.?)?(?: ?\(%\))?", "top-1 accuracy"),
        (r"top[- ]?5(?: acc\w*\.?)?(?: ?\(%\))?", "top-5 accuracy"),
        (r"mean iou|m_?iou ?(?:\(%\))?", "mean IoU"),
        (r"drivable miou ?\(%\)", "drivable area mean IoU"),
        (r"lane line iou ?\(%\)", "lane line IoU"),
        (r"iou ?\(%\)", "IoU"),
        (r"global pixelwise accuracy", "pixel accuracy"),
        (r"accuracy ?\(%\)", "accuracy"),
        (r"recall ?\(%\)", "recall"),
        (r"map(?:@0\.5|50) ?\(%\)", "mAP at IoU 0.5"),
        (r"map val 50-95", "mAP"),
        (r"map val 50", "mAP at IoU 0.5"),
        (r"ap box", "AP"),
        (r"ap 50 box", "AP at IoU 0.5"),
        (r"gpu latency", "GPU latency in ms"),
        (r"cpu latency", "CPU latency in ms"),
        (r"mobile latency", "mobile latency in ms"),
    )
)
_BOTH_TOPS = re.compile(r"top-?1/top-?5")
_FACTS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"(?:total )?# ?param\w*(?:\(model\))?|number of parameters|params(?: \(m\))?", "parameters"),
        (r"flops(?: \(g\)| @\d+ \(b\))?", "flops_g"),
        (r"size \(pixels\)|resolution|crop size", "input_size"),
        (r".*model size", "size_mb"),
        (r"dimension of .*embedding", "dimensions"),
    )
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one row states: metrics as upstream gives them, and facts in our units."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)


def read_row(header: Sequence[str], row: Sequence[str], columns: Mapping[str, str] | None = None) -> Figures:
    """The figures of a row. `columns` names metrics of headers that only their own page explains."""
    metrics: dict[str, float] = {}
    facts: dict[str, Fact] = {}
    for title, cell in zip(header, row, strict=False):
        lowered = re.sub(r"\s+", " ", title).strip().lower().rstrip(".")
        if (metric := (columns or {}).get(title) or metric_of(lowered)) is not None:
            if (value := number(cell)) is not None:
                metrics.setdefault(metric, value)
        elif _BOTH_TOPS.fullmatch(lowered) and "/" in cell:
            first, second = (number(part) for part in cell.split("/", maxsplit=1))
            if first is not None and second is not None:
                metrics |= {"top-1 accuracy": first, "top-5 accuracy": second}
        else:
            facts |= _fact(lowered, cell)
    return Figures(metrics, facts)


def metric_of(header: str) -> str | None:
    """The metric that a header in lower case names, or None."""
    return next((metric for pattern, metric in _METRICS if pattern.fullmatch(header)), None)


def _fact(header: str, cell: str) -> dict[str, Fact]:
    """Parameters as a count, GFLOPs, the input's side in pixels, megabytes."""
    name = next((name for pattern, name in _FACTS if pattern.fullmatch(header)), None)
    value = quantity(cell)
    if name is None or value is None:
        return {}
    in_header = "(" in header  # the unit stands there, the cell is a bare number
    match name:
        case "flops_g":
            return {name: round(value if in_header else value / 1e9, 4)}
        case "size_mb":
            return {name: round(value / 1e6, 3)}
        case "parameters":
            return {name: round(value * 1e6 if in_header and value < 1e6 else value)}
        case _:
            # "128 - 224" is a range of sizes and no size.
            return {name: round(value)} if cell.strip().isdecimal() else {}
