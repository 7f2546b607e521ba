"""An MCP server on loopback, made with the SDK: the desk's tools, page by page, behind a token if need be."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from mcp.server import Server
from mcp.types import ListToolsResult, PaginatedRequestParams, Tool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.service.live import served


@dataclass
class StandInDesk:
    """Lists `tools`, `page` at a time.

    `token` is the one that is taken, `refusals` are what the first requests are answered with.
    """

    tools: list[dict[str, Any]] = field(default_factory=list)
    page: int = 100
    token: str | None = None
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    endless: bool = False
    url: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)

    async def listed(self, _: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
        start = int(params.cursor) if params is not None and params.cursor else 0
        shown = [Tool.model_validate(tool) for tool in self.tools[start : start + self.page]]
        more = start + self.page < len(self.tools) or self.endless
        return ListToolsResult(
            tools=shown, next_cursor=str(0 if self.endless else start + self.page) if more else None
        )


@contextlib.contextmanager
def serving_desk(desk: StandInDesk) -> Iterator[StandInDesk]:
    """Serve it until the block ends; `desk.url` is its endpoint."""
    server: Server[Any] = Server("desk", version="1", on_list_tools=desk.listed)
    inner = server.streamable_http_app(json_response=True, stateless_http=True)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    app = Starlette(routes=[Mount("/", app=_Guarded(inner, desk))], lifespan=lifespan)
    with served(app) as url:  # type: ignore[arg-type]
        desk.url = f"{url}/mcp"
        yield desk


class _Guarded:
    """Turns requests away before they reach the server."""

    def __init__(self, app: ASGIApp, desk: StandInDesk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(Request(scope).headers)
        self._desk.seen.append(headers)
        answer = self._refusal(headers)
        await (self._app if answer is None else answer)(scope, receive, send)

    def _refusal(self, headers: dict[str, str]) -> Response | None:
        if self._desk.refusals:
            status, more = self._desk.refusals.pop(0)
            return JSONResponse({"message": "not now"}, status, more)
        if self._desk.token is not None and headers.get("authorization") != f"Bearer {self._desk.token}":
            return JSONResponse({"message": "who are you?"}, 401)
        return None
