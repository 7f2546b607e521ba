"""What the service counts, as Prometheus reads it.

Counters and histograms are this process's own, or, with several workers, lie in files of the run folder: any
worker adds up those of all, the dead included, so that no sum ever shrinks. Gauges of dead workers go. Labels
come from closed sets: templates of routes, codes, versions; never what people wrote. Knows no HTTP route.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from starlette.types import Scope

from api_docs.errors import CallsmithError, ConfigurationError
from service import var
from service.generators.breaker import Circuit, EngineState
from service.generators.vllm import VllmGenerator
from service.refresh.report import Result, read_latest
from service.route_names import METHODS, OTHER, RouteNames
from service.runtime import Runtime
from service.schemas import GenerateResponse, SearchResponse, Status
from service.served import Served
from service.settings import Settings
from service.shared import Shared, run_folder

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: verification takes less than the first, the engine's default timeout is the last."""

_FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_INDEX_INFO: Final = "callsmith_index_info"
_FRESH_SECONDS: Final = 1.0
"""How often a worker writes its gauges anew, for those that are asked in its place."""

_FILES: Final = ("counter", "histogram", "gauge_livemax", "gauge_livemin", "gauge_livemostrecent")
_FILE_BYTES: Final = 256 * 2**10
"""Room for some 1,200 values a file, several times what there are routes, methods and statuses for."""

# Prometheus has no use for when a counter began, and several workers can't tell it.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The measures of one application. `folder` is where those of all workers lie, None with one process.

    Raises:
        ConfigurationError: when there is no room in `folder`.
    """

    def __init__(
        self, runtime: Runtime, shared: Shared, names: RouteNames, folder: Path | None = None
    ) -> None:
        self._runtime = runtime
        self._names = names
        self._folder = folder
        self._served: Served | None = None
        self._since = datetime.now(UTC)
        self._engine_up: Gauge | None = None
        if folder is not None:
            _reserve(folder)
        own = CollectorRegistry() if folder is None else None
        self._own = own
        self._declare(own)
        self._page = CollectorRegistry()
        everybodys = None if folder is None else MultiProcessCollector(None, str(folder))  # type: ignore[no-untyped-call]
        self._page.register(_Former(everybodys or own))
        self._page.register(_Now(shared))
        self._page.register(_Refreshes(runtime.settings))

    def _declare(self, own: CollectorRegistry | None) -> None:
        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"callsmith_{name}", says, labels, registry=own)

        def histogram(name: str, says: str, label: str) -> Histogram:
            return Histogram(f"callsmith_{name}", says, [label], buckets=BUCKETS, registry=own)

        self._requests = counter(
            "requests_total",
            "Requests, by route and status; 499: the caller left.",
            "route",
            "method",
            "status",
        )
        self._seconds = histogram("request_seconds", "Seconds to the end of a response.", "route")
        stages = histogram("stage_seconds", "Seconds that a stage of an answer took.", "stage")
        self._retrieve = stages.labels("retrieve")
        self._generate = stages.labels("generate")
        self._verify = stages.labels("verify")
        self._answers = counter("answers_total", "Answers, by what became of them.", "status", "generator")
        self._verifications = counter(
            "verifications_total", "Calls that were checked, by the verdict.", "outcome"
        )
        self._degraded = counter(
            "degraded_total", "Answers in the engine's stead, by what it failed with.", "code"
        )
        self._rate_limited = counter("rate_limited_total", "Requests refused because a key asked too often.")
        self._auth_failures = counter("auth_failures_total", "Requests refused for want of a known key.")
        self._info = Gauge(
            _INDEX_INFO,
            "1 for what is served.",
            ["version", "catalogue"],
            registry=own,
            multiprocess_mode="livemax",
        )
        self._docs = Gauge(
            "callsmith_index_docs",
            "API docs in the index that was taken up last.",
            registry=own,
            multiprocess_mode="livemostrecent",
        )
        self._age = Gauge(
            "callsmith_index_age_seconds",
            "Seconds since the catalogue that is served was published, else opened; the oldest worker's.",
            registry=own,
            multiprocess_mode="livemax",
        )
        self._circuit: Gauge | None = None
        if isinstance(self._runtime.engine, VllmGenerator):
            self._circuit = Gauge(
                "callsmith_engine_circuit",
                "1 for the state of the engine's circuit breaker, in any worker.",
                ["state"],
                registry=own,
                multiprocess_mode="livemax",
            )

    def request(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        route = self._names.of(scope)
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route).observe(seconds)
        refusal = scope["state"].get("refusal")
        if refusal == "rate_limited":
            self._rate_limited.inc()
        elif refusal == "unauthorized":
            self._auth_failures.inc()

    def answered(self, response: GenerateResponse | SearchResponse) -> None:
        """Count an answer, wherever it goes."""
        timing = response.timing_ms
        self._retrieve.observe(timing.retrieve / 1000)
        if isinstance(response, SearchResponse):
            return
        generator, verdict = response.generator, response.verification
        self._answers.labels(response.status, generator.backend).inc()
        if response.timing_ms.generate:
            self._generate.observe(response.timing_ms.generate / 1000)
        if response.status is Status.NO_MATCH:  # no call was written, so none was checked
            return
        self._verify.observe(response.timing_ms.verify / 1000)
        self._verifications.labels("repaired" if verdict.repaired else verdict.reason).inc()
        if generator.reason_code is not None:
            self._degraded.labels(generator.reason_code).inc()

    def refresh(self) -> None:
        """Write down how this process's index and engine are now. For the event loop."""
        if self._runtime.served is not self._served:
            self._take_up(self._runtime.served)
        self._age.set(max(0.0, (datetime.now(UTC) - self._since).total_seconds()))
        if isinstance(self._runtime.engine, VllmGenerator):
            self._note_engine(self._runtime.engine.breaker.state)

    def _take_up(self, served: Served) -> None:
        if self._served is not None:
            self._info.labels(self._served.version, self._served.catalogue.version).set(0)
        self._info.labels(served.version, served.catalogue.version).set(1)
        self._docs.set(len(served.catalogue))
        self._since = _since(served, self._runtime.settings)
        self._served = served

    def _note_engine(self, state: EngineState) -> None:
        if self._circuit is not None:
            for circuit in Circuit:
                self._circuit.labels(circuit).set(circuit is state.circuit)
        if state.up is None:  # nobody knows yet, and 0 would call people out of bed
            return
        if self._engine_up is None:
            self._engine_up = Gauge(
                "callsmith_engine_up",
                "1 where the engine answers every worker, else 0.",
                registry=self._own,
                multiprocess_mode="livemin",
            )
        self._engine_up.set(state.up)

    def page(self, accept: str) -> tuple[bytes, str]:
        """Everything, in the form that an `Accept` header wants, and its content type. Reads files."""
        encode, content_type = choose_encoder(accept)
        return encode(self._page), content_type

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        """With several workers, write the gauges every second: any of the others may be the one asked."""
        self.refresh()
        if self._folder is None:
            yield
            return
        writing = asyncio.create_task(self._keep_fresh())
        try:
            yield
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(_FRESH_SECONDS)
            self.refresh()


class _Former(Collector):
    """What others collect, less the versions that were served before: files know no way to remove one."""

    def __init__(self, collector: Any) -> None:
        self._collector = collector

    def collect(self) -> Iterable[Metric]:
        for metric in self._collector.collect():
            if metric.name == _INDEX_INFO:
                metric.samples = [sample for sample in metric.samples if sample.value]
            yield metric


class _Now(Collector):
    """What is known at any time without being counted."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._version = version("callsmith")

    def collect(self) -> Iterable[Metric]:
        says = "Requests that are worked on, of those that CALLSMITH_MAX_IN_FLIGHT limits."
        yield GaugeMetricFamily("callsmith_in_flight", says, self._shared.in_flight())
        build = GaugeMetricFamily("callsmith_build_info", "1 for the version that runs.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build


class _Refreshes(Collector):
    """How the nightly refresh did, as its last run wrote it down; nothing before the first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterable[Metric]:
        latest = read_latest(self._settings)
        if latest is None:
            return
        if latest.succeeded is not None and latest.seconds is not None:
            yield GaugeMetricFamily(
                "callsmith_refresh_last_success_timestamp_seconds",
                "When the last refresh that went through ended.",
                latest.succeeded.timestamp(),
            )
            yield GaugeMetricFamily(
                "callsmith_refresh_duration_seconds",
                "Seconds that the last refresh took that went through.",
                latest.seconds,
            )
        docs = GaugeMetricFamily("callsmith_refresh_docs", "API docs after the last refresh.", labels=["hub"])
        for hub, count in latest.docs.items():
            docs.add_metric([hub], count)
        yield docs
        result = GaugeMetricFamily(
            "callsmith_refresh_result", "1 for what the last refresh came to.", labels=["result"]
        )
        for each in Result:
            result.add_metric([each], each is latest.result)
        yield result
        sources = GaugeMetricFamily(
            "callsmith_refresh_source",
            "1 for what a source came to the last time that it was asked.",
            labels=["hub", "outcome"],
        )
        for hub, source in latest.sources.items():
            sources.add_metric([hub, source.outcome], 1)
        yield sources


def workers_folder() -> Path | None:
    """The folder with the measures of all workers; None where there is one process."""
    found = os.environ.get(_FOLDER_VARIABLE)
    return Path(found) if found and run_folder() is not None else None


@contextmanager
def made_workers_folder(run: Path) -> Iterator[Path]:
    """Make that folder, and name it in the environment of workers started from now on.

    It must be named before they import `prometheus_client`, which looks once.

    Raises:
        ConfigurationError: when it can't be made.
    """
    folder = run / "metrics"
    try:
        folder.mkdir()
    except OSError as exc:
        raise _no_room(folder, exc) from exc
    before = os.environ.get(_FOLDER_VARIABLE)
    os.environ[_FOLDER_VARIABLE] = str(folder)
    try:
        yield folder
    finally:
        if before is None:
            del os.environ[_FOLDER_VARIABLE]
        else:
            os.environ[_FOLDER_VARIABLE] = before


def forget_worker(pid: int, folder: Path) -> None:
    """Remove the gauges of a worker that has ended; what it counted stays."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _reserve(folder: Path) -> None:
    """Take this process's room on the disk now: a file in memory that later finds none ends the process."""
    try:
        for name in _FILES:
            file = os.open(folder / f"{name}_{os.getpid()}.db", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(file, 0, _FILE_BYTES)
            finally:
                os.close(file)
    except OSError as exc:
        raise _no_room(folder, exc) from exc


def _no_room(folder: Path, exc: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"can't write measures to {str(folder)!r}: {exc.strerror}; name a folder with room with TMPDIR"
    )


def _since(served: Served, settings: Settings) -> datetime:
    """When what is served was published, else opened."""
    try:
        current = None if settings.catalogue is not None else var.read_current(settings)
    except CallsmithError:
        current = None
    published = current is not None and current.catalogue == served.catalogue.version
    return current.published if current is not None and published else served.opened_at
