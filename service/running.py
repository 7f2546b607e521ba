"""A request that is being worked on: its events as they come, and its end when nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import anyio
from fastapi import Request

from service.events import Event
from service.pipeline import generate_call
from service.runtime import Runtime
from service.schemas import GenerateRequest, GenerateResponse

_Result = TypeVar("_Result")


class Running:
    """The pipeline at work on a request, in a task of its own.

    `begin` waits until something is found, so that what is wrong with the request is raised before an answer
    has begun. Then `events` are what it tells, and last its response, or the exception that ended it.
    """

    def __init__(self, request: GenerateRequest, runtime: Runtime, request_id: str) -> None:
        self._told: asyncio.Queue[Event | GenerateResponse | Exception] = asyncio.Queue()
        self._task = asyncio.create_task(self._work(request, runtime, request_id))

    @classmethod
    async def begin(cls, request: GenerateRequest, runtime: Runtime, request_id: str) -> Running:
        """Start the work; raises as `generate_call` does where it ends before anything was found."""
        running = cls(request, runtime, request_id)
        try:
            first = await running._told.get()
        except BaseException:
            await running.stop()
            raise
        if isinstance(first, Exception):
            raise first
        running._first = first
        return running

    _first: Event | GenerateResponse

    async def events(self) -> AsyncIterator[Event | GenerateResponse | Exception]:
        """What is told, to the end. Whoever stops listening stops the work."""
        try:
            told: Event | GenerateResponse | Exception = self._first
            while True:
                yield told
                if isinstance(told, GenerateResponse | Exception):
                    return
                told = await self._told.get()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """End the work, if it still goes on; the engine is told."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _work(self, request: GenerateRequest, runtime: Runtime, request_id: str) -> None:
        try:
            response = await generate_call(request, runtime, request_id, self._told.put_nowait)
        except Exception as exc:
            self._told.put_nowait(exc)
        else:
            self._told.put_nowait(response)


async def while_client_waits(request: Request, work: Callable[[], Awaitable[_Result]]) -> _Result | None:
    """What the work gives, or None where the client left and the work was cancelled: nobody would read it."""
    with anyio.CancelScope() as waiting:
        leaving = asyncio.create_task(_cancel_when_left(request, waiting))
        try:
            return await work()
        finally:
            leaving.cancel()
    return None


async def _cancel_when_left(request: Request, waiting: anyio.CancelScope) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    waiting.cancel()
