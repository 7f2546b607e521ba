"""`/metrics`: what is counted, under which names, and that nobody's words become a label."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api_docs.catalogue import Catalogue
from api_docs.errors import ConfigurationError, GeneratorTimeout, GeneratorUnavailable
from api_docs.verification import Reason
from retriever.index import build_index
from retriever.searcher import Searcher
from service import metrics, var
from service.app import create_app
from service.generators.vllm import VllmGenerator
from service.keys import add_key
from service.runtime import Runtime
from service.served import Served
from service.settings import Settings
from service.shared import Shared
from tests.retriever.conftest import WordEncoder, small_docs
from tests.service.conftest import Written
from tests.service.test_vllm_generator import Engine, says

GOOD = {"instruction": "tell species of birds apart"}
NOTHING = {"instruction": "zzzz qqqq", "quality": "fast"}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(client: TestClient) -> Samples:
    """Every value of the page, by name and labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"callsmith_{name}", frozenset(labels.items())))


def labels_of(found: Samples, name: str, label: str) -> set[str]:
    return {dict(labels)[label] for sample, labels in found if sample == f"callsmith_{name}"}


@pytest.fixture
def started() -> Iterator[Callable[[Runtime], TestClient]]:
    """Starts the application around a runtime."""
    running: list[TestClient] = []

    def start(runtime: Runtime) -> TestClient:
        client = TestClient(create_app(runtime), raise_server_exceptions=False)
        running.append(client)
        return client.__enter__()

    yield start
    for client in running:
        client.__exit__()


def test_requests_are_counted_by_template_method_and_status(client: TestClient) -> None:
    for _ in range(3):
        client.post("/search", json=GOOD)
    client.post("/search", json={})
    client.get("/api_docs/huggingface:google/vit-birds")
    client.get("/api_docs/secret-words")
    client.head("/api_docs/huggingface:google/vit-birds")
    client.get("/secret-words")
    client.request("SECRET", "/search")
    client.get("/openapi.json")
    found = samples(client)
    counted = {
        ("/search", "POST", "200"): 3,
        ("/search", "POST", "422"): 1,
        ("/search", "other", "405"): 1,
        ("/api_docs/{doc_id:path}", "GET", "200"): 1,
        ("/api_docs/{doc_id:path}", "GET", "404"): 1,
        ("/api_docs/{doc_id:path}", "HEAD", "200"): 1,
        ("other", "GET", "404"): 1,
        ("/openapi.json", "GET", "200"): 1,
    }
    for (route, method, status), times in counted.items():
        assert value(found, "requests_total", route=route, method=method, status=status) == times, route
    assert sum(of for (name, _), of in found.items() if name == "callsmith_requests_total") == 10
    assert value(found, "request_seconds_count", route="/search") == 5
    assert "secret" not in client.get("/metrics").text.lower()


def test_the_page_counts_itself_and_every_application_counts_for_itself(
    client: TestClient, runtime: Runtime
) -> None:
    client.get("/metrics")
    assert value(samples(client), "requests_total", route="/metrics", method="GET", status="200") == 1
    with TestClient(create_app(runtime)) as other:
        assert value(samples(other), "requests_total", route="/metrics", method="GET", status="200") is None


def test_stages_are_timed_only_where_they_were_gone_through(
    started: Callable[[Runtime], TestClient], settings: Settings, searcher: Searcher
) -> None:
    client = started(Runtime(settings, searcher))
    client.post("/search", json=GOOD)
    client.post("/generate_call", json=GOOD)
    client.post("/generate_call", json={**GOOD, "stream": True})
    assert client.post("/generate_call", json=NOTHING).json()["status"] == "no_match"
    found = samples(client)
    counts = {
        stage: value(found, "stage_seconds_count", stage=stage)
        for stage in ("retrieve", "generate", "verify")
    }
    assert counts == {"retrieve": 4, "generate": 2, "verify": 2}
    bounds = sorted(float(bound) for bound in labels_of(found, "stage_seconds_bucket", "le"))
    assert (bounds[0], bounds[-2]) == (0.001, 30.0)


def test_answers_and_verdicts_are_counted(
    started: Callable[[Runtime], TestClient], settings: Settings, searcher: Searcher
) -> None:
    client = started(Runtime(settings, searcher, Written("pipeline('x', model='no/such')")))
    client.post("/generate_call", json=GOOD)
    client.post("/generate_call", json={**GOOD, "generator": "grounded"})
    client.post("/generate_call", json=NOTHING)
    found = samples(client)
    assert value(found, "answers_total", status="unverified", generator="vllm") == 1
    assert value(found, "answers_total", status="verified", generator="grounded") == 1
    assert value(found, "answers_total", status="no_match", generator="vllm") == 1
    outcomes = labels_of(found, "verifications_total", "outcome")
    assert "verified" in outcomes
    assert len(outcomes) == 2
    assert outcomes <= set(Reason)
    assert labels_of(found, "degraded_total", "code") == set()


def test_a_call_that_was_repaired_is_counted_as_such(
    started: Callable[[Runtime], TestClient], searcher: Searcher
) -> None:
    almost = "pipeline('image-classification', model='google/vit-birds', no_such_argument=1)"
    client = started(Runtime(Settings(on_unverified="repair"), searcher, Written(almost)))
    assert client.post("/generate_call", json=GOOD).json()["verification"]["repaired"]
    found = samples(client)
    assert labels_of(found, "verifications_total", "outcome") == {"repaired"}


@pytest.mark.parametrize("error", [GeneratorTimeout("secret words"), GeneratorUnavailable("secret words")])
def test_degraded_answers_are_counted_by_code_never_by_words(
    started: Callable[[Runtime], TestClient], settings: Settings, searcher: Searcher, error: Exception
) -> None:
    client = started(Runtime(settings, searcher, Written(error)))
    info = client.post("/generate_call", json=GOOD).json()["generator"]
    found = samples(client)
    assert info["reason_code"] == error.code  # type: ignore[attr-defined]
    assert value(found, "degraded_total", code=info["reason_code"]) == 1
    assert value(found, "answers_total", status="verified", generator="grounded") == 1
    assert not any("secret" in str(labels) for _, labels in found)


def test_refusals_of_keys_are_counted(tmp_path: Path, searcher: Searcher) -> None:
    path = tmp_path / "keys.json"
    key = add_key(path, "team", 2, date(2026, 1, 2))
    with TestClient(
        create_app(Runtime(Settings(keys=path), searcher), Shared(None, lambda: 1_000.0))
    ) as client:
        for _ in range(5):
            client.get("/api_docs", headers={"authorization": f"Bearer {key}"})
        client.get("/api_docs")
        client.get("/secret", headers={"authorization": "Bearer cs_wrong"})
        found = samples(client)
        assert key not in client.get("/metrics").text
    assert value(found, "rate_limited_total") == 3
    assert value(found, "auth_failures_total") == 2
    assert value(found, "requests_total", route="/api_docs", method="GET", status="401") == 1
    assert value(found, "requests_total", route="other", method="GET", status="401") == 1


def test_a_full_service_is_not_counted_as_a_limit_of_keys(
    started: Callable[[Runtime], TestClient], searcher: Searcher
) -> None:
    runtime = Runtime(Settings(max_in_flight=1), searcher)
    client = started(runtime)
    shared: Shared = client.app.state.shared  # type: ignore[attr-defined]
    assert shared.enter(1)
    assert client.post("/search", json=GOOD).status_code == 429
    found = samples(client)
    assert value(found, "in_flight") == 1
    assert value(found, "rate_limited_total") == 0
    assert value(found, "requests_total", route="/search", method="POST", status="429") == 1
    shared.leave()
    assert value(samples(client), "in_flight") == 0


def test_the_index_is_told_and_followed(
    client: TestClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = runtime.served
    found = samples(client)
    assert value(found, "index_info", version=first.version, catalogue=first.catalogue.version) == 1
    assert value(found, "index_docs") == len(first.catalogue)
    catalogue, encoder = Catalogue(small_docs()[:3]), WordEncoder()
    runtime.served = Served(Searcher(catalogue, build_index(catalogue, encoder), encoder))
    runtime.served.opened_at = datetime.now(UTC) - timedelta(hours=1)
    found = samples(client)
    assert labels_of(found, "index_info", "version") == {runtime.served.version}
    assert labels_of(found, "index_info", "catalogue") == {catalogue.version}
    assert value(found, "index_docs") == 3
    assert 3_600 <= (value(found, "index_age_seconds") or 0) < 3_700


def test_the_age_of_what_was_published_counts_from_then(
    started: Callable[[Runtime], TestClient], tmp_path: Path, searcher: Searcher
) -> None:
    settings = Settings(var=tmp_path / "var")
    settings.var.mkdir()
    current = var.Current(
        catalogue=searcher.catalogue.version, published=datetime.now(UTC) - timedelta(days=2)
    )
    var.current_file(settings).write_text(current.model_dump_json())
    age = value(samples(started(Runtime(settings, searcher))), "index_age_seconds")
    assert 172_800 <= (age or 0) < 172_900


@pytest.mark.parametrize(
    "content", ["{", '{"catalogue": "0123456789ab", "published": "2020-01-01T00:00:00Z"}']
)
def test_what_was_published_otherwise_says_nothing_of_this_index(
    started: Callable[[Runtime], TestClient], tmp_path: Path, searcher: Searcher, content: str
) -> None:
    settings = Settings(var=tmp_path / "var")
    settings.var.mkdir()
    var.current_file(settings).write_text(content)
    age = value(samples(started(Runtime(settings, searcher))), "index_age_seconds")
    assert 0 <= (age if age is not None else -1) < 600


def test_without_an_engine_nothing_is_said_of_one(client: TestClient) -> None:
    assert "callsmith_engine" not in client.get("/metrics").text


def engine(answer: Any) -> VllmGenerator:
    return Engine(answer).generator()


def test_an_engine_is_up_or_down_and_its_circuit_has_one_state(
    started: Callable[[Runtime], TestClient], settings: Settings, searcher: Searcher
) -> None:
    generator = engine(says({"data": [{"id": "m"}]}))
    client = started(Runtime(settings, searcher, generator))
    generator.breaker.succeeded()
    found = samples(client)
    assert value(found, "engine_up") == 1
    states = {state: value(found, "engine_circuit", state=state) for state in ("closed", "open", "half_open")}
    assert states == {"closed": 1, "open": 0, "half_open": 0}
    for _ in range(5):
        generator.breaker.failed("secret words")
    found = samples(client)
    assert value(found, "engine_up") == 0
    states = {state: value(found, "engine_circuit", state=state) for state in ("closed", "open", "half_open")}
    assert states == {"closed": 0, "open": 1, "half_open": 0}
    assert "secret" not in client.get("/metrics").text


def test_an_engine_that_nobody_has_asked_yet_is_neither_up_nor_down(
    settings: Settings, searcher: Searcher
) -> None:
    runtime = Runtime(settings, searcher, engine(says({})))
    app = create_app(runtime)
    app.state.metrics.refresh()
    page = app.state.metrics.page("")[0].decode()
    assert "callsmith_engine_up" not in page
    assert 'callsmith_engine_circuit{state="closed"} 1.0' in page


def test_the_version_that_runs_is_told(client: TestClient) -> None:
    found = samples(client)
    version = client.get("/healthz").json()["version"]
    assert value(found, "build_info", version=version) == 1


def test_scrapers_get_the_form_that_they_ask_for(client: TestClient) -> None:
    plain = client.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=")
    asked = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert asked.text.endswith("# EOF\n")
    names = {family.name for family in openmetrics_families(asked.text)}
    assert {"callsmith_requests", "callsmith_stage_seconds", "callsmith_index_docs"} <= names
    assert "_created" not in plain.text


def test_head_and_the_schema_know_the_page(client: TestClient) -> None:
    head = client.head("/metrics")
    assert (head.status_code, head.content) == (200, b"")
    answers = client.get("/openapi.json").json()["paths"]["/metrics"]["get"]["responses"]
    assert list(answers["200"]["content"]) == ["text/plain"]


def test_no_room_for_the_measures_of_workers_is_told_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, runtime: Runtime
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    monkeypatch.setenv("CALLSMITH_RUN_FOLDER", str(tmp_path))
    with (
        metrics.made_workers_folder(tmp_path),
        pytest.raises(ConfigurationError, match="No space left.*TMPDIR"),
    ):
        create_app(runtime)


def test_the_folder_of_workers_is_named_while_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/somebody/elses")
    assert metrics.workers_folder() is None
    monkeypatch.setenv("CALLSMITH_RUN_FOLDER", str(tmp_path))
    with metrics.made_workers_folder(tmp_path) as folder:
        assert metrics.workers_folder() == folder
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == "/somebody/elses"
    with pytest.raises(ConfigurationError, match="TMPDIR"), metrics.made_workers_folder(tmp_path / "gone"):
        pass
