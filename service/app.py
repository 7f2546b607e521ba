"""The HTTP application: routes, limits and error answers put together around a runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Lifespan

from api_docs.errors import CallsmithError
from service import mcp
from service.access import Access
from service.generators.monitor import monitored
from service.keys import Keys
from service.metrics import Metrics, workers_folder
from service.middleware import Gate, HeadAsGet, RequestLog
from service.problems import Problem, problem_of, problem_of_status, problem_of_validation
from service.route_names import RouteNames
from service.routes import calls, changes, docs, health, openai, playground, reference, status
from service.routes import metrics as metrics_route
from service.runtime import Runtime
from service.shared import Shared
from service.tracing import Tracing, exported
from service.watching import watching

_DESCRIPTION = (
    "Turns an instruction in plain words into one verified API call, over TorchHub, TFHub and Hugging Face. "
    "Every response carries `X-Request-Id`; a sane one that you send is kept."
)

_ROUTERS = (
    calls.router,
    openai.router,
    docs.router,
    changes.router,
    status.router,
    health.router,
    metrics_route.router,
    reference.router,
    playground.router,
)
_TEMPLATES = (
    "/openapi.json",
    mcp.PATH,
    *(route.path for router in _ROUTERS for route in router.routes if isinstance(route, Route)),
)
"""Of every route that there is."""

_NO_TELEMETRY = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)
"""FastAPI's own tells query strings and the messages of errors, which hold people's words; ours doesn't."""


def create_app(runtime: Runtime, shared: Shared | None = None) -> FastAPI:
    """The application that serves what `runtime` holds; `shared` is what it shares with other workers.

    Raises:
        ConfigurationError: when the file of keys can't be used.
    """
    shared = shared or Shared()
    app = routes_only(lifespan=_lifespan)
    app.state.runtime = runtime
    app.state.shared = shared
    app.state.mcp = mcp.McpEndpoint(runtime)
    app.router.routes.append(Route(mcp.PATH, app.state.mcp, methods=["POST"], include_in_schema=False))
    app.exception_handler(CallsmithError)(_answer_error)
    app.exception_handler(RequestValidationError)(_answer_invalid_request)
    app.exception_handler(HTTPException)(_answer_refusal)
    settings = runtime.settings
    names = RouteNames(_TEMPLATES)
    metrics = Metrics(runtime, shared, names, workers_folder())
    app.state.metrics = metrics
    runtime.answered = metrics.answered
    # The last one added is the first to see a request.
    app.add_middleware(
        Gate,
        paths=(*calls.PATHS, *openai.PATHS, mcp.PATH),
        max_body=settings.max_body,
        max_in_flight=settings.requests_held,
        shared=shared,
    )
    if settings.keys is not None:
        app.add_middleware(Access, keys=Keys.load(settings.keys), shared=shared)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestLog, measure=metrics.request)
    if settings.otlp_endpoint is not None:
        app.add_middleware(Tracing, names=names)
    return app


def routes_only(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes without anything behind them: enough for the OpenAPI schema."""
    app = _WithKeys(
        title="Callsmith",
        version=version("callsmith"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    for router in _ROUTERS:
        app.include_router(router)
    return app


class _WithKeys(FastAPI):
    """FastAPI whose schema says how a key is sent, so that the pages made of it can send one."""

    def openapi(self) -> dict[str, Any]:
        """The schema; a key is optional in it, for whether one is needed depends on who runs the service."""
        if self.openapi_schema is None:
            schema = super().openapi()
            bearer = {"type": "http", "scheme": "bearer", "description": "Where the service wants keys."}
            schema["components"]["securitySchemes"] = {"key": bearer}
            schema["security"] = [{}, {"key": []}]
        return self.openapi_schema or {}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    runtime: Runtime = app.state.runtime
    settings = runtime.settings
    to_thread.current_default_thread_limiter().total_tokens = settings.threads
    async with (
        exported(settings),
        monitored(runtime.engine, settings.engine_probe_seconds),
        watching(runtime),
        app.state.mcp.running(),
        app.state.metrics.kept_fresh(),
    ):
        yield
    await runtime.aclose()
    app.state.shared.close()


async def _answer_error(request: Request, exc: CallsmithError) -> Response:
    return _response(problem_of(exc), request)


async def _answer_invalid_request(request: Request, exc: RequestValidationError) -> Response:
    return _response(problem_of_validation(exc.errors()), request)


async def _answer_refusal(request: Request, exc: HTTPException) -> Response:
    problem = problem_of_status(exc.status_code, request.method, request.url.path, exc.headers or {})
    return _response(problem, request)


def _response(problem: Problem, request: Request) -> Response:
    status, body = problem.answer(request.url.path, request.state.request_id)
    return Response(body, status, dict(problem.headers), media_type="application/json")
