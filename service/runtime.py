"""What a running service holds: settings, what is served, the generators."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from service import var
from service.generators.base import Generator
from service.generators.breaker import CircuitBreaker
from service.generators.grounded import GroundedGenerator
from service.generators.vllm import VllmGenerator
from service.schemas import GenerateResponse, GeneratorChoice, SearchResponse
from service.served import DocSearcher, Served
from service.settings import Settings

_Result = TypeVar("_Result")


class Runtime:
    """Everything that requests share; made once per process.

    `engine` is the generator behind `vllm`, None where no engine is set. `answered` is told every response.
    `follows` says whether it takes up what is published later, and `watch_problem` why it could not the last
    time, None where it could.
    """

    def __init__(
        self,
        settings: Settings,
        searcher: DocSearcher,
        engine: Generator | None = None,
        grounded: Generator | None = None,
    ) -> None:
        self.settings = settings
        self.served = Served(searcher)
        self.engine = engine
        self.grounded = grounded or GroundedGenerator()
        self.follows = False
        self.watch_problem: str | None = None
        self.answered: Callable[[GenerateResponse | SearchResponse], None] = lambda _: None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()

    @property
    def automatic(self) -> GeneratorChoice:
        """What `auto` means here."""
        return GeneratorChoice.GROUNDED if self.engine is None else GeneratorChoice.VLLM

    def run(self, work: Callable[..., Coroutine[Any, Any, _Result]], *arguments: object) -> _Result:
        """Await something of this runtime from a thread without an event loop; many threads may."""
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(self._loop,), name="callsmith", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(work(*arguments), self._loop).result()

    async def aclose(self) -> None:
        """Let go of connections."""
        if isinstance(self.engine, VllmGenerator):
            await self.engine.close()

    def close(self) -> None:
        """Let go of connections, and of the event loop of `run`."""
        self.run(self.aclose)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def open_runtime(settings: Settings, progress: Callable[[int, int], None] | None = None) -> Runtime:
    """Open what the settings name; the index is built where there is none.

    Raises:
        CallsmithError: when something that is needed is damaged, missing or wrong.
    """
    runtime = Runtime(settings, var.open_searcher(settings, progress), engine_of(settings))
    runtime.follows = True
    return runtime


def engine_of(settings: Settings) -> VllmGenerator | None:
    """The generator behind `vllm`, None where no engine is set."""
    if settings.engine_url is None:
        return None
    return VllmGenerator(
        settings.engine_url,
        model=settings.engine_model,
        key=settings.engine_key,
        timeout=settings.engine_timeout,
        retries=settings.engine_retries,
        concurrency=max(1, settings.engine_concurrency // settings.workers),
        breaker=CircuitBreaker(settings.engine_failures),
    )
