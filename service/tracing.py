"""Traces, for those who collect them: a span for every request, around those of its stages.

Only where `CALLSMITH_OTLP_ENDPOINT` is set; else nothing but OpenTelemetry's API is imported, which does
nothing. Spans say routes, statuses, codes and seconds, and nothing that people wrote.

Source of the names: OpenTelemetry's semantic conventions for HTTP server spans.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from anyio import to_thread
from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_docs.errors import ConfigurationError
from service.middleware import printable
from service.route_names import METHODS, OTHER, PROBES, RouteNames
from service.settings import Settings
from service.stopwatch import fail

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_FAREWELL_SECONDS: Final = 5.0
"""How long a service that ends waits for a collector to take the last spans."""

_tracer = trace.get_tracer("callsmith")


class Tracing:
    """Gives every request but probes a span; its parent is the caller's, where `traceparent` names one."""

    def __init__(self, app: ASGIApp, names: RouteNames) -> None:
        self.app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        with _tracer.start_as_current_span(
            method,
            context=propagate.extract(_carrier(scope)),
            kind=SpanKind.SERVER,
            attributes={
                "http.request.method": method,
                "url.path": printable(scope["path"]),
                "url.scheme": scope.get("scheme", "http"),
            },
            record_exception=False,  # its message may repeat what was asked
            set_status_on_exception=False,
        ) as span:

            async def send_and_note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _note_status(span, message["status"])
                await send(message)

            try:
                await self.app(scope, receive, send_and_note)
            except Exception as exc:
                fail(span, type(exc).__qualname__)
                raise
            finally:
                self._name(span, method, scope)

    def _name(self, span: Span, method: str, scope: Scope) -> None:
        """By the route, which is known only afterwards."""
        if (request_id := scope.get("state", {}).get("request_id")) is not None:
            span.set_attribute("callsmith.request_id", request_id)
        if (route := self._names.of(scope)) != OTHER:
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)


def check_installed(settings: Settings) -> None:
    """Make sure that traces can be sent where they are to be.

    Raises:
        ConfigurationError: naming the extra that is missing.
    """
    if settings.otlp_endpoint is not None:
        _exporter(settings.otlp_endpoint).shutdown()


@asynccontextmanager
async def exported(settings: Settings) -> AsyncIterator[None]:
    """Send spans to the collector that is set, the last ones when the block ends.

    Raises:
        ConfigurationError: as `check_installed`.
    """
    if settings.otlp_endpoint is None:
        yield
        return
    provider = _provider(_exporter(settings.otlp_endpoint))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        # A thread that doesn't keep the process: a collector that hangs would.
        ending = threading.Thread(target=provider.shutdown, name="callsmith-last-spans", daemon=True)
        ending.start()
        await to_thread.run_sync(ending.join, _FAREWELL_SECONDS)


def _exporter(endpoint: str) -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    except ImportError as exc:
        raise ConfigurationError(
            f"CALLSMITH_OTLP_ENDPOINT is {endpoint!r}, but what sends traces is not installed; "
            "`pip install 'callsmith[telemetry]'`, or unset it"
        ) from exc
    path = "/v1/traces"
    return OTLPSpanExporter(endpoint if endpoint.endswith(path) else f"{endpoint}{path}")


def _provider(exporter: SpanExporter) -> TracerProvider:
    """What makes spans; OpenTelemetry's own variables (`OTEL_*`) say the rest, and the service's name."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    ours = Resource.create({"service.name": "callsmith", "service.version": version("callsmith")})
    provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        fail(span, str(status))


def _carrier(scope: Scope) -> dict[str, str]:
    wanted = propagate.get_global_textmap().fields
    found = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return {name: value for name, value in found if name in wanted}
