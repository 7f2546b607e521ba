"""`/readyz` tells index and engine apart, and says why."""

from __future__ import annotations

from typing import Any

import httpx2
from starlette.testclient import TestClient

from retriever.searcher import Searcher
from service.app import create_app
from service.generators.breaker import CircuitBreaker
from service.generators.vllm import VllmGenerator
from service.runtime import Runtime
from service.settings import Settings
from tests.service.test_vllm_generator import Engine, completion, says

MODELS = {"object": "list", "data": [{"id": "gorilla-7b", "object": "model"}]}


def ready(searcher: Searcher, engine: VllmGenerator | None, asked: int = 0) -> dict[str, Any]:
    """What it says, after so many instructions."""
    runtime = Runtime(Settings(engine_probe_seconds=3_600), searcher, engine)
    with TestClient(create_app(runtime)) as client:
        for _ in range(asked):
            assert client.post("/generate_call", json={"instruction": "birds on photos"}).status_code == 200
        response = client.get("/readyz")
    assert response.status_code == 200
    return dict(response.json())


def engine_that(*answers: httpx2.Response | Exception) -> VllmGenerator:
    return Engine(*answers).generator(model=None, retries=0, breaker=CircuitBreaker(3))


def test_without_an_engine_only_the_index_counts(searcher: Searcher) -> None:
    found = ready(searcher, None)
    assert (found["status"], found["generator"], found["engine"]) == ("ready", "grounded", None)
    assert found["index"]["version"] == searcher.version
    assert found["index"]["docs"] == 7
    assert found["index"]["hubs"] == ["torchhub", "tfhub", "huggingface"]
    assert found["index"]["problem"] is None


def test_an_engine_that_writes_is_up(searcher: Searcher) -> None:
    found = ready(searcher, engine_that(says(MODELS), says(completion())), asked=1)
    assert (found["status"], found["generator"]) == ("ready", "vllm")
    assert found["engine"]["up"] is True
    assert found["engine"]["circuit"] == "closed"
    assert found["engine"]["model"] == "gorilla-7b"


def test_an_engine_that_is_down_makes_it_degraded_and_the_reason_is_told(searcher: Searcher) -> None:
    found = ready(searcher, engine_that(says({}, 500)), asked=1)
    assert found["status"] == "degraded"
    assert found["index"]["problem"] is None
    assert found["engine"]["up"] is False
    assert "500" in found["engine"]["problem"]


def test_an_engine_that_failed_again_and_again_is_left_alone(searcher: Searcher) -> None:
    assert ready(searcher, engine_that(says({}, 500)), asked=3)["engine"]["circuit"] == "open"


def test_an_index_that_could_not_be_taken_up_is_told_apart(searcher: Searcher) -> None:
    runtime = Runtime(Settings(), searcher)
    runtime.watch_problem = "the new index is damaged"
    with TestClient(create_app(runtime)) as client:
        found = client.get("/readyz").json()
    assert found["index"]["problem"] == "the new index is damaged"
    assert found["engine"] is None
