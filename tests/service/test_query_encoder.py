"""What encodes instructions in a running service: the exported model where that can be, else the model."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

import service.var
from api_docs.errors import EmbeddingModelError
from retriever.embedding import SentenceEncoder
from retriever.onnx_encoder import OnnxEncoder
from service import var
from service.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var", embedding_threads=1)


def never(*_: object) -> None:
    raise AssertionError("the model was loaded")


def test_the_model_is_exported_once_and_not_loaded_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = var.query_encoder(settings)
    monkeypatch.setattr(service.var, "load_encoder", never)
    again = var.query_encoder(settings)
    assert isinstance(first, OnnxEncoder)
    assert isinstance(again, OnnxEncoder)
    np.testing.assert_array_equal(first.encode(["a dog barks"]), again.encode(["a dog barks"]))


def test_torch_encodes_where_it_is_set(settings: Settings) -> None:
    chosen = var.query_encoder(settings.model_copy(update={"embedding_backend": "torch"}))
    assert isinstance(chosen, SentenceEncoder)
    assert not (settings.var / "encoders").exists()


def test_a_model_that_can_t_be_exported_encodes_itself_and_the_log_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise EmbeddingModelError("can't be exported")

    monkeypatch.setattr(service.var, "exported", fail)
    with caplog.at_level(logging.WARNING):
        assert isinstance(var.query_encoder(settings), SentenceEncoder)
    assert caplog.records[-1].fields == {"reason": "can't be exported"}  # type: ignore[attr-defined]


def test_files_that_changed_are_exported_anew(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_bytes(b"one")
    settings = Settings(var=tmp_path / "var", embedding_model=str(model))
    before = var.exported_folder(settings)
    assert var.exported_folder(settings) == before
    (model / "weights").write_bytes(b"another")
    assert var.exported_folder(settings) != before
