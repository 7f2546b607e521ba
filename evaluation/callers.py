"""Callers that keep asking a service while something else happens to it.

What they ask, and what became of it, is the business of whoever gives them their question.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import httpx2

PATIENCE: Final = 120.0
"""Seconds after which a caller gives up; far beyond what the service may take."""

Ask = Callable[[httpx2.AsyncClient, int], Awaitable[None]]
"""Makes the request of a number, which counts over all callers, and keeps what came of it."""


@contextlib.asynccontextmanager
async def going_on(ask: Ask, callers: int) -> AsyncIterator[None]:
    """Keep that many callers asking while the block runs; every request is waited for at the end."""
    over = asyncio.Event()
    numbers = itertools.count()

    async def keep_asking(client: httpx2.AsyncClient) -> None:
        while not over.is_set():
            await ask(client, next(numbers))

    async with any_number() as client, asyncio.TaskGroup() as tasks:
        for _ in range(callers):
            tasks.create_task(keep_asking(client))
        try:
            yield
        finally:
            over.set()


def any_number() -> httpx2.AsyncClient:
    """A client with as many connections as callers want, each for one request: so every worker is asked."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx2.AsyncClient(timeout=PATIENCE, limits=limits)
