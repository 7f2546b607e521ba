"""A matrix turns instructions' vectors, belongs to one model, and is read with its index or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
from safetensors.numpy import save

from api_docs.catalogue import Catalogue
from api_docs.errors import BrokenIndex, EmbeddingModelError, IndexMismatch
from retriever.hits import RetrieverName
from retriever.index import build_index, index_version, open_index, save_index
from retriever.learnt_file import to_bytes
from retriever.query_matrix import MATRIX_FILE, QueryMatrix, query_matrix_version, read_query_matrix
from retriever.searcher import Searcher
from tests.retriever.conftest import WordEncoder

BIRDS = "tell species of birds apart on photos"


def swapped(encoder: WordEncoder) -> QueryMatrix:
    """Turns every vector's numbers round: the first becomes the last."""
    return QueryMatrix.of(np.eye(encoder.dimensions, dtype=np.float32)[::-1], encoder.name)


def test_a_matrix_comes_back_from_its_file(tmp_path: Path, encoder: WordEncoder) -> None:
    matrix = QueryMatrix.of(np.random.default_rng(0).normal(size=(64, 64)), encoder.name)
    path = tmp_path / MATRIX_FILE
    path.write_bytes(matrix.to_bytes())
    found = read_query_matrix(path)
    np.testing.assert_array_equal(found.values, matrix.values)
    assert (found.model, found.version) == (matrix.model, matrix.version)
    assert query_matrix_version(path) == matrix.version
    assert found.to_bytes() == matrix.to_bytes()


def test_the_file_of_the_default_model_s_size_is_under_two_megabytes() -> None:
    assert len(QueryMatrix.of(np.eye(384), "a").to_bytes()) < 2 * 10**6


def test_other_values_or_another_model_are_another_version() -> None:
    one, turned = np.eye(3), np.eye(3)[::-1]
    versions = {QueryMatrix.of(one, "a").version, QueryMatrix.of(turned, "a").version}
    assert len(versions | {QueryMatrix.of(one, "b").version}) == 3


def test_turned_vectors_are_the_product_made_units_again() -> None:
    random = np.random.default_rng(1)
    values, vectors = random.normal(size=(5, 5)), random.normal(size=(7, 5))
    product = vectors @ values
    expected = product / np.linalg.norm(product, axis=1, keepdims=True)
    found = QueryMatrix.of(values, "a").turn(vectors.astype(np.float32))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_vector_of_nothing_stays_one() -> None:
    nothing = np.zeros((1, 3), dtype=np.float32)
    np.testing.assert_array_equal(QueryMatrix.of(np.eye(3), "a").turn(nothing), nothing)


def with_header(data: bytes, change: dict[str, object] | None) -> bytes:
    """The file with something else said of itself."""
    size = int.from_bytes(data[:8], "little")
    header = orjson.loads(data[8 : 8 + size])
    if change is None:
        del header["__metadata__"]
    else:
        header["__metadata__"]["callsmith"] = orjson.dumps(change).decode()
    written = orjson.dumps(header)
    return len(written).to_bytes(8, "little") + written + data[8 + size :]


GOOD = QueryMatrix.of(np.eye(4), "a").to_bytes()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "SafetensorError|ValueError"),
        (GOOD[:-1], "ValueError"),
        (with_header(GOOD, None), "KeyError: '__metadata__'"),
        (with_header(GOOD, {"schema_version": 9, "model": "a"}), "it has schema 9, this Callsmith reads 1"),
        (save({"matrix": np.eye(4)}), "KeyError: '__metadata__'"),
        (to_bytes({"other": np.eye(4)}, {"schema_version": 1, "model": "a"}), "KeyError: 'matrix'"),
        (QueryMatrix.of(np.ones((2, 3)), "a").to_bytes(), r"found float32 of shape \(2, 3\)"),
        (QueryMatrix.of(np.full((2, 2), np.nan), "a").to_bytes(), "not finite"),
    ],
)
def test_a_file_that_holds_no_matrix_is_an_error_that_names_the_fix(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    path = tmp_path / MATRIX_FILE
    path.write_bytes(data)
    with pytest.raises(EmbeddingModelError, match=rf"{reason}.*unset CALLSMITH_RETRIEVER_MATRIX"):
        read_query_matrix(path)


def test_a_file_that_is_not_there_is_an_error_that_names_the_fix(tmp_path: Path) -> None:
    for read in (read_query_matrix, query_matrix_version):
        with pytest.raises(EmbeddingModelError, match="No such file.*callsmith finetune retriever"):
            read(tmp_path / "nothing")


def test_a_matrix_for_another_model_or_length_is_refused(catalogue: Catalogue, encoder: WordEncoder) -> None:
    other, short = QueryMatrix.of(np.eye(64), "another"), QueryMatrix.of(np.eye(3), encoder.name)
    with pytest.raises(
        EmbeddingModelError, match="learnt for 'another', the embedding model is 'word-counts'"
    ):
        build_index(catalogue, encoder, matrix=other)
    with pytest.raises(EmbeddingModelError, match="turns vectors of 3 numbers, 'word-counts' makes 64"):
        build_index(catalogue, encoder, matrix=short)


def test_the_index_of_a_matrix_has_a_version_of_its_own_and_the_same_vectors(
    catalogue: Catalogue, encoder: WordEncoder
) -> None:
    plain, turned = build_index(catalogue, encoder), build_index(catalogue, encoder, matrix=swapped(encoder))
    same = build_index(catalogue, encoder, matrix=QueryMatrix.of(np.eye(64), encoder.name))
    assert len({plain.version, turned.version, same.version}) == 3
    assert turned.version == index_version(catalogue.version, encoder.name, swapped(encoder).version)
    np.testing.assert_array_equal(plain.dense.vectors(), turned.dense.vectors())


def test_an_index_takes_another_matrix_without_embedding_anything(
    catalogue: Catalogue, encoder: WordEncoder
) -> None:
    plain = build_index(catalogue, encoder)
    encoder.asked.clear()
    turned = build_index(catalogue, encoder, previous=plain, matrix=swapped(encoder))
    assert (turned.embedded, encoder.asked) == (0, [])


@pytest.mark.parametrize("retriever", [RetrieverName.HYBRID, RetrieverName.DENSE, RetrieverName.BM25])
def test_the_identity_changes_no_ranking(
    catalogue: Catalogue, encoder: WordEncoder, retriever: RetrieverName
) -> None:
    identity = QueryMatrix.of(np.eye(64), encoder.name)
    plain = Searcher(catalogue, build_index(catalogue, encoder), encoder)
    turned = Searcher(catalogue, build_index(catalogue, encoder, matrix=identity), encoder)
    one, other = (searcher.search(BIRDS, k=7, retriever=retriever) for searcher in (plain, turned))
    assert [hit.doc_id for hit in one] == [hit.doc_id for hit in other]
    np.testing.assert_allclose([hit.score for hit in one], [hit.score for hit in other], atol=1e-6)


def test_a_search_compares_the_turned_vector_with_the_docs(
    catalogue: Catalogue, encoder: WordEncoder
) -> None:
    matrix = swapped(encoder)
    index = build_index(catalogue, encoder, matrix=matrix)
    expected = index.dense.vectors() @ encoder.encode([BIRDS])[0][::-1]
    hits = Searcher(catalogue, index, encoder).search(BIRDS, k=7, retriever=RetrieverName.DENSE)
    row_of = {doc.id: row for row, doc in enumerate(catalogue.docs)}
    for hit in hits:
        assert hit.scores["dense"] == pytest.approx(expected[row_of[hit.doc_id]], abs=1e-6)


def test_an_index_on_disk_brings_its_matrix(
    tmp_path: Path, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    matrix = swapped(encoder)
    folder = tmp_path / "index"
    manifest = save_index(
        build_index(catalogue, encoder, matrix=matrix), folder, catalogue.version, encoder.name
    )
    assert manifest.query_matrix == matrix.version
    found = open_index(folder, catalogue, encoder, matrix.version)
    assert found.matrix is not None
    np.testing.assert_array_equal(found.matrix.values, matrix.values)


def test_an_index_of_another_matrix_or_of_none_is_not_opened(
    tmp_path: Path, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    plain, turned = tmp_path / "plain", tmp_path / "turned"
    matrix = swapped(encoder)
    save_index(build_index(catalogue, encoder), plain, catalogue.version, encoder.name)
    save_index(build_index(catalogue, encoder, matrix=matrix), turned, catalogue.version, encoder.name)
    with pytest.raises(IndexMismatch, match=f"with no matrix, not with the matrix '{matrix.version}'"):
        open_index(plain, catalogue, encoder, matrix.version)
    with pytest.raises(IndexMismatch, match="not with no matrix.*set CALLSMITH_RETRIEVER_MATRIX back"):
        open_index(turned, catalogue, encoder)
    with pytest.raises(IndexMismatch, match="not with the matrix 'other'"):
        open_index(turned, catalogue, encoder, "other")


def test_an_altered_matrix_breaks_its_index(
    tmp_path: Path, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    matrix = swapped(encoder)
    folder = tmp_path / "index"
    save_index(build_index(catalogue, encoder, matrix=matrix), folder, catalogue.version, encoder.name)
    (folder / MATRIX_FILE).write_bytes(QueryMatrix.of(np.eye(64), encoder.name).to_bytes())
    with pytest.raises(BrokenIndex, match="truncated or altered"):
        open_index(folder, catalogue, encoder, matrix.version)
