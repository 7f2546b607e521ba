"""People's own APIs from stand-ins on loopback: what is fetched, kept, unchanged, refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from api_docs.errors import SourceError, SourceGone, SourceRefused, SourceTimeout
from api_docs.upstreams.addresses import host_of
from api_docs.upstreams.client import Client
from api_docs.upstreams.jsonl import JsonlFolder
from api_docs.upstreams.mcp import McpServer
from api_docs.upstreams.openapi import OpenApiDocument
from tests.api_docs.own_apis import SHOP, TOOLS
from tests.upstreams.desk import StandInDesk, serving_desk
from tests.upstreams.serving import Answer, Fault, Plain, Request, serving


def client(folder: Path, **more: object) -> Client:
    return Client(folder / "cache", sleep=lambda _: None, **more)  # type: ignore[arg-type]


class Shop:
    """Serves a document that can be changed."""

    def __init__(self) -> None:
        self.document = copy.deepcopy(SHOP)
        self.token: str | None = None
        self.plain = Plain(answers={"/docs/openapi.json": self._answer})

    def _answer(self, request: Request) -> Answer:
        if self.token is not None and request.headers["Authorization"] != f"Bearer {self.token}":
            return Answer(401, b'{"message": "no"}')
        body = json.dumps(self.document).encode()
        return Answer(200, body, {"ETag": f'"{hash(body)}"', "Content-Type": "application/json"})

    @property
    def url(self) -> str:
        return f"{self.plain.url}/docs/openapi.json"


@pytest.fixture
def shop() -> Iterator[Shop]:
    found = Shop()
    with serving(found.plain):
        yield found


def test_a_document_is_fetched_once_and_its_servers_are_relative_to_where_it_was(
    shop: Shop, tmp_path: Path
) -> None:
    upstream = OpenApiDocument("shop", shop.url)
    first = upstream.collect(client(tmp_path), tmp_path)
    assert len(first.result.docs) == 8
    assert first.complete
    assert first.result.docs[0].call == f"requests.request('GET', '{shop.plain.url}/v1/orders')"
    assert first.records["shop:listOrders"] == "listOrders"
    assert first.records["shop:GET:/files/{folder}/{path}"] == "GET:/files/{folder}/{path}"
    assert first.revision.startswith("2.4 ")
    assert json.loads((tmp_path / "document").read_bytes()) == SHOP

    asked = client(tmp_path)
    again = upstream.collect(asked, tmp_path)
    assert (asked.counts.requests, asked.counts.unchanged) == (1, 1)
    assert (again.result.docs, again.revision) == (first.result.docs, first.revision)


def test_what_changed_there_changes_here(shop: Shop, tmp_path: Path) -> None:
    upstream = OpenApiDocument("shop", shop.url)
    before = upstream.collect(client(tmp_path), tmp_path)
    shop.document["paths"]["/purchases"] = shop.document["paths"].pop("/orders")
    after = upstream.collect(client(tmp_path), tmp_path)
    calls = {doc.id: doc.call for doc in after.result.docs}
    assert calls["shop:listOrders"].endswith("/v1/purchases')")
    assert after.records == before.records
    assert after.revision != before.revision


def test_a_token_goes_with_the_request_and_its_variable_is_named_without_it(
    shop: Shop, tmp_path: Path
) -> None:
    shop.token = "let-me-in"
    host = host_of(shop.url)
    variables = {host: "SHOP_TOKEN"}
    known = OpenApiDocument("shop", shop.url, None, {host: SecretStr("let-me-in")}, variables)
    asked = client(tmp_path, tokens=known.tokens, variables=known.variables)
    assert len(known.collect(asked, tmp_path).result.docs) == 8
    with pytest.raises(SourceRefused, match="Set SHOP_TOKEN") as refused:
        known.collect(client(tmp_path / "other", variables=variables), tmp_path)
    assert "let-me-in" not in str(refused.value)


def test_an_address_without_a_document_fails_as_a_source(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(SourceGone):
        OpenApiDocument("shop", f"{shop.plain.url}/nowhere").collect(client(tmp_path), tmp_path)
    shop.plain.faults.append(("openapi", Fault(body=b"<html>")))
    with pytest.raises(SourceError, match="no OpenAPI document"):
        OpenApiDocument("shop", shop.url).collect(client(tmp_path), tmp_path)


def test_a_file_is_a_document_too(tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(SHOP))
    found = OpenApiDocument("shop", file, "https://shop.example/v1").collect(client(tmp_path), tmp_path)
    assert len(found.result.docs) == 8
    with pytest.raises(SourceError, match="can't read"):
        OpenApiDocument("shop", tmp_path / "nowhere").collect(client(tmp_path), tmp_path)


def test_a_folder_of_lines_is_read_each_time(tmp_path: Path) -> None:
    line = {"id": "x", "domain": "web-api", "name": "x", "call": "lab.x()"}
    (tmp_path / "a.jsonl").write_text(json.dumps(line))
    first = JsonlFolder("lab", tmp_path).collect(client(tmp_path), tmp_path)
    assert first.records == {"lab:x": "lab:x"}
    (tmp_path / "a.jsonl").write_text(json.dumps({**line, "name": "y"}))
    second = JsonlFolder("lab", tmp_path).collect(client(tmp_path), tmp_path)
    assert [doc.name for doc in second.result.docs] == ["y"]
    assert second.revision != first.revision


# --- MCP --------------------------------------------------------------------------------------------------


@pytest.fixture
def desk() -> Iterator[StandInDesk]:
    with serving_desk(StandInDesk(copy.deepcopy(TOOLS))) as found:
        yield found


class Naps:
    """Counts how long somebody would have slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def test_every_page_of_a_servers_tools_is_listed(desk: StandInDesk, tmp_path: Path) -> None:
    desk.page = 1
    asked = client(tmp_path)
    found = McpServer("desk", desk.url).collect(asked, tmp_path)
    assert [doc.id for doc in found.result.docs] == ["desk:close_ticket", "desk:find-ticket", "desk:open"]
    assert found.records["desk:find-ticket"] == "find-ticket"
    assert found.result.docs[0].source_url == desk.url
    assert asked.counts.requests >= 3
    assert {headers["user-agent"].split("/")[0] for headers in desk.seen} == {"callsmith"}
    assert [tool["name"] for tool in json.loads((tmp_path / "tools.json").read_bytes())] == [
        "close_ticket",
        "find-ticket",
        "open",
    ]


def test_the_revision_is_that_of_the_list_whatever_its_order(desk: StandInDesk, tmp_path: Path) -> None:
    first = McpServer("desk", desk.url).collect(client(tmp_path), tmp_path).revision
    desk.tools.reverse()
    assert McpServer("desk", desk.url).collect(client(tmp_path), tmp_path).revision == first
    desk.tools.pop()
    assert McpServer("desk", desk.url).collect(client(tmp_path), tmp_path).revision != first


def test_a_server_that_wants_a_token_gets_the_one_of_its_variable(desk: StandInDesk, tmp_path: Path) -> None:
    desk.token = "right"
    host = host_of(desk.url)
    given = McpServer("desk", desk.url, {host: SecretStr("right")}, {host: "DESK_TOKEN"})
    docs = given.collect(client(tmp_path), tmp_path).result.docs
    assert docs[0].facts["security"] == "a token in the header 'Authorization'"
    with pytest.raises(SourceRefused, match="set DESK_TOKEN"):
        McpServer("desk", desk.url, {}, {host: "DESK_TOKEN"}).collect(client(tmp_path), tmp_path)
    with pytest.raises(SourceRefused, match="check that the token in DESK_TOKEN") as refused:
        McpServer("desk", desk.url, {host: SecretStr("wrong")}, {host: "DESK_TOKEN"}).collect(
            client(tmp_path), tmp_path
        )
    assert "wrong" not in str(refused.value)
    with pytest.raises(SourceRefused, match="--token-env"):
        McpServer("desk", desk.url).collect(client(tmp_path), tmp_path)


def test_a_token_is_not_sent_in_the_open() -> None:
    far = McpServer(
        "desk", "http://desk.example/mcp", {"desk.example": SecretStr("x")}, {"desk.example": "T"}
    )
    assert far._authorization() == {}
    assert "https only" in far._token_advice()


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_is_busy_is_asked_again_when_it_says(
    desk: StandInDesk, tmp_path: Path, status: int
) -> None:
    naps = Naps()
    desk.refusals = [(status, {"Retry-After": "7"})] * 8
    asked = client(tmp_path)
    with pytest.raises(SourceError, match=str(status)):
        McpServer("desk", desk.url, sleep=naps).collect(asked, tmp_path)
    assert naps.seconds == [7.0, 7.0]
    assert asked.counts.retries == 2
    desk.refusals = [(status, {"Retry-After": "7"})] * 2
    assert len(McpServer("desk", desk.url, sleep=naps).collect(client(tmp_path), tmp_path).result.docs) == 3


def test_a_server_that_asks_to_wait_beyond_the_limit_is_left_alone(desk: StandInDesk, tmp_path: Path) -> None:
    desk.refusals = [(429, {"Retry-After": "5000"})] * 8
    naps = Naps()
    with pytest.raises(SourceError, match="429"):
        McpServer("desk", desk.url, sleep=naps).collect(client(tmp_path, seconds=60), tmp_path)
    assert naps.seconds == []


def test_what_is_no_mcp_server_is_told(desk: StandInDesk, tmp_path: Path) -> None:
    with pytest.raises(SourceGone, match="no MCP server"):
        McpServer("desk", desk.url.replace("/mcp", "/elsewhere")).collect(client(tmp_path), tmp_path)
    plain = Plain(answers={"/mcp": Answer(200, b"hello", {"Content-Type": "text/plain"})})
    with serving(plain) as url, pytest.raises(SourceError, match="does not answer as an MCP server"):
        McpServer("desk", f"{url}/mcp").collect(client(tmp_path), tmp_path)
    with pytest.raises(SourceError, match="could not be reached"):
        McpServer("desk", f"{url}/mcp", sleep=Naps()).collect(client(tmp_path), tmp_path)


def test_a_list_without_an_end_is_no_list(desk: StandInDesk, tmp_path: Path) -> None:
    desk.endless = True
    with pytest.raises(SourceError, match="no list goes on"):
        McpServer("desk", desk.url).collect(client(tmp_path), tmp_path)


def test_a_time_that_is_over_is_told(desk: StandInDesk, tmp_path: Path) -> None:
    with pytest.raises(SourceTimeout, match="CALLSMITH_REFRESH_SECONDS"):
        McpServer("desk", desk.url).collect(client(tmp_path, seconds=0), tmp_path)
