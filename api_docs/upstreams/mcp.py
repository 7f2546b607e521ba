"""The tools of an MCP server, as the upstream of a hub: asked for with the SDK's own client.

Tools are listed, never called. The token goes to the server's own origin, over https or on this machine; the
SDK follows no redirect that leaves that origin.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import httpx2
import orjson
from mcp import Client as McpClient
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from pydantic import SecretStr, ValidationError

from api_docs.errors import SourceError, SourceGone, SourceRefused, SourceTimeout
from api_docs.files import write_file
from api_docs.sources.base import Progress
from api_docs.sources.mcp_tools import McpTools
from api_docs.upstreams.addresses import LOOPBACK, host_of, shown
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client, user_agent
from api_docs.upstreams.waits import is_limit, own_wait, told_wait

MAX_PAGES: Final = 100
"""Pages of a list of tools; a list that never ends is no list."""
MAX_TOOLS: Final = 10_000
_TRIES: Final = 3
_KEPT: Final = "tools.json"
_UNSAID: Final = {"icons", "meta", "output_schema", "execution"}
"""Fields of a listing that no call depends on."""

Tool = dict[str, Any]


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server that speaks streamable HTTP at `url`.

    `tokens` and `variables` are those of its host. `sleep` is for tests.
    """

    hub: str
    url: str
    tokens: Mapping[str, SecretStr] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        """List the server's tools, within the time that the client has left.

        Raises:
            SourceTimeout: when that time is over.
            SourceRefused: when the server wants a token, or another one.
            SourceGone: when there is nothing at that address.
            SourceError: when nobody answers, or not as an MCP server does.
        """
        tools = anyio.run(self._tools, client)
        data = orjson.dumps(tools, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        write_file(folder / _KEPT, data)
        source = McpTools(self.hub, shown(self.url), secured=bool(self.variables))
        result = source.read_tools(tools, progress)
        return Collected(
            result,
            {doc.id: str(doc.facts["tool"]) for doc in result.docs},
            revision=hashlib.sha256(data).hexdigest()[:12],
        )

    async def _tools(self, client: Client) -> list[Tool]:
        """The whole list; asking for it changes nothing, so it is asked again where that may help."""
        for tried in range(_TRIES):
            seen: list[httpx2.Response] = []
            if (left := client.remaining) <= 0:
                break
            try:
                with anyio.fail_after(left):
                    return await self._listed(client, seen)
            except TimeoutError:
                break
            except Exception as exc:
                failure = _failure(exc, self.url, seen[-1] if seen else None, self._token_advice())
                wait = _wait(exc, seen, tried)
                if wait is None or tried == _TRIES - 1 or wait >= client.remaining:
                    raise failure from exc
                client.counts.retries += 1
                client.counts.waited += wait
                await self.sleep(wait)
        raise SourceTimeout(
            f"the time of this source was over before {shown(self.url)} had listed its tools; raise "
            "CALLSMITH_REFRESH_SECONDS to give it longer"
        )

    async def _listed(self, client: Client, seen: list[httpx2.Response]) -> list[Tool]:
        async def noted(response: httpx2.Response) -> None:
            client.counts.requests += 1
            if response.request.method == "POST":  # the others only open a stream, or end a session
                seen.append(response)

        tools: list[Tool] = []
        headers = {"User-Agent": user_agent(), **self._authorization()}
        hooks: Any = {"response": [noted]}
        async with (
            httpx2.AsyncClient(headers=headers, event_hooks=hooks, timeout=30.0) as http,
            McpClient(streamable_http_client(self.url, http_client=http), cache=None) as mcp,
        ):
            cursor: str | None = None
            for _ in range(MAX_PAGES):
                page = await mcp.list_tools(cursor=cursor)
                tools += [
                    tool.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_UNSAID)
                    for tool in page.tools
                ]
                cursor = page.next_cursor
                if cursor is None or len(tools) > MAX_TOOLS:
                    break
        if cursor is not None or len(tools) > MAX_TOOLS:
            raise SourceError(
                f"{shown(self.url)} lists more than {MAX_PAGES} pages or {MAX_TOOLS:,} tools; no list goes "
                "on like that"
            )
        return sorted(tools, key=lambda tool: str(tool.get("name")))

    def _authorization(self) -> dict[str, str]:
        """The token, to where it may go: over https, or on this machine."""
        parts = urlsplit(self.url)
        token = self.tokens.get(host_of(self.url))
        if token is None or (parts.scheme != "https" and parts.hostname not in LOOPBACK):
            return {}
        return {"Authorization": f"Bearer {token.get_secret_value()}"}

    def _token_advice(self) -> str:
        variable = self.variables.get(host_of(self.url))
        if variable is None:
            return (
                "name the environment variable of its token with `callsmith hubs add … --token-env VARIABLE`"
            )
        if host_of(self.url) not in self.tokens:
            return f"set {variable} to a token that may list its tools"
        if not self._authorization():
            return f"its token, in {variable}, is sent over https only: give an https address"
        return f"check that the token in {variable} is valid"


def _failure(exc: Exception, url: str, response: httpx2.Response | None, advice: str) -> SourceError:
    """What went wrong, told by the last answer that came, else by what the SDK says."""
    where, status = shown(url), response.status_code if response is not None else None
    said = _reason(exc)
    if isinstance(exc, SourceError):
        return exc
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SourceRefused(f"{where} answered {status}: {advice}")
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return SourceGone(
            f"{where} answered {status}: no MCP server is there. Check the address, often …/mcp"
        )
    if status is not None and status >= HTTPStatus.BAD_REQUEST:
        return SourceError(f"{where} answered {status}; expected an MCP server. Run it again later")
    if status is None:
        return SourceError(f"{where} could not be reached: {said}. Check that the server runs")
    return SourceError(
        f"{where} does not answer as an MCP server does: {said}. Check the address, often …/mcp"
    )


def _wait(exc: Exception, seen: list[httpx2.Response], tried: int) -> float | None:
    """Seconds after which asking again may help; None where it can't."""
    if not seen:
        return (
            own_wait(tried) if any(isinstance(one, httpx2.TransportError) for one in _leaves(exc)) else None
        )
    last = seen[-1]
    if is_limit(last.status_code, last.headers, b"") or last.status_code in (500, 502, 503, 504):
        told = told_wait(last.status_code, last.headers, b"")
        return own_wait(tried) if told is None else told
    return None


def _reason(exc: BaseException) -> str:
    """The first of what went wrong at once, in one line."""
    first = next(_leaves(exc), exc)
    if isinstance(first, ValidationError):
        said = first.errors(include_url=False, include_input=False)[0]["msg"]
        return f"what it says is not as the protocol has it: {said}"
    said = first.error.message if isinstance(first, MCPError) else str(first)
    return f"{type(first).__name__}: {' '.join(said.split())[:200]}"


def _leaves(exc: BaseException) -> Iterator[BaseException]:
    if isinstance(exc, BaseExceptionGroup):
        for inner in exc.exceptions:
            yield from _leaves(inner)
    else:
        yield exc
