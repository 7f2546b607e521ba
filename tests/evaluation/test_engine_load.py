"""Callers of a service, and what became of their requests, against a small server in this process."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from evaluation.callers import any_number
from evaluation.engine.faults import total
from evaluation.engine.load import Came, Load, Seen, counted
from evaluation.records import table

GOOD = {"status": "verified", "generator": {"degraded": False, "reason": None}}
STOOD_IN = {"status": "verified", "generator": {"degraded": True, "reason": "the engine is down"}}
NOT_A_CALL = {"status": "unverified", "verification": {"reason": "not_a_call"}, "generator": {}}

Reply = Callable[[dict[str, Any]], tuple[int, bytes] | None]
"""Status and body for a request's JSON; None hangs up."""


@contextlib.asynccontextmanager
async def service(reply: Reply) -> AsyncIterator[Load]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            answer = reply(json.loads(await reader.readexactly(length)))
            if answer is not None:
                status, body = answer
                line = f"HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
                writer.write(line.encode() + body)
                await writer.drain()
            else:
                await reader.read(1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield Load(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", ["ask", "again"])


def asked(reply: Reply, number: int) -> Seen:
    """What a caller sees of one request; odd numbers stream."""

    async def ask() -> Seen:
        async with service(reply) as load, any_number() as client:
            await load.ask(client, number)
            [seen] = load.seen
            return seen

    return asyncio.run(ask())


def stream(*events: tuple[str, object]) -> bytes:
    return b"".join(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode() for name, data in events)


@pytest.mark.parametrize(
    ("status", "body", "came"),
    [
        (200, GOOD, Came.BY_ENGINE),
        (200, STOOD_IN, Came.DEGRADED),
        (200, NOT_A_CALL, Came.OTHER),
        (429, {}, Came.BUSY),
        (422, {}, Came.REFUSED),
        (503, {}, Came.FAILED),
    ],
)
def test_an_answer_is_what_its_status_and_body_say(status: int, body: object, came: Came) -> None:
    assert asked(lambda _: (status, json.dumps(body).encode()), 0).came is came


@pytest.mark.parametrize(
    ("body", "came"),
    [
        (stream(("hits", {}), ("text", {"text": "x"}), ("result", GOOD)), Came.BY_ENGINE),
        (stream(("hits", {}), ("result", STOOD_IN)), Came.DEGRADED),
        (stream(("hits", {}), ("error", {"error": {"code": "internal_error"}})), Came.FAILED),
        (stream(("hits", {}), ("text", {"text": "x"})), Came.LOST),
        (stream(("hits", {}), ("result", GOOD))[:-10], Came.LOST),
        (b"", Came.LOST),
    ],
)
def test_a_stream_is_what_its_last_whole_event_says(body: bytes, came: Came) -> None:
    assert asked(lambda _: (200, body), 1).came is came


def test_every_other_request_streams_and_instructions_come_in_turn() -> None:
    bodies: list[dict[str, Any]] = []

    def reply(body: dict[str, Any]) -> tuple[int, bytes]:
        bodies.append(body)
        return 200, json.dumps(GOOD).encode()

    for number in range(4):
        asked(reply, number)
    assert [body["stream"] for body in bodies] == [False, True, False, True]
    assert [body["instruction"] for body in bodies] == ["ask", "again", "ask", "again"]


def test_callers_ask_until_the_block_ends_and_every_request_is_waited_for() -> None:
    async def go_on() -> list[Seen]:
        enough = asyncio.Event()
        begun = 0

        def reply(body: dict[str, Any]) -> tuple[int, bytes]:
            nonlocal begun
            begun += 1
            if begun == 20:
                enough.set()
            return 200, stream(("result", GOOD)) if body["stream"] else json.dumps(GOOD).encode()

        async with service(reply) as load:
            load.instructions = ["only"]
            async with load.going_on(1):
                await enough.wait()
            assert len(load.seen) == begun
            return load.seen

    assert len(asyncio.run(go_on())) >= 20


def test_a_crowd_comes_at_once_and_leavers_leave() -> None:
    async def crowd() -> None:
        async with service(lambda _: (429, b"{}")) as load:
            await load.at_once(30)
            assert [one.came for one in load.seen] == [Came.BUSY] * 30
        async with service(lambda _: None) as load:
            await load.leaving(5, after=0.01)
            assert [one.came for one in load.seen] == [Came.LEFT] * 5

    asyncio.run(crowd())


def test_the_engine_s_first_answer_to_a_request_begun_since_then_is_found() -> None:
    load = Load("http://127.0.0.1:1", ["x"])
    load.seen = [
        Seen(Came.BY_ENGINE, began=1, ended=9),
        Seen(Came.DEGRADED, began=3, ended=4),
        Seen(Came.BY_ENGINE, began=5, ended=6),
    ]
    assert load.first_by_engine(2) is load.seen[2]
    assert load.first_by_engine(6) is None


def test_counts_name_every_outcome_and_what_took_too_long() -> None:
    seen = [Seen(Came.BY_ENGINE, 0, 1), Seen(Came.LOST, 0, 13), Seen(Came.BY_ENGINE, 2, 4)]
    row = counted(seen, limit=12)
    assert row == {
        "requests": 3,
        "by engine": 2,
        "degraded": 0,
        "other 200": 0,
        "429": 0,
        "other 4xx": 0,
        "5xx": 0,
        "left": 0,
        "lost": 1,
        "hangs": 1,
        "max s": 13,
    }
    assert total([row, row]) == {"5xx": 0, "other 4xx": 0, "lost": 2, "hangs": 2}
    assert counted([], limit=1)["max s"] == 0


def test_rows_become_a_markdown_table() -> None:
    rows = [
        {"fault": "a|b", "max s": 1.5, "recovery s": None},
        {"fault": "c", "max s": 2, "recovery s": 0.25},
    ]
    assert table(rows) == (
        "| fault | max s | recovery s |\n| --- | --- | --- |\n| a\\|b | 1.50 | – |\n| c | 2 | 0.25 |\n"
    )
    assert table([]) == "|  |\n|  |\n"
