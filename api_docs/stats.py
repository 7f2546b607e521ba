"""How many API docs a catalogue has, of what, and how complete they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HubStats(_Frozen):
    """One hub. `calls` counts distinct calls, `domains` docs by domain, most first; the rest, docs that
    have such a fact."""

    docs: int
    calls: int
    dead: int
    with_license: int
    with_performance: int
    with_source_url: int
    domains: dict[str, int]


class CatalogueStats(_Frozen):
    """A whole catalogue, and each of its hubs."""

    version: str
    docs: int
    calls: int
    domains: int
    aliases: int
    hubs: dict[str, HubStats]


def stats_of(catalogue: Catalogue) -> CatalogueStats:
    """Count a catalogue."""
    return CatalogueStats(
        version=catalogue.version,
        docs=len(catalogue),
        calls=len({entry.identity for entry in catalogue.entries}),
        domains=len({doc.domain for doc in catalogue.docs}),
        aliases=len(catalogue.aliases),
        hubs={hub: _hub_stats(catalogue, hub) for hub in catalogue.hubs},
    )


def _hub_stats(catalogue: Catalogue, hub: str) -> HubStats:
    docs: Sequence[ApiDoc] = [doc for doc in catalogue.docs if doc.hub == hub]
    return HubStats(
        docs=len(docs),
        calls=len({entry.identity for entry in catalogue.entries if entry.doc.hub == hub}),
        dead=sum(not doc.alive for doc in docs),
        with_license=sum(doc.license is not None for doc in docs),
        with_performance=sum(bool(doc.performance) for doc in docs),
        with_source_url=sum(doc.source_url is not None for doc in docs),
        domains=dict(Counter(doc.domain.value for doc in docs).most_common()),
    )
