"""A reverse proxy between service and engine whose faults are switched on and off while requests run.

One connection carries one request: what comes back is closed, so that a fault meets every request that
begins under it, and a caller that leaves is passed on to the engine at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Final

_CUT_AFTER: Final = 400
"""Bytes of an answer, its head included, that come through before a cut."""
_CHUNK: Final = 65_536


class Fault(StrEnum):
    """What the proxy does to requests that begin now."""

    NONE = "none"
    SLOW = "slow"  # answers begin `delay` seconds late
    ERROR = "error"  # status 500
    MALFORMED = "malformed"  # status 200, and a body that is no JSON
    CUT = "cut"  # the connection ends in the middle of the answer


class FaultyProxy:
    """Listens on a loopback port; `fault` may be changed at any time. Only POST is meddled with, as probes
    of an engine that seems well are GET: the engine looks healthy, and its answers aren't."""

    def __init__(self, port_behind: int, delay: float = 5.0) -> None:
        self.fault = Fault.NONE
        self.delay = delay
        self.met = 0  # requests that met a fault
        self._behind = port_behind
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """What `CALLSMITH_ENGINE_URL` takes; raises IndexError before `running`."""
        sockets = self._server.sockets if self._server else ()
        return f"http://127.0.0.1:{sockets[0].getsockname()[1]}/v1"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[FaultyProxy]:
        """Serve; connections that are open at the end are cut."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self._server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)
            await self._server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            await _close(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await _read_request(reader)
            fault = self.fault if request.startswith(b"POST") else Fault.NONE
            self.met += fault is not Fault.NONE
            match fault:
                case Fault.ERROR:
                    writer.write(_response(b"500 Internal Server Error", b'{"error": {"message": "broken"}}'))
                case Fault.MALFORMED:
                    writer.write(_response(b"200 OK", b'{"choices": [{"text": "<<<dom'))
                case _:
                    await self._pass_on(request, fault, reader, writer)

    async def _pass_on(
        self, request: bytes, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """To the engine and back, until either side leaves."""
        try:
            behind, ahead = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError:
            return  # nobody is there: close, as an engine that died does
        try:
            ahead.write(request)
            answered = asyncio.create_task(self._bring_back(behind, writer, fault))
            left = asyncio.create_task(reader.read(1))  # nothing more comes, until the caller leaves
            await asyncio.wait({answered, left}, return_when=asyncio.FIRST_COMPLETED)
            for task in (answered, left):
                task.cancel()
            await asyncio.gather(answered, left, return_exceptions=True)
        finally:
            await _close(ahead)

    async def _bring_back(
        self, behind: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault
    ) -> None:
        if fault is Fault.SLOW:
            await asyncio.sleep(self.delay)
        left = _CUT_AFTER if fault is Fault.CUT else None
        while part := await behind.read(_CHUNK):
            writer.write(part[:left])
            await writer.drain()
            if left is not None and (left := left - len(part)) <= 0:
                return


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """Head and body, told to close the connection afterwards."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"connection:")]
    length = next(
        (int(line.split(b":")[1]) for line in kept if line.lower().startswith(b"content-length:")), 0
    )
    body = await reader.readexactly(length)
    return b"\r\n".join([first, *kept, b"connection: close"]) + b"\r\n\r\n" + body


def _response(status: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 " + status + b"\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return head + b"content-length: " + str(len(body)).encode() + b"\r\n\r\n" + body


async def _close(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.close()
        await writer.wait_closed()
