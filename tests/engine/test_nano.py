"""The small model that ships, behind the real engine: what `COMPOSE_PROFILES=cpu MODEL=nano` runs."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from evaluation.engine.reading import context_of
from evaluation.engine.vllm import Vllm
from evaluation.workload import instructions
from finetune.weights.nano import NANO
from retriever.searcher import Searcher
from tests.engine.conftest import served

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def nano() -> Iterator[Vllm]:
    with Vllm(NANO, context=context_of(NANO)) as engine:
        yield engine


@pytest.mark.parametrize(("constrained", "at_least"), [(True, 1.0), (False, 0.7)])
def test_its_calls_verify(nano: Vllm, searcher: Searcher, constrained: bool, at_least: float) -> None:
    """With a grammar all of them; without one those that it read. One asks for what nothing serves."""
    settings = {"prompt_style": "compact", "engine_context": context_of(NANO), "constrained": constrained}
    with (
        served(nano, searcher, **settings) as url,
        httpx2.Client(base_url=url, timeout=120) as client,
    ):
        found = [
            client.post("/generate_call", json={"instruction": text, "max_tokens": 128}).json()
            for text in instructions(12, seed=31)
        ]
    assert not [one["generator"]["reason"] for one in found if one["generator"]["degraded"]]
    answered = [one for one in found if one["status"] != "no_match"]
    assert len(answered) >= 11
    own = [one for one in answered if one["status"] == "verified" and not one["verification"]["repaired"]]
    others = [(one["call"], one["verification"]) for one in answered if one not in own]
    assert len(own) >= at_least * len(answered), others
