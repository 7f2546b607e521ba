"""Whether the process lives, and what it would answer with."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version

from fastapi import APIRouter, Response

from service.deps import RuntimeDep
from service.generators.vllm import VllmGenerator
from service.routes.common import as_json
from service.runtime import Runtime
from service.schemas import EngineReadiness, Health, IndexReadiness, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health, summary="Is the process alive?")
async def healthz() -> Response:
    """Answers as long as the process does."""
    return as_json(Health(status="ok", version=version("callsmith")))


@router.get("/readyz", response_model=Readiness, summary="What would it answer with?")
async def readyz(runtime: RuntimeDep) -> Response:
    """Answers 200 once the index is open: no worker takes a connection before.

    An engine that is down doesn't make the service unready, for `grounded` stands in: the status is
    `degraded` then, and `engine.problem` says why.
    """
    served, engine = runtime.served, _engine(runtime)
    return as_json(
        Readiness(
            status="degraded" if engine is not None and engine.up is False else "ready",
            generator=runtime.automatic,
            index=IndexReadiness(
                version=served.version,
                docs=len(served.catalogue),
                hubs=served.catalogue.hubs,
                opened_at=served.opened_at,
                problem=runtime.watch_problem,
            ),
            engine=engine,
        )
    )


def _engine(runtime: Runtime) -> EngineReadiness | None:
    if not isinstance(runtime.engine, VllmGenerator):
        return None
    return EngineReadiness(model=runtime.engine.model, **asdict(runtime.engine.breaker.state))
