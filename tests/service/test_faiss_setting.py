"""The FAISS that is set is looked at before anything is loaded or any worker starts."""

from __future__ import annotations

from pathlib import Path

import faiss
import pytest

import service.var
from api_docs.errors import ConfigurationError
from retriever import faiss_package
from retriever.index import Index
from service import server, var
from service.settings import Settings, load_settings
from tests.service.publishing_cases import NamedWordEncoder, first_catalogue, written


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = written(first_catalogue(), tmp_path / "catalogue")
    return Settings(var=tmp_path / "var", catalogue=folder, faiss_device="gpu", port=1)


def never(_: str) -> None:
    raise AssertionError("a model was loaded for nothing")


def test_cpus_are_the_default_and_others_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().faiss_device == "cpu"
    monkeypatch.setenv("CALLSMITH_FAISS_DEVICE", "tpu")
    with pytest.raises(ConfigurationError, match="CALLSMITH_FAISS_DEVICE is 'tpu'"):
        load_settings()


@pytest.mark.skipif(hasattr(faiss, "StandardGpuResources"), reason="this FAISS was built for GPUs")
def test_gpus_that_faiss_does_not_know_are_refused_before_a_model_is_loaded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.var, "load_encoder", never)
    with pytest.raises(ConfigurationError, match="without GPUs"):
        var.open_searcher(settings)
    monkeypatch.setattr(server, "bind", lambda *_: server.socket.socket())
    with pytest.raises(ConfigurationError, match="without GPUs"):
        server.prepare(settings.model_copy(update={"workers": 2}))


def test_two_builds_of_faiss_are_refused_before_a_model_is_loaded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.var, "load_encoder", never)
    monkeypatch.setattr(faiss_package, "version", lambda _: "1.15.1")
    own = settings.model_copy(update={"faiss_device": "cpu"})
    for refused in (var.open_searcher, var.ensure_index):
        with pytest.raises(ConfigurationError, match="never both"):
            refused(own)


def test_gpus_get_the_vectors_when_a_service_opens_and_when_it_swaps(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed: list[str] = []

    def on_gpus(index: Index) -> Index:
        placed.append(index.version)
        return index

    encoder = NamedWordEncoder(settings.embedding_model)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: encoder)
    monkeypatch.setattr(service.var, "check_gpus", lambda: None)
    monkeypatch.setattr(Index, "on_gpus", on_gpus)
    searcher = var.open_searcher(settings)
    again = var.reopen_searcher(settings, searcher.encoder)
    searcher.encoder.close()  # type: ignore[attr-defined]
    assert placed == [searcher.version, again.version]
