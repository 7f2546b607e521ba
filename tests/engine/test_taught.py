"""On to the end: what a teacher's instructions taught is served by a real vLLM and answers a request."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from evaluation.engine.reading import context_of
from evaluation.engine.vllm import Vllm
from service import var
from service.settings import load_settings
from tests.engine.conftest import served
from tests.finetune.stages import small_catalogue, teach

pytestmark = pytest.mark.engine


def test_a_model_taught_from_a_teachers_instructions_answers_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSMITH_CATALOGUE", str(small_catalogue(tmp_path / "catalogue")))
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "var"))
    model = teach(tmp_path).model
    searcher = var.open_searcher(load_settings())
    context = context_of(model)
    with (
        Vllm(model, context=context) as engine,
        served(engine, searcher, prompt_style="compact", engine_context=context) as url,
        httpx2.Client(base_url=url, timeout=120) as client,
    ):
        asked = {"instruction": "Write down what is said on a tape", "max_tokens": 128}
        found = client.post("/generate_call", json=asked).raise_for_status().json()
    assert found["status"] == "verified", found["verification"]
    assert not found["generator"]["degraded"], found["generator"]["reason"]
    assert found["generator"]["backend"] == "vllm"
    assert not found["verification"]["repaired"]
