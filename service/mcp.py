"""Callsmith as an MCP server: two tools over streamable HTTP, for agents.

No session outlives its request, so that any worker can take any of them; so there is nothing that a stream
(GET) could bring, or that could be ended (DELETE). Knows nothing about retrieval.

Source: the Model Context Protocol specification, "Transports: Streamable HTTP", by the package `mcp`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from typing import Annotated, Final

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.types import ASGIApp, Receive, Scope, Send

from retriever.hits import Quality
from service import pipeline
from service.problems import problem_of_exception
from service.request_id import current
from service.runtime import Runtime
from service.schemas import (
    MAX_K,
    GenerateRequest,
    GenerateResponse,
    SearchRequest,
    SearchResponse,
)
from service.validation import parse_request

PATH: Final = "/mcp"

_INSTRUCTIONS = (
    "Callsmith turns an instruction in plain words into one verified API call for a machine-learning model "
    "on TorchHub, TFHub or Hugging Face. Every call that it returns exists in its catalogue, with arguments "
    "that exist. Nothing is executed."
)
_LOOKS_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

_Instruction = Annotated[str, Field(description="What the API should do, in plain words, any language.")]
_Hub = Annotated[str | None, Field(description="Only this hub, such as torchhub; all hubs when left out.")]
_Domain = Annotated[str | None, Field(description="Only this domain, such as translation.")]
_K = Annotated[int, Field(description=f"API docs to retrieve, 1 to {MAX_K}.")]
_Quality = Annotated[
    Quality | None,
    Field(description="How well to rank: fast, balanced or best; the service's choice if left out."),
]


class McpEndpoint:
    """The ASGI application at `/mcp`; it answers while `running`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._app: ASGIApp | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take requests. Each start has a server of its own, for the package's can't be started again."""
        server = mcp_server(self._runtime)
        self._app = server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=self._runtime.settings.max_body,
            transport_security=self._security(),
        )
        async with server.session_manager.run():
            yield
        self._app = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if self._app is None:
            raise RuntimeError("the MCP endpoint was asked before the service had started")
        await self._app(scope, receive, send)

    def _security(self) -> TransportSecuritySettings:
        """Without keys and on loopback, a web page must not reach us by a name that it made point here."""
        settings = self._runtime.settings
        if settings.keys is not None or not settings.is_loopback:
            return TransportSecuritySettings(enable_dns_rebinding_protection=False)
        names = ("127.0.0.1", "localhost", "[::1]")
        hosts = [part for name in names for part in (name, f"{name}:*")]
        origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
        return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def mcp_server(runtime: Runtime) -> MCPServer:
    """A server with the two tools."""
    server: MCPServer = MCPServer(
        "callsmith", title="Callsmith", instructions=_INSTRUCTIONS, version=version("callsmith")
    )

    @server.tool(
        title="Search API docs",
        description="Rank the API docs of machine-learning models that do what an instruction asks for.",
        annotations=_LOOKS_ONLY,
    )
    async def search_api_docs(
        instruction: _Instruction,
        hub: _Hub = None,
        domain: _Domain = None,
        k: _K = 5,
        quality: _Quality = None,
    ) -> SearchResponse:
        with _told():
            asked = {"hub": hub, "domain": domain, "k": k, "quality": quality}
            request = parse_request(SearchRequest, {"instruction": instruction, **asked})
            return await pipeline.search(request, runtime, current.get())

    @server.tool(
        title="Generate a verified API call",
        description="One verified API call (a line of Python, and a snippet that uses it) that does what an "
        "instruction asks for, with alternatives; or why there is none.",
        annotations=_LOOKS_ONLY,
    )
    async def generate_call(
        instruction: _Instruction,
        hub: _Hub = None,
        domain: _Domain = None,
        k: _K = 5,
        quality: _Quality = None,
    ) -> GenerateResponse:
        with _told():
            asked = {"hub": hub, "domain": domain, "k": k, "quality": quality}
            request = parse_request(GenerateRequest, {"instruction": instruction, **asked})
            return await pipeline.generate_call(request, runtime, current.get())

    return server


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong as the HTTP routes do: our own words, and nothing of a crash's."""
    try:
        yield
    except Exception as exc:
        raise ToolError(problem_of_exception(exc).message) from exc
