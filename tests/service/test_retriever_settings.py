"""A taught retriever is a setting: each has indexes of its own, and a running service never mixes them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import service.var
from api_docs.errors import ConfigurationError, EmbeddingModelError
from retriever.embedding import DEFAULT_MODEL, model_identity
from retriever.query_matrix import MATRIX_FILE, QueryMatrix
from service import var
from service.app import create_app
from service.cli import app
from service.publishing import publish
from service.refresh.indexing import index_both
from service.runtime import Runtime, open_runtime
from service.settings import Settings, load_settings
from service.watching import Watcher
from tests.service.publishing_cases import (
    ROOSTERS,
    NamedWordEncoder,
    first_catalogue,
    second_catalogue,
    written,
)

MODEL = Settings().embedding_model


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> NamedWordEncoder:
    one = NamedWordEncoder(MODEL)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: one)
    return one


def put(path: Path, values: np.ndarray, model: str = MODEL) -> QueryMatrix:
    """A matrix in a file."""
    matrix = QueryMatrix.of(values, model)
    path.write_bytes(matrix.to_bytes())
    return matrix


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A matrix that turns vectors' numbers round."""
    put(tmp_path / MATRIX_FILE, np.eye(64)[::-1])
    return tmp_path / MATRIX_FILE


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var", catalogue=written(first_catalogue(), tmp_path / "catalogue"))


@pytest.fixture
def turned(plain: Settings, path: Path) -> Settings:
    return plain.model_copy(update={"retriever_matrix": path})


def test_the_setting_is_a_file_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_RETRIEVER_MATRIX", str(tmp_path / "nothing"))
    with pytest.raises(
        ConfigurationError, match="no such file; `callsmith finetune retriever --method matrix`"
    ):
        load_settings()
    monkeypatch.setenv("CALLSMITH_RETRIEVER_MATRIX", str(tmp_path))
    with pytest.raises(ConfigurationError, match="it is a folder; name the file in it"):
        load_settings()


def test_worker_processes_are_told_of_the_matrix(turned: Settings, path: Path) -> None:
    assert turned.environment()["CALLSMITH_RETRIEVER_MATRIX"] == str(path)


def test_each_matrix_has_an_index_of_its_own_and_no_doc_is_embedded_for_it(
    plain: Settings, turned: Settings, encoder: NamedWordEncoder, path: Path
) -> None:
    var.ensure_index(plain)
    encoder.asked.clear()
    first, built = var.ensure_index(turned)
    assert built
    assert first.manifest.query_matrix == QueryMatrix.of(np.eye(64)[::-1], MODEL).version
    put(path, -np.eye(64))
    second, built = var.ensure_index(turned)
    assert built
    assert encoder.asked == []
    folders = {one.name for one in (plain.var / "indexes").iterdir()}
    assert folders == {var.index_info(plain).folder.name, first.folder.name, second.folder.name}


def test_a_forced_build_embeds_every_doc(
    plain: Settings, turned: Settings, encoder: NamedWordEncoder
) -> None:
    var.ensure_index(plain)
    encoder.asked.clear()
    var.ensure_index(turned, force=True)
    assert encoder.asked


def test_a_damaged_index_beside_it_is_not_taken_over(
    plain: Settings, turned: Settings, encoder: NamedWordEncoder
) -> None:
    info, _ = var.ensure_index(plain)
    (info.folder / "vectors.faiss").write_bytes(b"")
    encoder.asked.clear()
    var.ensure_index(turned)
    assert encoder.asked


def test_a_service_answers_with_the_matrix_that_is_set(plain: Settings, turned: Settings) -> None:
    question = {"instruction": "tell species of birds apart on photos", "retriever": "dense"}
    answers = []
    for settings in (plain, turned):
        runtime = open_runtime(settings)
        with TestClient(create_app(runtime)) as client:
            answers.append(client.post("/generate_call", json=question).json())
        runtime.served.searcher.encoder.close()  # type: ignore[attr-defined]
    one, other = answers
    assert one["index_version"] != other["index_version"]
    scores = [{hit["id"]: hit["scores"]["dense"] for hit in answer["hits"]} for answer in answers]
    assert scores[0] != scores[1]


def test_a_matrix_for_another_model_is_refused_before_anything_is_embedded(
    turned: Settings, path: Path, encoder: NamedWordEncoder
) -> None:
    put(path, np.eye(64), "another/model")
    with pytest.raises(EmbeddingModelError, match="learnt for 'another/model'"):
        var.open_searcher(turned)
    assert encoder.asked == []
    assert not list((turned.var / "indexes").iterdir())


@pytest.fixture
def published(tmp_path: Path, path: Path) -> Settings:
    settings = Settings(var=tmp_path / "var", retriever_matrix=path)
    publish(settings, written(first_catalogue(), tmp_path / "first"))
    return settings


@pytest.fixture
def runtime(published: Settings) -> Iterator[Runtime]:
    one = open_runtime(published)
    yield one
    one.served.searcher.encoder.close()  # type: ignore[attr-defined]


def test_a_running_service_takes_up_another_matrix_with_its_index(
    runtime: Runtime, published: Settings, path: Path
) -> None:
    before = runtime.served
    put(path, -np.eye(64))
    watcher = Watcher(runtime)
    watcher.look()
    assert runtime.served is before  # nobody has built its index yet
    assert runtime.watch_problem is not None
    assert "callsmith index build" in runtime.watch_problem
    var.ensure_index(published)
    watcher.look()
    assert runtime.served.version == var.served_version(published) != before.version
    assert runtime.watch_problem is None


def test_a_running_service_keeps_the_matrix_that_it_opened_when_the_file_goes(
    runtime: Runtime, path: Path
) -> None:
    before = runtime.served
    path.unlink()
    Watcher(runtime).look()
    assert runtime.served is before
    assert runtime.served.searcher.search(ROOSTERS, k=1, hub=None, domain=None, retriever="dense")  # type: ignore[arg-type]
    assert "can't read the retriever's matrix" in str(runtime.watch_problem)


def test_a_refresh_builds_the_next_index_with_the_matrix(published: Settings, path: Path) -> None:
    made = index_both(published, var.read_catalogue(published), second_catalogue(), lambda *_: None)
    expected = var.query_matrix(published)
    assert expected is not None
    for index in (made.before, made.after):
        assert index.matrix is not None
        assert index.matrix.version == expected.version
    assert made.after.version == var.index_version_of(published, second_catalogue().version)
    assert (made.after.embedded, made.notes) == (1, ())


def test_publishing_again_finds_the_index_whole(published: Settings, tmp_path: Path) -> None:
    again = publish(published, tmp_path / "first")
    assert (again.changed, again.index_built) == (False, False)


def test_the_command_says_which_matrix_an_index_has(
    turned: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in turned.environment().items():
        monkeypatch.setenv(name, value)
    found = CliRunner().invoke(app, ["index", "build", "--json"], prog_name="callsmith")
    assert found.exit_code == 0, found.output
    matrix = var.query_matrix(turned)
    assert matrix is not None
    assert json.loads(found.stdout)["query_matrix"] == matrix.version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What passes for a trained model's folder."""
    model = tmp_path / "trained"
    (model / "1_Pooling").mkdir(parents=True)
    (model / "model.safetensors").write_bytes(b"weights")
    (model / "1_Pooling" / "config.json").write_bytes(b"{}")
    (model / "README.md").write_text("A card.", encoding="utf-8")
    return model


def test_a_folder_is_known_by_what_is_in_it_and_a_name_by_itself(folder: Path, tmp_path: Path) -> None:
    before = model_identity(str(folder))
    assert before.startswith("trained@")
    (folder / "README.md").write_text("Another card.", encoding="utf-8")
    assert model_identity(str(folder)) == before
    folder.rename(tmp_path / "elsewhere")
    (tmp_path / "moved").mkdir()
    (tmp_path / "elsewhere").rename(tmp_path / "moved" / "trained")
    assert model_identity(str(tmp_path / "moved" / "trained")) == before
    assert model_identity(DEFAULT_MODEL) == DEFAULT_MODEL
    assert model_identity("someone/else") == "someone/else"


@pytest.mark.parametrize("name", ["model.safetensors", "1_Pooling/config.json", "another"])
def test_other_weights_in_the_same_folder_are_another_index(plain: Settings, folder: Path, name: str) -> None:
    settings = plain.model_copy(update={"embedding_model": str(folder)})
    before = var.served_version(settings)
    (folder / name).write_bytes(b"other bytes")
    assert var.served_version(settings) != before


def test_bytes_that_change_without_a_new_size_are_noticed(folder: Path) -> None:
    before = model_identity(str(folder))
    weights = folder / "model.safetensors"
    weights.write_bytes(b"WEIGHTS")
    os.utime(weights, ns=(1, 1))
    assert model_identity(str(folder)) != before


def test_a_running_service_does_not_mix_a_folder_s_old_weights_with_the_new_ones_index(
    plain: Settings, folder: Path, encoder: NamedWordEncoder
) -> None:
    settings = plain.model_copy(update={"embedding_model": str(folder)})
    encoder.name = model_identity(str(folder))
    runtime = open_runtime(settings)
    before = runtime.served
    before.searcher.encoder.close()  # type: ignore[attr-defined]
    (folder / "model.safetensors").write_bytes(b"other weights")
    Watcher(runtime).look()
    assert runtime.served is before
    assert "restart the service" in str(runtime.watch_problem)
