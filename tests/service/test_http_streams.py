"""Server-sent events of `/generate_call`, and callers who leave, over a connection."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import anyio
import httpx2
import pytest

from api_docs.errors import GeneratorUnavailable
from retriever.prompt import Prompt
from retriever.searcher import Searcher
from service.app import create_app
from service.generators.base import Generation
from service.runtime import Runtime
from service.settings import Settings
from tests.service.conftest import Written
from tests.service.live import served

BIRDS = "tell species of birds apart on photos"
CALL = "pipeline('image-classification', model='google/vit-birds')"


class Telling(Written):
    """Writes its answer piece by piece."""

    async def generate(self, prompt: Prompt, **options: Any) -> Generation:
        generation = await super().generate(prompt, **options)
        if (tell := options.get("tell")) is not None:
            for piece in generation.text.partition("'"):
                tell(piece)
        return generation


class Waiting(Written):
    """Writes nothing until it is cancelled, and then says so."""

    def __init__(self) -> None:
        super().__init__("")
        self.asked, self.cancelled = threading.Event(), threading.Event()

    async def generate(self, prompt: Prompt, **options: Any) -> Generation:
        self.asked.set()
        try:
            await anyio.sleep_forever()
        except BaseException:
            self.cancelled.set()
            raise
        raise AssertionError


def events(searcher: Searcher, engine: Written | None, **fields: Any) -> list[tuple[str, Any]]:
    with served(create_app(Runtime(Settings(), searcher, engine))) as url:
        response = httpx2.post(
            f"{url}/generate_call", json={"instruction": BIRDS, "stream": True} | fields, timeout=30
        )
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert response.text.endswith("\n\n")
    found = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_hits_come_first_then_text_then_the_verified_result(searcher: Searcher) -> None:
    (first, hits), *texts, (last, result) = events(searcher, Telling(CALL))
    assert (first, last) == ("hits", "result")
    assert {name for name, _ in texts} == {"text"}
    assert "".join(data["text"] for _, data in texts) == CALL
    assert (result["status"], result["call"]) == ("verified", CALL)
    assert hits["hits"] == result["hits"]
    assert hits["request_id"] == result["request_id"]
    assert hits["index_version"] == result["index_version"]


def test_without_an_engine_there_is_no_text_to_wait_for(searcher: Searcher) -> None:
    assert [name for name, _ in events(searcher, None)] == ["hits", "result"]


def test_an_engine_that_dies_while_it_writes_is_stood_in_for(searcher: Searcher) -> None:
    class Dying(Telling):
        async def generate(self, prompt: Prompt, **options: Any) -> Generation:
            await super().generate(prompt, **options)
            raise GeneratorUnavailable("it died")

    *_, (name, result) = events(searcher, Dying(CALL))
    assert (name, result["status"]) == ("result", "verified")
    assert result["generator"]["degraded"]


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (GeneratorUnavailable("it is down"), "generator_unavailable", "it is down"),
        (RuntimeError("secret detail"), "internal_error", "log"),
    ],
)
def test_what_fails_after_the_hits_is_an_event(
    searcher: Searcher, failure: Exception, code: str, said: str
) -> None:
    (first, _), (last, data) = events(searcher, Written(failure), retriever="none")
    assert (first, last) == ("hits", "error")
    assert data["error"]["code"] == code
    assert said in data["error"]["message"]
    assert "secret" not in str(data)


def test_what_is_wrong_with_the_request_is_told_before_a_stream_begins(searcher: Searcher) -> None:
    with served(create_app(Runtime(Settings(), searcher))) as url:
        body = {"instruction": BIRDS, "stream": True, "hub": "nowhere"}
        response = httpx2.post(f"{url}/generate_call", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["field"] == "hub"


async def asked_and_left(url: str, stream: bool, engine: Waiting) -> None:
    """Ask, and leave as soon as the engine was asked."""
    chat = {"model": "callsmith", "messages": [{"role": "user", "content": BIRDS}]}
    body = ({"instruction": BIRDS} if url.endswith("/generate_call") else chat) | {"stream": stream}
    async with httpx2.AsyncClient(timeout=30) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: client.post(url, json=body))
        assert await anyio.to_thread.run_sync(engine.asked.wait, 30)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("path", ["/generate_call", "/v1/chat/completions"])
@pytest.mark.parametrize("stream", [True, False])
async def test_when_the_caller_leaves_the_engine_is_told(searcher: Searcher, path: str, stream: bool) -> None:
    engine = Waiting()
    with served(create_app(Runtime(Settings(), searcher, engine))) as url:
        await asked_and_left(f"{url}{path}", stream, engine)
        assert await anyio.to_thread.run_sync(engine.cancelled.wait, 30)


class Flooding(Waiting):
    """Writes more than a connection holds, then waits as `Waiting` does."""

    async def generate(self, prompt: Prompt, **options: Any) -> Generation:
        for _ in range(256):
            options["tell"]("x" * 65_536)
        return await super().generate(prompt, **options)


async def test_when_the_caller_leaves_while_text_is_being_sent_the_engine_is_told(searcher: Searcher) -> None:
    engine = Flooding()
    body = json.dumps({"instruction": BIRDS, "stream": True}).encode()
    head = "POST /generate_call HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    with served(create_app(Runtime(Settings(), searcher, engine))) as url:
        stream = await anyio.connect_tcp("127.0.0.1", int(url.rpartition(":")[2]))
        async with stream:
            await stream.send(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            assert await anyio.to_thread.run_sync(engine.asked.wait, 30)
            await stream.receive()  # a part, and no more: the rest waits to be sent
        assert await anyio.to_thread.run_sync(engine.cancelled.wait, 30)


class Closing(Waiting):
    """Takes a while to let go once it is cancelled, as closing a connection does."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = threading.Event()

    async def generate(self, prompt: Prompt, **options: Any) -> Generation:
        try:
            return await super().generate(prompt, **options)
        finally:
            for _ in range(20):
                await asyncio.sleep(0)
            self.closed.set()


@pytest.mark.parametrize("path", ["/generate_call", "/v1/chat/completions"])
@pytest.mark.parametrize("stream", [True, False])
async def test_letting_go_of_the_engine_is_not_interrupted(
    searcher: Searcher, path: str, stream: bool
) -> None:
    engine = Closing()
    with served(create_app(Runtime(Settings(), searcher, engine))) as url:
        await asked_and_left(f"{url}{path}", stream, engine)
        assert await anyio.to_thread.run_sync(engine.cancelled.wait, 30)
        assert await anyio.to_thread.run_sync(engine.closed.wait, 5)
