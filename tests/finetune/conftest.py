"""A tiny model, and a hub on loopback that has it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import close_session

from finetune.tiny import TinySizes, make_tiny_model
from tests.finetune.hub_server import FakeHub, serving
from tests.retriever.conftest import small_docs

SMALL = TinySizes(hidden_size=16, layers=1, heads=2, vocabulary=400, context=128)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny", SMALL, small_docs())


@pytest.fixture(autouse=True)
def _power_stays_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here outlasts a loss of power, and every test would wait for the disk."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def hub(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """With small pieces, so that a tiny file breaks off in the middle, and without pauses between tries."""
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1024)
    without_pauses = SimpleNamespace(**vars(time) | {"sleep": lambda _: None})
    monkeypatch.setattr("huggingface_hub.file_download.time", without_pauses)
    with serving(FakeHub(models={"callsmith/tiny": tiny})) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub
        close_session()
