"""How the service stands and how good it is, for people: `/status`, and the evaluation report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from service import evaluated
from service.deps import RuntimeDep
from service.evaluated import EvaluationReport
from service.routes.common import as_json, documented
from service.routes.files import answer_file
from service.routes.health import engine_state
from service.standing import Standing, standing

router = APIRouter(tags=["status"])

_TAME = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
_DRAWING = {"image/svg+xml": {"schema": {"type": "string"}, "example": "<svg …"}}


@router.get("/status", response_model=Standing, responses=documented(401, 429), summary="How does it stand?")
def status(runtime: RuntimeDep) -> Response:
    """Index and catalogue with their ages and counts, the engine, and the last refresh."""
    return as_json(standing(runtime, engine_state(runtime)))


@router.get(
    "/report",
    response_model=EvaluationReport,
    responses=documented(401, 404, 429),
    summary="How good are the answers?",
)
def report(runtime: RuntimeDep) -> Response:
    """The figures of the evaluation report in short, and its plots by name."""
    return as_json(evaluated.read_report(runtime.settings))


@router.get(
    "/report/plots/{name}",
    response_class=Response,
    responses=documented(401, 404, 422, 429) | {200: {"description": "The plot.", "content": _DRAWING}},
    summary="A plot of the report",
)
def plot(name: Annotated[str, Path(examples=["systems"])], request: Request, runtime: RuntimeDep) -> Response:
    """A plot as SVG; it may run no script wherever it is opened."""
    return answer_file(evaluated.read_plot(runtime.settings, name), "image/svg+xml", _TAME, request)
