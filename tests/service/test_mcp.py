"""`/mcp` with the client of the real SDK, over a connection."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import mcp
import pytest
from starlette.testclient import TestClient

from retriever.searcher import Searcher
from service.app import create_app
from service.runtime import Runtime
from service.settings import Settings
from tests.service.conftest import Written
from tests.service.live import served

BIRDS = "tell species of birds apart on photos"


@pytest.fixture(scope="module")
def url(searcher: Searcher) -> Iterator[str]:
    with served(create_app(Runtime(Settings(), searcher))) as url:
        yield f"{url}/mcp"


async def test_there_are_exactly_two_tools_that_say_what_they_take(url: str) -> None:
    async with mcp.Client(url) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"search_api_docs", "generate_call"}
    for tool in tools.values():
        assert set(tool.input_schema["properties"]) == {"instruction", "hub", "domain", "k", "quality"}
        assert tool.input_schema["required"] == ["instruction"]
        assert tool.output_schema
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint


async def test_a_call_is_generated_as_over_http(url: str) -> None:
    async with mcp.Client(url) as client:
        result = await client.call_tool("generate_call", {"instruction": BIRDS, "k": 3})
    over_http = httpx2.post(url.replace("/mcp", "/generate_call"), json={"instruction": BIRDS, "k": 3}).json()
    answer = result.structured_content
    assert not result.is_error
    assert answer is not None
    assert answer["status"] == "verified"
    for changing in ("request_id", "timing_ms"):
        del answer[changing], over_http[changing]
    assert answer == over_http


async def test_docs_are_searched(url: str) -> None:
    async with mcp.Client(url) as client:
        result = await client.call_tool("search_api_docs", {"instruction": BIRDS, "hub": "torchhub"})
    assert result.structured_content is not None
    assert {hit["hub"] for hit in result.structured_content["hits"]} == {"torchhub"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"instruction": " "}, "empty"),
        ({"instruction": BIRDS, "hub": "nowhere"}, "unknown hub 'nowhere'"),
        ({"instruction": BIRDS, "domain": "cooking"}, "cooking"),
        ({"instruction": BIRDS, "k": 99}, "50"),
        ({}, "instruction"),
    ],
)
async def test_what_is_wrong_is_told_as_the_tools_error(
    url: str, arguments: dict[str, object], said: str
) -> None:
    async with mcp.Client(url) as client:
        result = await client.call_tool("generate_call", arguments)
    assert result.is_error
    assert said in result.content[0].text  # type: ignore[union-attr]


async def test_a_crash_tells_nothing_of_its_inside(searcher: Searcher) -> None:
    crash = Written(RuntimeError("secret detail"), "grounded", None)
    with served(create_app(Runtime(Settings(), searcher, grounded=crash))) as url:
        async with mcp.Client(f"{url}/mcp") as client:
            result = await client.call_tool("generate_call", {"instruction": BIRDS})
    assert result.is_error
    assert "secret detail" not in str(result)


def test_a_web_page_that_points_its_own_name_here_is_refused(runtime: Runtime) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"accept": "application/json, text/event-stream", "host": "evil.example"}
    with TestClient(create_app(runtime), base_url="http://127.0.0.1:8000") as client:
        assert client.post("/mcp", json=body, headers=headers).status_code == 421
        headers |= {"host": "127.0.0.1:8000", "origin": "http://evil.example"}
        assert client.post("/mcp", json=body, headers=headers).status_code == 403


def test_the_service_can_be_started_again_and_there_is_no_stream(runtime: Runtime) -> None:
    app = create_app(runtime)
    for _ in range(2):
        with TestClient(app, base_url="http://127.0.0.1:8000") as client:
            assert client.get("/mcp").status_code == 405
            assert client.post("/mcp", json={}).status_code == 400
