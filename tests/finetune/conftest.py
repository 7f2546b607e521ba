"""A tiny model and its tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finetune.weights.tiny import TinySizes, make_tiny_model
from tests.retriever.conftest import small_docs

SMALL = TinySizes(hidden_size=16, layers=1, heads=2, vocabulary=400, context=128)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny", SMALL, small_docs())


@pytest.fixture(scope="session")
def tokenizer(tiny: Path) -> Any:
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

    return AutoTokenizer.from_pretrained(tiny)


@pytest.fixture(autouse=True)
def _power_stays_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here outlasts a loss of power, and every test would wait for the disk."""
    monkeypatch.setattr("os.fsync", lambda _: None)
