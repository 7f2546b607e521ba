"""Watch over the engine while nobody asks it, so that no request has to be the trial after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from service.generators.breaker import Circuit
from service.generators.vllm import VllmGenerator

_WHILE_OPEN: Final = 0.5
"""Seconds between looks at whether the engine's rest is over."""


@asynccontextmanager
async def monitored(engine: object, every: float) -> AsyncIterator[None]:
    """Probe an engine every so many seconds, and all the time while it is left alone; others are let be."""
    if not isinstance(engine, VllmGenerator):
        yield
        return
    engine.breaker.trials_reserved = True
    watching = asyncio.create_task(_watch(engine, every))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        engine.breaker.trials_reserved = False


async def _watch(engine: VllmGenerator, every: float) -> None:
    while True:
        await engine.probe()
        is_open = engine.breaker.state.circuit is not Circuit.CLOSED
        await asyncio.sleep(min(every, _WHILE_OPEN) if is_open else every)
