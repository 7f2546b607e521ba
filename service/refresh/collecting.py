"""Ask every source on its own: what one of them fails with stops no other.

Each has a folder and a cache that outlast the run, a time limit of its own, and no token but those of the
hosts that it may ask.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

from api_docs.errors import CallsmithError
from api_docs.files import translated
from api_docs.models import Hub
from api_docs.refresh.merging import Failed
from api_docs.upstreams.base import Collected, Upstream
from api_docs.upstreams.client import Client
from service.logs import SERVICE
from service.refresh.report import Requests
from service.refresh.upstreams import token_variables, tokens_in
from service.settings import Settings

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, in all)."""

_OURS = frozenset(Hub)

service_log = logging.getLogger(SERVICE)


@runtime_checkable
class HasTokens(Protocol):
    """An upstream that brings tokens of its own, by host, and the names of the variables that hold them."""

    @property
    def tokens(self) -> Mapping[str, SecretStr]:
        """Bearer tokens."""
        ...

    @property
    def variables(self) -> Mapping[str, str]:
        """Names of environment variables, for messages."""
        ...


@dataclass(frozen=True, slots=True)
class Collection:
    """What a source brought, or why it brought nothing, and what it was asked."""

    found: Collected | Failed
    requests: Requests
    seconds: float


def collect(
    settings: Settings, upstreams: Sequence[Upstream], progress: Progress, step: Callable[[str], None]
) -> dict[str, Collection]:
    """Ask the sources one after the other; by hub."""
    found = {}
    for upstream in upstreams:
        found[upstream.hub] = _collect_one(settings, upstream, progress)
        step(f"collected {upstream.hub}")
    return found


def _collect_one(settings: Settings, upstream: Upstream, progress: Progress) -> Collection:
    began = time.monotonic()
    requests = Requests()
    title = f"collecting {upstream.hub}"
    progress(title, 0, 0)
    try:
        folder = settings.var / "refresh" / "sources" / upstream.hub
        with translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        client = _client(settings, upstream)
        try:
            found: Collected | Failed = upstream.collect(
                client, folder, lambda done, total: progress(title, done, total)
            )
        finally:
            requests = Requests(**asdict(client.counts))
            client.close()
    except CallsmithError as exc:
        found = Failed(str(exc))
    except Exception as exc:  # whatever one source trips over, the others go on
        service_log.exception("a source failed unexpectedly", extra={"fields": {"hub": upstream.hub}})
        found = Failed(f"unexpected {type(exc).__name__}: {exc}")
    return Collection(found, requests, round(time.monotonic() - began, 2))


def _client(settings: Settings, upstream: Upstream) -> Client:
    cache = settings.var / "refresh" / "cache" / upstream.hub
    if isinstance(upstream, HasTokens):
        tokens, variables = upstream.tokens, upstream.variables
    else:
        variables = token_variables(settings) if upstream.hub in _OURS else {}
        tokens = tokens_in(os.environ, variables)
    return Client(cache, seconds=settings.refresh_seconds, tokens=tokens, variables=variables)
