"""The index on disk: opened whole, or refused with the command that helps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from api_docs.errors import BrokenIndex, IndexMismatch, MissingIndex, OutdatedSchema, StorageError
from retriever import vectors
from retriever.dense import DenseIndex
from retriever.index import MANIFEST, build_index, index_version, open_index, save_index
from retriever.searcher import Searcher
from tests.retriever.conftest import WordEncoder, small_docs


@pytest.fixture
def folder(tmp_path: Path, catalogue: Catalogue, encoder: WordEncoder) -> Path:
    target = tmp_path / "index"
    save_index(build_index(catalogue, encoder), target, catalogue.version, encoder.name)
    return target


def test_an_index_read_back_ranks_as_before(folder: Path, catalogue: Catalogue, encoder: WordEncoder) -> None:
    built = Searcher(catalogue, build_index(catalogue, encoder), encoder)
    read = Searcher(catalogue, open_index(folder, catalogue, encoder), encoder)
    for instruction in ("bird species", "write down what is said", "dogs and sirens"):
        assert read.search(instruction, k=50) == built.search(instruction, k=50)
    assert read.version == built.version == index_version(catalogue.version, encoder.name)


def test_progress_ends_at_the_number_of_docs(
    catalogue: Catalogue, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_BATCH", 3)
    seen: list[tuple[int, int]] = []
    build_index(catalogue, encoder, lambda done, every: seen.append((done, every)))
    assert seen == [(3, 7), (6, 7), (7, 7)]


def test_a_missing_index_names_the_command(
    tmp_path: Path, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    with pytest.raises(MissingIndex, match="callsmith index build"):
        open_index(tmp_path / "nowhere", catalogue, encoder)


@pytest.mark.parametrize("name", ["ids.json", "vectors.faiss", "bm25/data.csc.index.npy", "bm25/words.txt"])
def test_a_truncated_file_is_found_and_named(
    folder: Path, catalogue: Catalogue, encoder: WordEncoder, name: str
) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(BrokenIndex, match=f"{path.name}.*callsmith index build"):
        open_index(folder, catalogue, encoder)


def test_a_file_that_is_gone_is_named(folder: Path, catalogue: Catalogue, encoder: WordEncoder) -> None:
    (folder / "vectors.faiss").unlink()
    with pytest.raises(BrokenIndex, match="vectors.faiss"):
        open_index(folder, catalogue, encoder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}'])
def test_a_damaged_manifest_is_refused(
    folder: Path, catalogue: Catalogue, encoder: WordEncoder, text: str
) -> None:
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises((BrokenIndex, OutdatedSchema), match="callsmith index build"):
        open_index(folder, catalogue, encoder)


def test_an_index_of_another_catalogue_is_refused(folder: Path, encoder: WordEncoder) -> None:
    other = Catalogue(small_docs()[:-1])
    with pytest.raises(IndexMismatch, match=other.version):
        open_index(folder, other, encoder)


def test_an_index_of_another_model_is_refused(
    folder: Path, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    encoder.name = "another-model"
    with pytest.raises(IndexMismatch, match="word-counts.*another-model"):
        open_index(folder, catalogue, encoder)


def test_an_index_of_another_schema_is_refused(
    folder: Path, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | {"schema_version": 99}), encoding="utf-8")
    with pytest.raises(OutdatedSchema, match="99"):
        open_index(folder, catalogue, encoder)


def test_a_disk_that_fills_up_leaves_the_old_index(
    folder: Path, catalogue: Catalogue, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    index = build_index(catalogue, encoder)
    monkeypatch.setattr(type(index.dense), "save", no_space)
    with pytest.raises(StorageError, match="No space left on device.*CALLSMITH_VAR"):
        save_index(index, folder, catalogue.version, encoder.name)
    assert open_index(folder, catalogue, encoder).version == index.version
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_vectors_that_can_not_be_written_are_the_operating_systems_complaint(tmp_path: Path) -> None:
    vectors = DenseIndex.build(np.eye(3, dtype=np.float32))
    with pytest.raises(OSError, match="No such file"):
        vectors.save(tmp_path / "missing" / "vectors.faiss")
