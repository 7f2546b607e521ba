"""Answers as they are written, and what becomes of the engine's work when the caller leaves."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import httpx2
import pytest

from api_docs.call import parse_call
from api_docs.response import parse_response
from evaluation.engine.vllm import Vllm
from evaluation.workload import instructions
from tests.engine.conftest import SECONDS, Serve, eventually

pytestmark = pytest.mark.engine

ASKED = instructions(4, seed=6)
LONG = {"temperature": 1.0, "max_tokens": 2_000}
"""Seconds of work for the engine, mostly: random weights end at random, one time in ten within 300 tokens."""


def events(response: httpx2.Response) -> Iterator[tuple[str, dict[str, object]]]:
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.mark.smoke
def test_a_stream_tells_hits_then_text_then_the_verified_call(serve: Serve) -> None:
    body = {"instruction": ASKED[0], "stream": True, "temperature": 1.0}
    with serve().stream("POST", "/generate_call", json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        told = list(events(response))
    names = [name for name, _ in told]
    texts = [data["text"] for name, data in told if name == "text"]
    assert names == ["hits", *["text"] * len(texts), "result"]
    assert len(texts) > 3
    result = told[-1][1]
    assert result["status"] == "verified", result["verification"]
    assert result["generator"]["call_logprob"] < 0
    assert [hit["id"] for hit in told[0][1]["hits"]] == [hit["id"] for hit in result["hits"]]
    written = parse_response("".join(texts)).call
    assert written is not None
    assert parse_call(written).render() == result["call"]


def test_the_first_text_comes_before_the_last_is_written(serve: Serve, engine: Vllm) -> None:
    client = serve(constrained=False)

    def writes_on_after_the_first_text(instruction: str) -> bool:
        body = {"instruction": instruction, "stream": True, **LONG}
        with client.stream("POST", "/generate_call", json=body) as response:
            told = events(response)  # held: a generator that is thrown away closes the connection
            while next(told)[0] != "text":
                pass
            return eventually(lambda: engine.running() == 1, seconds=2)

    assert any(map(writes_on_after_the_first_text, ASKED))


@pytest.mark.parametrize("stream", [True, False], ids=["streaming", "waiting"])
@pytest.mark.parametrize("path", ["/generate_call", "/v1/chat/completions"])
def test_the_engine_stops_when_the_caller_leaves(serve: Serve, engine: Vllm, path: str, stream: bool) -> None:
    client = serve(constrained=False)

    def leaves_it_unfinished(instruction: str) -> bool:
        body: dict[str, object] = {"stream": stream, **LONG}
        if path == "/generate_call":
            body |= {"instruction": instruction}
        else:
            body |= {"model": "callsmith", "messages": [{"role": "user", "content": instruction}]}
        finished = engine.finished()
        leave = threading.Event()
        caller = threading.Thread(target=call_and_leave, args=(str(client.base_url), path, body, leave))
        caller.start()
        begun = eventually(lambda: engine.running() == 1, seconds=10)
        leave.set()
        caller.join()
        assert eventually(lambda: engine.running() == 0)
        return begun and engine.finished() == finished

    # Random weights end an answer at random, so one of them may be finished before its caller leaves.
    assert any(map(leaves_it_unfinished, ASKED))
    assert client.get("/readyz").json()["status"] == "ready"


def call_and_leave(url: str, path: str, body: dict[str, object], leave: threading.Event) -> None:
    """Send a request, and close its connection when told to."""
    address = httpx2.URL(url)
    assert address.port is not None
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    head += f"content-length: {len(content)}\r\n\r\n"
    with socket.create_connection((address.host, address.port)) as connection:
        connection.sendall(head.encode() + content)
        leave.wait(SECONDS)
