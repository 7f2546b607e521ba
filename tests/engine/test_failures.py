"""An engine that dies, hangs or is full: what callers get meanwhile, and how the service finds back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from evaluation.engine.vllm import Vllm
from evaluation.workload import instructions
from tests.engine.conftest import Serve, eventually

pytestmark = pytest.mark.engine

ASKED = instructions(24, seed=7)


def call(client: httpx2.Client, instruction: str, **fields: object) -> dict[str, object]:
    response = client.post("/generate_call", json={"instruction": instruction, "temperature": 1.0, **fields})
    assert response.status_code == 200, response.text
    return dict(response.json())


def by_engine(client: httpx2.Client) -> bool:
    answer = call(client, ASKED[0])
    return answer["status"] == "verified" and not answer["generator"]["degraded"]


def test_a_hung_engine_costs_its_timeout_at_most_and_is_taken_up_again(serve: Serve, engine: Vllm) -> None:
    client = serve(engine_timeout=2.0, engine_failures=2, engine_probe_seconds=0.5)
    assert eventually(lambda: by_engine(client))
    engine.stop()
    try:
        for instruction in ASKED[:4]:
            answer = call(client, instruction)
            assert answer["status"] == "verified"
            assert answer["generator"]["degraded"] is True
            assert answer["timing_ms"]["generate"] < 10_000
        ready = client.get("/readyz").json()
        assert (ready["status"], ready["engine"]["circuit"]) != ("ready", "closed")
        assert ready["engine"]["problem"]
        assert ready["index"]["problem"] is None
    finally:
        engine.cont()
    assert eventually(lambda: by_engine(client))
    assert client.get("/readyz").json()["status"] == "ready"


def test_a_dead_engine_is_stood_in_for_and_its_successor_taken_up_without_a_restart(
    serve: Serve, engine: Vllm
) -> None:
    client = serve(engine_failures=2, engine_probe_seconds=0.5)
    assert eventually(lambda: by_engine(client))
    engine.kill()
    try:
        for instruction in ASKED[:6]:
            answer = call(client, instruction)
            assert answer["status"] == "verified"
            assert answer["generator"]["backend"] == "grounded"
            assert answer["generator"]["degraded"] is True
            assert answer["generator"]["reason"]
        ready = client.get("/readyz").json()
        assert ready["status"] == "degraded"
        assert ready["engine"]["up"] is False
    finally:
        engine.start()
    assert eventually(lambda: by_engine(client))
    assert client.get("/readyz").json()["status"] == "ready"


def test_no_more_requests_than_set_reach_the_engine_at_once(serve: Serve, engine: Vllm) -> None:
    client = serve(engine_concurrency=2)
    seen = []
    with ThreadPoolExecutor(8) as callers:
        answers = [callers.submit(call, client, instruction) for instruction in ASKED[:16]]
        while not all(answer.done() for answer in answers):
            seen.append(engine.running())
    assert max(seen) <= 2
    assert all(answer.result()["status"] == "verified" for answer in answers)


def test_more_callers_than_are_held_get_429_and_when_to_come_back(serve: Serve, engine: Vllm) -> None:
    client = serve(max_in_flight=4)

    def ask(instruction: str) -> httpx2.Response:
        return client.post("/generate_call", json={"instruction": instruction, "temperature": 1.0})

    with ThreadPoolExecutor(24) as callers:
        answers = list(callers.map(ask, ASKED))
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 429}
    for answer in answers:
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
        else:
            assert answer.json()["status"] == "verified"
    assert eventually(lambda: engine.running() == 0)
