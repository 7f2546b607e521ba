"""Traces: one request is one trace, from the caller's to the engine's, without anybody's words."""

from __future__ import annotations

import builtins
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util._once import Once
from starlette.testclient import TestClient

from api_docs.errors import ConfigurationError, GeneratorUnavailable
from retriever.searcher import Searcher
from service import server, stopwatch, tracing
from service.app import create_app
from service.runtime import Runtime
from service.settings import Settings
from tests.service.conftest import Written
from tests.service.test_logs import Log, logged  # noqa: F401 - a fixture
from tests.service.test_vllm_generator import Engine, completion, says

BIRDS = "tell species of birds apart"
ENDPOINT = "http://127.0.0.1:9"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTelemetry takes one provider a process; here every test has its own."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    for module in (stopwatch, tracing):
        monkeypatch.setattr(module, "_tracer", trace.ProxyTracer("callsmith"))
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)


Ask = Callable[..., list[ReadableSpan]]


@pytest.fixture
def spans_of(monkeypatch: pytest.MonkeyPatch, searcher: Searcher) -> Ask:
    """The spans of one request, by when they began."""

    def ask(
        method: str = "POST",
        path: str = "/generate_call",
        *,
        engine: Any = None,
        grounded: Any = None,
        headers: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        **fields: Any,
    ) -> list[ReadableSpan]:
        exporter = InMemorySpanExporter()
        monkeypatch.setattr(tracing, "_exporter", lambda _: exporter)
        runtime = Runtime(Settings(otlp_endpoint=ENDPOINT), searcher, engine, grounded)
        if method == "POST" and body is None:
            body = {"instruction": BIRDS, **fields}
        with TestClient(create_app(runtime), raise_server_exceptions=False) as client:
            client.request(method, path, json=body, headers=headers)
        return sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    return ask


def names(spans: list[ReadableSpan]) -> list[str]:
    return [span.name for span in spans]


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_is_one_trace_with_a_span_for_every_stage(spans_of: Ask, stream: bool) -> None:
    request, *stages = spans_of(stream=stream, headers={"x-request-id": "mine"})
    assert request.name == "POST /generate_call"
    assert request.kind is SpanKind.SERVER
    assert request.parent is None
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/generate_call",
        "http.response.status_code": 200,
        "url.path": "/generate_call",
        "url.scheme": "http",
        "callsmith.request_id": "mine",
    }
    assert names(stages) == ["retrieve", "generate", "verify"]
    for stage in stages:
        assert stage.parent is not None
        assert stage.parent.span_id == request.context.span_id
        assert stage.context.trace_id == request.context.trace_id
        assert stage.status.status_code is StatusCode.UNSET


def test_the_callers_trace_goes_on_and_reaches_the_engine(spans_of: Ask) -> None:
    engine = Engine(says({"data": [{"id": "m"}]}), says(completion()))
    spans = spans_of(engine=engine.generator(), headers={"traceparent": PARENT})
    request = next(span for span in spans if span.kind is SpanKind.SERVER)
    generate = next(span for span in spans if span.name == "generate")
    assert request.parent is not None
    assert request.parent.is_remote
    assert f"{request.parent.span_id:016x}" == PARENT.split("-")[2]
    assert {f"{span.context.trace_id:032x}" for span in spans} == {PARENT.split("-")[1]}
    sent = [r.headers["traceparent"] for r in engine.requests if r.url.path.endswith("/completions")]
    assert sent == [f"00-{PARENT.split('-')[1]}-{generate.context.span_id:016x}-01"]


@pytest.mark.parametrize("header", ["", "nonsense", "00-0-0-00", "ff" + PARENT[2:], "é"])
def test_a_traceparent_that_makes_no_sense_begins_a_trace(spans_of: Ask, header: str) -> None:
    encoded: Any = {b"traceparent": header.encode()}
    request, *_ = spans_of(headers=encoded)
    assert request.parent is None


def test_a_search_has_its_stage(spans_of: Ask) -> None:
    assert names(spans_of(path="/search")) == ["POST /search", "retrieve"]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/api_docs/huggingface:google/vit-birds", "GET /api_docs/{doc_id:path}"),
        ("HEAD", "/api_docs/huggingface:google/vit-birds", "HEAD /api_docs/{doc_id:path}"),
        ("GET", "/nothing", "GET"),
        ("WORDS", "/api_docs", "_OTHER /api_docs"),
    ],
)
def test_spans_are_named_by_the_route(spans_of: Ask, method: str, path: str, name: str) -> None:
    (span,) = spans_of(method=method, path=path)
    assert span.name == name
    assert span.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_no_traces(spans_of: Ask, path: str) -> None:
    assert spans_of(method="GET", path=path) == []


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_marks_its_stage_and_the_request_without_its_words(spans_of: Ask, stream: bool) -> None:
    failing = Written(RuntimeError(f"secret {BIRDS}"), "grounded", None)
    request, _, generate = spans_of(grounded=failing, stream=stream)
    assert generate.status.status_code is StatusCode.ERROR
    assert (generate.attributes or {})["error.type"] == "RuntimeError"
    if not stream:  # a stream has begun with 200, and tells of the error itself
        assert request.status.status_code is StatusCode.ERROR
        assert (request.attributes or {})["error.type"] == "500"
        assert (request.attributes or {})["http.response.status_code"] == 500
    assert_wordless([request, generate])


def test_an_engine_that_fails_for_good_marks_both_with_its_code(spans_of: Ask) -> None:
    down = Written(GeneratorUnavailable(f"secret {BIRDS}"))
    request, _, generate = spans_of(engine=down, retriever="none")
    assert (generate.attributes or {})["error.type"] == "generator_unavailable"
    assert request.status.status_code is StatusCode.ERROR
    assert_wordless([request, generate])


def test_an_answer_in_the_engines_stead_says_why_by_code(spans_of: Ask) -> None:
    spans = spans_of(engine=Written(GeneratorUnavailable(f"secret {BIRDS}")))
    generate = next(span for span in spans if span.name == "generate")
    assert dict(generate.attributes or {}) == {"callsmith.degraded": "generator_unavailable"}
    assert generate.status.status_code is StatusCode.UNSET
    assert_wordless(spans)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"hub": "birds"},
        {"domain": "birds"},
        {"instruction": "\u200bbirds\u0000"},
        {"k": "birds"},
        {"stream": True},
    ],
)
def test_no_span_says_what_was_asked(spans_of: Ask, fields: dict[str, Any]) -> None:
    spans = spans_of(path="/generate_call?q=birds", headers={"baggage": "a=birds", "x": "birds"}, **fields)
    assert spans
    assert_wordless(spans)


def test_no_span_of_an_agents_request_says_what_was_asked(spans_of: Ask) -> None:
    called = {"name": "generate_call", "arguments": {"instruction": BIRDS, "hub": "birds"}}
    headers = {"accept": "application/json, text/event-stream", "host": "127.0.0.1"}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": called}
    spans = spans_of(path="/mcp", headers=headers, body=message)
    assert "POST /mcp" in names(spans)
    assert "retrieve" in names(spans)
    assert_wordless(spans)


def assert_wordless(spans: list[ReadableSpan]) -> None:
    for span in spans:
        shown = span.to_json()
        assert "birds" not in shown
        assert "secret" not in shown


def test_lines_of_the_log_carry_the_id_of_their_trace(
    spans_of: Ask,
    logged: Callable[[Settings], Log],  # noqa: F811
) -> None:
    log = logged(Settings())
    request, *_ = spans_of(engine=Written(GeneratorUnavailable("down")))
    for line in (*log.of("engine failed"), *log.of("request")):
        assert line["trace_id"] == f"{request.context.trace_id:032x}"
    assert len(log.of("engine failed")) == len(log.of("request")) == 1


def test_the_usual_variables_name_the_service_and_sample(
    monkeypatch: pytest.MonkeyPatch, spans_of: Ask
) -> None:
    request, *_ = spans_of()
    assert request.resource.attributes["service.name"] == "callsmith"
    assert request.resource.attributes["service.version"]
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    for module in (stopwatch, tracing):
        monkeypatch.setattr(module, "_tracer", trace.ProxyTracer("callsmith"))
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ours")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    request, *_ = spans_of()
    assert request.resource.attributes["service.name"] == "ours"
    assert request.resource.attributes["deployment.environment.name"] == "test"
    assert request.resource.attributes["service.version"]


def test_a_sampler_that_is_set_is_kept_to(monkeypatch: pytest.MonkeyPatch, spans_of: Ask) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    assert spans_of() == []


class Collector(ThreadingHTTPServer):
    """Takes what is sent over OTLP."""

    def __init__(self, status: int = 200) -> None:
        self.got: list[tuple[str, ExportTraceServiceRequest]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append((self.path, ExportTraceServiceRequest.FromString(body)))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.mark.parametrize("suffix", ["", "/", "/v1/traces"])
def test_spans_reach_a_collector_before_the_service_has_ended(
    collector: Collector, searcher: Searcher, suffix: str
) -> None:
    settings = Settings(otlp_endpoint=f"{collector.url}{suffix}")
    with TestClient(create_app(Runtime(settings, searcher))) as client:
        client.post("/generate_call", json={"instruction": BIRDS})
    ((path, sent),) = collector.got
    assert path == "/v1/traces"
    (resource,) = sent.resource_spans
    found = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
    assert found["service.name"] == "callsmith"
    spans = {span.name for scope in resource.scope_spans for span in scope.spans}
    assert spans == {"POST /generate_call", "retrieve", "generate", "verify"}
    assert b"birds" not in sent.SerializeToString()


def test_a_collector_that_is_not_there_costs_no_answer(
    monkeypatch: pytest.MonkeyPatch, searcher: Searcher
) -> None:
    monkeypatch.setattr(tracing, "_FAREWELL_SECONDS", 0.0)
    settings = Settings(otlp_endpoint=ENDPOINT)
    with TestClient(create_app(Runtime(settings, searcher))) as client:
        assert client.post("/generate_call", json={"instruction": BIRDS}).status_code == 200


def test_without_what_sends_traces_the_extra_is_named_before_the_port_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("opentelemetry.exporter"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(server, "bind", lambda *_: pytest.fail("the port was taken"))
    with pytest.raises(ConfigurationError, match=r"CALLSMITH_OTLP_ENDPOINT.*callsmith\[telemetry\]"):
        server.prepare(Settings(otlp_endpoint=ENDPOINT))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("collector:4318", "expected http://host:port"),
        ("ftp://collector", "expected http://host:port"),
        ("http://user:hush@collector:4318", "OTEL_EXPORTER_OTLP_HEADERS"),
        ("http://collector:4318/?token=hush", "without"),
    ],
)
def test_an_endpoint_that_is_no_plain_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(otlp_endpoint=url)


def test_without_the_setting_nothing_but_the_api_is_imported() -> None:
    program = (
        "import sys\n"
        "from service import server\n"
        "from service.settings import Settings\n"
        "from service.tracing import check_installed\n"
        "check_installed(Settings())\n"
        "found = [name for name in sys.modules if name.startswith(('opentelemetry.sdk', "
        "'opentelemetry.exporter'))]\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 - ours
