"""The proxy between service and engine: faithful without a fault, and each fault what it says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx2
import pytest

from evaluation.engine.faulty_proxy import Fault, FaultyProxy

ANSWER = b'{"choices": []}' + b" " * 2_000
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2015\r\n\r\n"


class Engine:
    """Answers every request with `ANSWER`, and remembers requests and callers that left."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.left = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        self.bodies.append(await reader.readexactly(int(length or 0)))
        answered = asyncio.ensure_future(self.answers.wait())
        gone = asyncio.ensure_future(reader.read(1))
        done, _ = await asyncio.wait({answered, gone}, return_when=asyncio.FIRST_COMPLETED)
        if gone in done:
            self.left.set()
        else:
            writer.write(HEAD + ANSWER)
            await writer.drain()
        answered.cancel()
        gone.cancel()
        writer.close()


@contextlib.asynccontextmanager
async def proxied(delay: float = 0.0) -> AsyncIterator[tuple[FaultyProxy, Engine, httpx2.AsyncClient]]:
    engine = Engine()
    server = await asyncio.start_server(engine.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, FaultyProxy(port, delay).running() as proxy, httpx2.AsyncClient(timeout=60) as client:
        yield proxy, engine, client


def test_without_a_fault_request_and_answer_come_through_to_the_letter() -> None:
    async def ask() -> None:
        async with proxied() as (proxy, engine, client):
            answer = await client.post(f"{proxy.url}/completions", content=b'{"prompt": "x"}')
            assert (answer.status_code, answer.content) == (200, ANSWER)
            assert engine.bodies == [b'{"prompt": "x"}']
            assert engine.heads[0].startswith(b"POST /v1/completions HTTP/1.1\r\n")
            assert engine.heads[0].lower().count(b"connection:") == 1
            assert proxy.met == 0

    asyncio.run(ask())


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.MALFORMED, Fault.CUT])
def test_a_fault_meets_post_only(fault: Fault) -> None:
    async def ask() -> None:
        async with proxied() as (proxy, _, client):
            proxy.fault = fault
            assert (await client.get(f"{proxy.url}/models")).content == ANSWER
            assert proxy.met == 0

    asyncio.run(ask())


def test_an_error_is_a_500_that_the_engine_never_heard_of() -> None:
    async def ask() -> None:
        async with proxied() as (proxy, engine, client):
            proxy.fault = Fault.ERROR
            answer = await client.post(f"{proxy.url}/completions", json={})
            assert answer.status_code == 500
            assert (engine.heads, proxy.met) == ([], 1)

    asyncio.run(ask())


def test_malformed_is_200_and_no_json() -> None:
    async def ask() -> None:
        async with proxied() as (proxy, _, client):
            proxy.fault = Fault.MALFORMED
            answer = await client.post(f"{proxy.url}/completions", json={})
            assert answer.status_code == 200
            with pytest.raises(ValueError, match="JSON|Unterminated|delimiter"):
                answer.json()

    asyncio.run(ask())


def test_a_cut_ends_in_the_middle_of_the_answer() -> None:
    async def ask() -> None:
        async with proxied() as (proxy, _, client):
            proxy.fault = Fault.CUT
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.post(f"{proxy.url}/completions", json={})

    asyncio.run(ask())


def test_slow_comes_late_and_whole() -> None:
    async def ask() -> None:
        async with proxied(delay=0.05) as (proxy, _, client):
            proxy.fault = Fault.SLOW
            began = asyncio.get_running_loop().time()
            answer = await client.post(f"{proxy.url}/completions", json={})
            assert answer.content == ANSWER
            assert asyncio.get_running_loop().time() - began >= 0.05

    asyncio.run(ask())


def test_a_caller_that_leaves_is_passed_on_to_the_engine() -> None:
    async def ask() -> None:
        async with proxied() as (proxy, engine, client):
            engine.answers.clear()
            asking = asyncio.create_task(client.post(f"{proxy.url}/completions", json={}))
            while not engine.bodies:
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait_for(engine.left.wait(), 60)

    asyncio.run(ask())


def test_an_engine_that_is_not_there_is_a_closed_connection() -> None:
    async def ask() -> None:
        gone = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = gone.sockets[0].getsockname()[1]
        gone.close()
        await gone.wait_closed()
        async with FaultyProxy(port).running() as proxy, httpx2.AsyncClient() as client:
            with pytest.raises(httpx2.TransportError):
                await client.post(f"{proxy.url}/completions", json={})

    asyncio.run(ask())
