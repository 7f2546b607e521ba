"""Whether the process lives, and what it would answer with."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version

from fastapi import APIRouter, Response

from service.deps import RuntimeDep
from service.generators.vllm import VllmGenerator
from service.routes.common import as_json
from service.runtime import Runtime
from service.schemas import EngineReadiness, Health, Readiness
from service.standing import readiness

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
    return as_json(readiness(runtime, engine_state(runtime)))


def engine_state(runtime: Runtime) -> EngineReadiness | None:
    """How the engine is; None where none is set."""
    if not isinstance(runtime.engine, VllmGenerator):
        return None
    return EngineReadiness(model=runtime.engine.model, **asdict(runtime.engine.breaker.state))
