"""How the service stands, in one look: what is served and how old it is, the engine, the last refresh."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api_docs.domains import Domain
from retriever.hits import Quality
from service.refresh.report import LatestSource, Result, read_latest
from service.runtime import Runtime
from service.schemas import EngineReadiness, IndexReadiness, Readiness
from service.served import Served
from service.settings import Settings


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HubCounts(_Frozen):
    """What a hub has."""

    hub: str
    docs: int
    dead: Annotated[int, Field(description="Docs whose source is gone.")]
    domains: Annotated[dict[Domain, int], Field(description="Docs by domain.")]


class CatalogueState(_Frozen):
    """The catalogue that the index was built from."""

    version: str
    created: Annotated[datetime | None, Field(description="When it was written; null where nobody noted it.")]
    hubs: tuple[HubCounts, ...]


class LastRefresh(_Frozen):
    """The last run of the nightly job, and the last that was a success."""

    started: datetime
    result: Result
    succeeded: Annotated[datetime | None, Field(description="When the last success ended.")]
    seconds: Annotated[float | None, Field(description="What the last success took.")]
    sources: dict[str, LatestSource]


class Standing(Readiness):
    """`/readyz` and what people want to know besides."""

    callsmith: Annotated[str, Field(description="The version of Callsmith.")]
    quality: Annotated[Quality, Field(description="How `hybrid` ranks where a request doesn't say.")]
    catalogue: CatalogueState
    refresh: Annotated[LastRefresh | None, Field(description="Null where none ever ran here.")]


def readiness(runtime: Runtime, engine: EngineReadiness | None) -> Readiness:
    """What the service would answer with."""
    served = runtime.served
    return Readiness(
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


def standing(runtime: Runtime, engine: EngineReadiness | None) -> Standing:
    """How it stands now."""
    served = runtime.served
    return Standing(
        **dict(readiness(runtime, engine)),
        callsmith=version("callsmith"),
        quality=runtime.settings.quality,
        catalogue=CatalogueState(
            version=served.catalogue.version,
            created=served.catalogue.created,
            hubs=_counted(served),
        ),
        refresh=_last_refresh(runtime.settings),
    )


def _counted(served: Served) -> tuple[HubCounts, ...]:
    return tuple(
        HubCounts(hub=hub, docs=sum(counts.values()), dead=served.dead[hub], domains=counts)
        for hub, counts in served.counts.items()
    )


def _last_refresh(settings: Settings) -> LastRefresh | None:
    latest = read_latest(settings)
    if latest is None:
        return None
    return LastRefresh(
        started=latest.started,
        result=latest.result,
        succeeded=latest.succeeded,
        seconds=latest.seconds,
        sources=dict(latest.sources),
    )
