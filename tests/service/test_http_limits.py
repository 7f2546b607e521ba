"""What happens around every request: limits, HEAD, ids, the access log, crashes."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from anyio import to_thread
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Message

from retriever.searcher import Searcher
from service.app import create_app
from service.logs import ACCESS, SERVICE, JsonLines, PlainLines
from service.runtime import Runtime
from service.settings import Settings
from tests.service.conftest import Written
from tests.service.test_http_bad_input import GOOD, refused

LIMIT = 64 * 1024
BODY = json.dumps({"instruction": GOOD}).encode()


def sent(
    app: FastAPI, parts: Sequence[bytes], headers: dict[str, str], path: str = "/search"
) -> list[Message]:
    """What the application sends for a body that arrives in parts; a missing last part is a lost client."""
    messages: list[Message] = []
    waiting: Iterator[Message] = iter(
        [{"type": "http.request", "body": part, "more_body": True} for part in parts[:-1]]
        + [{"type": "http.request", "body": parts[-1], "more_body": False}]
        if parts
        else [{"type": "http.disconnect"}]
    )
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "root_path": "",
    }

    async def receive() -> Message:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(app(scope, receive, send))
    return messages


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("part", [100, 1024, 70_000])
def test_a_body_over_64_kib_is_refused_announced_or_not(runtime: Runtime, announced: bool, part: int) -> None:
    body = json.dumps({"instruction": GOOD, "x": "a" * LIMIT}).encode()
    parts = [body[start : start + part] for start in range(0, len(body), part)]
    headers = JSON | ({"content-length": str(len(body))} if announced else {})
    start, content = sent(create_app(runtime), parts, headers)
    assert start["status"] == 413
    assert json.loads(content["body"])["error"]["code"] == "body_too_large"


def test_a_body_of_64_kib_is_read(runtime: Runtime) -> None:
    body = BODY + b" " * (LIMIT - len(BODY))
    for parts in ([body], [body[:7], body[7:LIMIT], b""]):
        assert sent(create_app(runtime), parts, JSON)[0]["status"] == 200
    assert sent(create_app(runtime), [body, b" "], JSON)[0]["status"] == 413


@pytest.mark.parametrize("length", ["", "ten", "-1", "1e9", "9" * 400, "٣"])
def test_a_content_length_that_is_none_does_no_harm(client: TestClient, length: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", length.encode())]
    response = client.post("/search", content=BODY, headers=headers)
    assert response.status_code in (200, 413)


def test_a_client_that_leaves_gets_no_answer(runtime: Runtime) -> None:
    assert sent(create_app(runtime), [], JSON) == []


def test_more_requests_than_may_be_in_flight_are_told_to_come_back(
    settings: Settings, searcher: Searcher
) -> None:
    entered, leave = threading.Event(), threading.Event()

    class Slow(Written):
        async def generate(self, prompt: Any, **options: Any) -> Any:
            entered.set()
            assert await to_thread.run_sync(leave.wait, 30)
            return await super().generate(prompt, **options)

    few = settings.model_copy(update={"max_in_flight": 1})
    runtime = Runtime(few, searcher, grounded=Slow("", "grounded", None))
    with TestClient(create_app(runtime)) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, "/generate_call", json={"instruction": GOOD})
        assert entered.wait(30)
        second = client.post("/generate_call", json={"instruction": GOOD})
        assert client.get("/healthz").status_code == 200
        leave.set()
        refused(second, 429, "overloaded", "try again")
        assert second.headers["retry-after"] == "1"
        assert first.result().status_code == 200
        assert client.post("/generate_call", json={"instruction": GOOD}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api_docs", "/docs", "/openapi.json", "/nothing"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == get.headers["content-length"]


def test_every_request_has_one_line_in_the_log_without_what_it_said(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, ACCESS):
        client.post("/search?token=hush", json={"instruction": "hush"}, headers={"authorization": "hush"})
        client.get("/no%0Athing%1B[31m")
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == ACCESS]
    assert [(line["method"], line["status"]) for line in lines] == [("POST", 200), ("GET", 404)]
    assert lines[0]["path"] == "/search"
    assert lines[0]["ms"] >= 0
    assert len(lines[0]["request_id"]) == 16
    assert lines[1]["path"].isprintable()
    assert "hush" not in caplog.text


def test_people_read_plain_lines(caplog: pytest.LogCaptureFixture, client: TestClient) -> None:
    with caplog.at_level(logging.INFO, ACCESS):
        client.get("/api_docs")
    line = PlainLines().format(caplog.records[-1])
    assert "GET /api_docs 200" in line


def test_a_crash_is_logged_and_answered_without_a_traceback(
    settings: Settings, searcher: Searcher, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = Runtime(settings, searcher, grounded=Written(RuntimeError("secret detail"), "grounded", None))
    with TestClient(create_app(runtime)) as client:
        response = client.post("/generate_call", json={"instruction": GOOD})
    refused(response, 500, "internal_error", "log")
    assert "secret detail" not in response.text
    record = next(record for record in caplog.records if record.name == SERVICE)
    line = json.loads(JsonLines().format(record))
    assert line["request_id"] == response.headers["x-request-id"]
    assert "secret detail" in line["traceback"]
    assert "secret detail" in PlainLines().format(record)
