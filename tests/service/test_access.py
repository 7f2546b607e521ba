"""Who may ask: with keys everything but the open paths needs one, and each asks as often as it may."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api_docs.errors import ConfigurationError
from retriever.searcher import Searcher
from service.access import OPEN, bearer, is_open
from service.app import create_app
from service.keys import add_key
from service.logs import ACCESS, JsonLines
from service.problems import rate_limited
from service.runtime import Runtime
from service.settings import Settings
from service.shared import Shared
from tests.service.test_http_bad_input import GOOD, refused

TODAY = date(2026, 1, 2)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def key(path: Path) -> str:
    return add_key(path, "team", 5, TODAY)


@pytest.fixture
def guarded(path: Path, key: str, searcher: Searcher, clock: Clock) -> Iterator[TestClient]:
    """The service with one key, which may ask five times a minute."""
    app = create_app(Runtime(Settings(keys=path), searcher), Shared(None, clock))
    with TestClient(app) as client:
        yield client


def carrying(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize(
    "url",
    [
        "/search",
        "/generate_call",
        "/api_docs",
        "/nothing",
        "/assets",
        "/playground",
        "/status",
        "/report",
        "/mcp",
    ],
)
def test_without_a_key_nothing_is_answered(guarded: TestClient, method: str, url: str) -> None:
    response = guarded.request(method, url, json={"instruction": GOOD})
    refused(response, 401, "unauthorized", "Authorization: Bearer")
    assert response.headers["www-authenticate"] == 'Bearer realm="callsmith"'


def test_head_without_a_key_is_refused_without_a_body(guarded: TestClient) -> None:
    response = guarded.head("/api_docs")
    assert response.status_code == 401
    assert response.content == b""
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "presented",
    [
        "Bearer cs_wrong",
        "Bearer  cs_wrong ",
        "bearer é",
    ],
)
def test_an_unknown_key_is_refused_and_not_repeated(guarded: TestClient, presented: str) -> None:
    headers = {b"authorization": presented.encode("latin-1")}
    response = guarded.get("/api_docs", headers=headers)
    refused(response, 401, "unauthorized", "not known")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert "cs_wrong" not in response.text


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearer\t", "", "BearerX"])
def test_a_key_in_another_dress_is_no_key(guarded: TestClient, key: str, scheme: str) -> None:
    assert guarded.get("/api_docs", headers={"authorization": f"{scheme} {key}"}).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_a_key_everything_is_answered(guarded: TestClient, key: str, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {key}"}
    assert guarded.get("/api_docs", headers=headers).status_code == 200
    assert guarded.head("/api_docs", headers=headers).status_code == 200
    assert guarded.post("/search", json={"instruction": GOOD}, headers=headers).status_code == 200
    refused(guarded.get("/nothing", headers=headers), 404, "unknown_path")


def test_a_key_in_the_query_is_no_key(guarded: TestClient, key: str) -> None:
    assert guarded.get(f"/api_docs?key={key}&access_token={key}").status_code == 401


@pytest.mark.parametrize(
    "url", ["/healthz", "/readyz", "/docs", "/redoc", "/openapi.json", "/assets/swagger-ui.css"]
)
def test_probes_and_pages_need_no_key(guarded: TestClient, url: str) -> None:
    for _ in range(10):
        assert guarded.get(url).status_code == 200
        assert guarded.head(url).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/healthz/",
        "/healthz/x",
        "//healthz",
        "/Healthz",
        "/assets",
        "/playground",
        "/docs/../search",
        "/metricsx",
        "",
    ],
)
def test_what_only_looks_like_an_open_path_is_none(path: str) -> None:
    assert not is_open(path)
    assert all(is_open(known) for known in (*OPEN, "/playground/app.js"))


def test_the_key_asks_as_often_as_it_may_and_is_told_when_to_come_back(
    guarded: TestClient, key: str, clock: Clock
) -> None:
    def ask() -> Any:
        return guarded.get("/api_docs", headers=carrying(key))

    assert [ask().status_code for _ in range(5)] == [200] * 5
    response = ask()
    refused(response, 429, "rate_limited", "'team'", "5 times a minute", "12 s")
    assert response.headers["retry-after"] == "12"
    clock.now += 11.9
    assert ask().headers["retry-after"] == "1"
    clock.now += 0.1
    assert ask().status_code == 200
    assert ask().status_code == 429


def test_requests_that_are_refused_anyway_count_as_well(guarded: TestClient, key: str) -> None:
    for _ in range(5):
        assert guarded.get("/nothing", headers=carrying(key)).status_code == 404
    assert guarded.get("/api_docs", headers=carrying(key)).status_code == 429


def test_each_key_has_a_bucket_of_its_own(guarded: TestClient, path: Path, searcher: Searcher) -> None:
    one, other = add_key(path, "one", 1, TODAY), add_key(path, "other", 1, TODAY)
    app = create_app(Runtime(Settings(keys=path), searcher), Shared(None, Clock()))
    with TestClient(app) as client:
        found = [client.get("/api_docs", headers=carrying(key)).status_code for key in (one, one, other)]
    assert found == [200, 429, 200]


@pytest.mark.parametrize(("wait", "seconds"), [(0.001, "1"), (1.0, "1"), (1.01, "2"), (59.2, "60")])
def test_the_wait_is_told_in_whole_seconds_and_never_too_short(wait: float, seconds: str) -> None:
    assert rate_limited("a", 1, wait).headers["Retry-After"] == seconds


def test_the_log_names_the_key_and_never_shows_it(
    guarded: TestClient, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, ACCESS):
        for _ in range(6):
            guarded.get("/api_docs", headers=carrying(key))
        guarded.get("/api_docs", headers=carrying("cs_wrong"))
        guarded.get("/docs", headers=carrying(key))
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == ACCESS]
    assert [(line["status"], line.get("key_name")) for line in lines] == [
        *[(200, "team")] * 5,
        (429, "team"),
        (401, None),
        (200, None),
    ]
    assert "cs_" not in caplog.text


def test_without_keys_nobody_needs_one(client: TestClient) -> None:
    assert client.get("/api_docs").status_code == 200
    assert client.get("/api_docs", headers=carrying("cs_whatever")).status_code == 200


def test_keys_that_can_not_be_read_are_no_reason_to_let_everybody_in(path: Path, searcher: Searcher) -> None:
    with pytest.raises(ConfigurationError, match="no key file"):
        create_app(Runtime(Settings(keys=path), searcher))


def test_the_schema_says_how_a_key_is_sent_and_that_it_may_not_be_needed(client: TestClient) -> None:
    spec = client.get("/openapi.json").json()
    assert spec["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert spec["security"] == [{}, {"key": []}]


@pytest.mark.parametrize(
    ("authorization", "key"),
    [("Bearer a", "a"), ("  bearer   a  ", "a"), ("Bearer", ""), ("Bearer ", ""), ("", ""), ("Basic a", "")],
)
def test_the_key_is_what_follows_the_scheme(authorization: str, key: str) -> None:
    assert bearer(authorization) == key
