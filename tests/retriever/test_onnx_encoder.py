"""The exported embedding model gives the model's vectors, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from api_docs.errors import EmbeddingModelError
from retriever import onnx_encoder
from retriever.embedding import DEFAULT_MODEL, SentenceEncoder, load_encoder
from retriever.onnx_encoder import OnnxEncoder, exported, open_exported

TEXTS = ("tell birds apart", "", "Vögel 🐦 unterscheiden", "read this text aloud " * 150, "x") * 9


@pytest.fixture(scope="module")
def model() -> SentenceEncoder:
    return load_encoder()


@pytest.fixture(scope="module")
def folder(model: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoders") / "one"
    exported(model, folder, threads=1)
    return folder


@pytest.fixture(scope="module")
def graph(folder: Path) -> OnnxEncoder:
    found = open_exported(folder, DEFAULT_MODEL, threads=1)
    assert found is not None
    return found


def test_the_graph_gives_the_model_s_vectors_in_the_texts_order(
    model: SentenceEncoder, graph: OnnxEncoder
) -> None:
    found = graph.encode(TEXTS)
    np.testing.assert_allclose(found, model.encode(TEXTS), atol=onnx_encoder.TOLERANCE)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)
    assert (graph.name, graph.dimensions) == (model.name, model.dimensions)


def test_it_tells_what_the_model_reads_as_the_model_does_alone_and_among_longer_texts(
    model: SentenceEncoder, graph: OnnxEncoder
) -> None:
    texts = TEXTS[:9]
    wanted, together = model.read(texts), graph.read(texts)
    for text, expected, found in zip(texts, wanted, together, strict=True):
        alone = graph.read([text])[0]
        assert found.states.shape == (len(expected.states), 7, graph.dimensions)
        for one in (found, alone):
            np.testing.assert_allclose(one.states, expected.states, atol=onnx_encoder.STATES_TOLERANCE)
            np.testing.assert_allclose(one.vector, expected.vector, atol=onnx_encoder.TOLERANCE)
    np.testing.assert_allclose([one.vector for one in wanted], model.encode(texts), atol=1e-5)


def test_only_texts_of_like_length_are_encoded_together() -> None:
    tokens = np.array([10, 40, 12, 9, 13, 41, 3])
    batches = list(onnx_encoder._of_like_length(tokens))
    assert batches == [[6], [3, 0], [2, 4], [1, 5]]  # 12 is more than 1.2 times 9
    assert [len(rows) for rows in onnx_encoder._of_like_length(np.full(19, 7))] == [8, 8, 3]


def test_no_texts_give_no_vectors(graph: OnnxEncoder) -> None:
    assert graph.encode([]).shape == (0, graph.dimensions)


def test_nothing_is_opened_where_nothing_lies_or_another_model(folder: Path, tmp_path: Path) -> None:
    assert open_exported(tmp_path / "nothing", DEFAULT_MODEL, threads=1) is None
    assert open_exported(folder, "another/model", threads=1) is None


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_damaged_export_is_not_opened(folder: Path, name: str) -> None:
    path = folder / name
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:-1])
        assert open_exported(folder, DEFAULT_MODEL, threads=1) is None
    finally:
        path.write_bytes(whole)


def test_a_graph_that_gives_other_vectors_is_not_kept(
    model: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_encoder, "TOLERANCE", -1.0)
    with pytest.raises(
        EmbeddingModelError, match=r"vectors that are .* off; set CALLSMITH_EMBEDDING_BACKEND"
    ):
        exported(model, tmp_path / "one", threads=1)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_puts_a_prompt_before_texts_is_not_exported(
    model: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model.model, "default_prompt_name", "query")
    with pytest.raises(EmbeddingModelError, match="it puts a prompt before every text"):
        exported(model, tmp_path / "one", threads=1)
    assert list(tmp_path.iterdir()) == []
