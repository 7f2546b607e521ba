"""Whether the process lives, and whether it would answer."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Response

from service.deps import RuntimeDep
from service.routes.common import as_json
from service.schemas import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health, summary="Is the process alive?")
async def healthz() -> Response:
    """Answers as long as the process does."""
    return as_json(Health(status="ok", version=version("callsmith")))


@router.get("/readyz", response_model=Readiness, summary="What would it answer with?")
async def readyz(runtime: RuntimeDep) -> Response:
    """Answers once the index is open: no worker takes a connection before."""
    served = runtime.served
    return as_json(
        Readiness(
            status="ready",
            index_version=served.version,
            docs=len(served.catalogue),
            hubs=served.catalogue.hubs,
            generator=runtime.automatic,
        )
    )
