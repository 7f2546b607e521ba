"""What a running service holds."""

from __future__ import annotations

import pytest

from retriever.searcher import Searcher
from service import runtime as module
from service.generators.vllm import VllmGenerator
from service.runtime import Runtime, open_runtime
from service.schemas import GeneratorChoice
from service.settings import Settings


@pytest.fixture
def _instant(monkeypatch: pytest.MonkeyPatch, searcher: Searcher) -> None:
    monkeypatch.setattr(module.var, "open_searcher", lambda *_: searcher)


@pytest.mark.usefixtures("_instant")
def test_without_an_engine_grounded_answers() -> None:
    runtime = open_runtime(Settings())
    assert runtime.engine is None
    assert runtime.automatic is GeneratorChoice.GROUNDED
    runtime.close()


@pytest.mark.usefixtures("_instant")
def test_an_engine_that_is_set_answers_by_itself_and_is_let_go_of() -> None:
    settings = Settings(engine_url="http://127.0.0.1:9/v1", engine_model="m", engine_key="hush")
    runtime = open_runtime(settings)
    assert isinstance(runtime.engine, VllmGenerator)
    assert runtime.engine.model == "m"
    assert runtime.automatic is GeneratorChoice.VLLM
    runtime.close()


def test_a_runtime_needs_no_more_than_settings_and_a_searcher(searcher: Searcher) -> None:
    assert Runtime(Settings(), searcher).grounded.name == "grounded"
