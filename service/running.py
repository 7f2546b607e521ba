"""A request that is being worked on: its events as they come, and its end when nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import anyio
from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

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
        """End the work, if it still goes on; the engine is told.

        Shielded: who is being cancelled would hand each further cancellation on to the work, and interrupt it
        while it lets go of the engine.
        """
        self._task.cancel()
        with anyio.CancelScope(shield=True), suppress(asyncio.CancelledError):
            await self._task

    async def _work(self, request: GenerateRequest, runtime: Runtime, request_id: str) -> None:
        try:
            response = await generate_call(request, runtime, request_id, self._told.put_nowait)
        except Exception as exc:
            self._told.put_nowait(exc)
        else:
            self._told.put_nowait(response)


class EventStream(StreamingResponse):
    """A response that tells what comes of a request as it comes. Its end, whichever, is the end of the work.

    A caller may leave while a line is being sent to it. The generator of lines stands still then, and would
    not be closed before it is collected; so the work is ended here.
    """

    def __init__(self, running: Running, lines: AsyncIterator[bytes]) -> None:
        # Nothing between here and the client keeps it.
        super().__init__(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines until they end or the caller leaves."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._running.stop()


async def while_client_waits(request: Request, work: Callable[[], Awaitable[_Result]]) -> _Result | None:
    """What the work gives, or None where the client left and the work was cancelled: nobody would read it."""
    working, leaving = asyncio.ensure_future(work()), asyncio.ensure_future(_until_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        with anyio.CancelScope(shield=True):
            for task in (working, leaving):
                task.cancel()  # once: what lets go of the engine is not interrupted
            await asyncio.wait({working, leaving})


async def _until_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
