"""What the service counts, for Prometheus."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from service.metrics import Metrics
from service.middleware import header

router = APIRouter(tags=["health"])

_ONE_BY_ONE = CapacityLimiter(1)
"""Threads of its own: a service that is too busy is the one whose measures are wanted."""

_PAGE = {
    "text/plain": {
        "schema": {"type": "string"},
        "example": '# TYPE callsmith_requests_total counter\ncallsmith_requests_total{route="/search",…} 3\n',
    }
}


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus's text format.", "content": _PAGE}},
    summary="Measures, for Prometheus",
)
async def metrics(request: Request) -> Response:
    """Counters, histograms and gauges over all workers, in the text format or as OpenMetrics."""
    found: Metrics = request.app.state.metrics
    found.refresh()
    accept = header(request.scope, b"accept")
    body, content_type = await to_thread.run_sync(found.page, accept, limiter=_ONE_BY_ONE)
    return Response(body, headers={"content-type": content_type})
