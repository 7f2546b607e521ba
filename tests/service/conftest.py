"""A small catalogue behind the real searcher and the real application, all in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api_docs.catalogue import Catalogue
from retriever.index import build_index
from retriever.prompt import Prompt
from retriever.searcher import Searcher
from service.app import create_app
from service.generators.base import Generation
from service.runtime import Runtime
from service.settings import NOT_SETTINGS, PREFIX, Settings
from tests.retriever.conftest import WordEncoder, small_docs


class Written:
    """A generator that writes what it is told, or fails."""

    def __init__(self, answer: str | Exception, name: str = "vllm", model: str | None = "test-model") -> None:
        self.answer = answer
        self.name = name
        self.model = model
        self.prompts: list[Prompt] = []

    async def generate(self, prompt: Prompt, **options: Any) -> Generation:
        self.prompts.append(prompt)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Generation(self.answer or prompt.docs[0].call, self.model, "stop")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have set variables of ours."""
    for name in list(os.environ):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def searcher() -> Searcher:
    catalogue, encoder = Catalogue(small_docs()), WordEncoder()
    return Searcher(catalogue, build_index(catalogue, encoder), encoder)


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def runtime(settings: Settings, searcher: Searcher) -> Runtime:
    return Runtime(settings, searcher)


@pytest.fixture
def client(runtime: Runtime) -> Iterator[TestClient]:
    with TestClient(create_app(runtime)) as client:
        yield client
