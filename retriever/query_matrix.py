"""A matrix that turns an instruction's vector before docs are compared with it.

Docs keep their vectors: only instructions are turned, so that an index takes another matrix without embedding
anything. It is learnt by `callsmith finetune retriever --method matrix`, kept as one small safetensors file,
and copied into the index, so that vectors and matrix are always read together. Knows nothing about texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from api_docs.errors import EmbeddingModelError
from retriever import learnt_file
from retriever.embedding import Encoder, Vectors

SCHEMA: Final = 1
MATRIX_FILE: Final = "matrix.safetensors"

_TENSOR: Final = "matrix"
_WHAT: Final = "the retriever's matrix"
_FIX: Final = (
    "make it anew with `callsmith finetune retriever --method matrix`, or unset CALLSMITH_RETRIEVER_MATRIX"
)


@dataclass(frozen=True, slots=True, eq=False)
class QueryMatrix:
    """What unit vectors are multiplied by from the right, shape (dimensions, dimensions).

    `model` is the identity of the embedding model that it was learnt for. `version` are twelve hex digits of
    the SHA-256 of its file.
    """

    values: Vectors
    model: str
    version: str

    @classmethod
    def of(cls, values: Vectors, model: str) -> QueryMatrix:
        """The matrix of these values for this model."""
        plain = np.ascontiguousarray(values, dtype=np.float32)
        return cls(plain, model, learnt_file.version_of(_bytes(plain, model)))

    def to_bytes(self) -> bytes:
        """The file's bytes: the same matrix gives the same."""
        return _bytes(self.values, self.model)

    def turn(self, vectors: Vectors) -> Vectors:
        """Turned vectors of length 1, shape as given: (vectors, dimensions)."""
        turned: Vectors = vectors @ self.values
        lengths = np.linalg.norm(turned, axis=1, keepdims=True).astype(np.float32)
        unit: Vectors = turned / np.maximum(lengths, np.float32(1e-12))
        return unit

    def check_fits(self, encoder: Encoder) -> None:
        """Make sure that it was learnt for this model.

        Raises:
            EmbeddingModelError: when it was learnt for another one, or for vectors of another length.
        """
        if self.model != encoder.name:
            raise EmbeddingModelError(
                f"the retriever's matrix {self.version!r} was learnt for {self.model!r}, the embedding model "
                f"is {encoder.name!r}; {_FIX}"
            )
        if len(self.values) != encoder.dimensions:
            raise EmbeddingModelError(
                f"the retriever's matrix {self.version!r} turns vectors of {len(self.values)} numbers, "
                f"{encoder.name!r} makes {encoder.dimensions}; {_FIX}"
            )


def read_query_matrix(path: Path) -> QueryMatrix:
    """Read a matrix.

    Raises:
        EmbeddingModelError: when the file is missing, damaged, or holds no matrix of ours.
    """
    tensors, about, version = learnt_file.read(path, SCHEMA, _WHAT, _FIX)
    try:
        values, model = _square(tensors[_TENSOR]), str(about["model"])
    except (KeyError, ValueError) as exc:
        raise learnt_file.unreadable(path, f"{type(exc).__name__}: {exc}", _WHAT, _FIX) from exc
    return QueryMatrix(values, model, version)


def query_matrix_version(path: Path) -> str:
    """The version of a matrix by its file alone.

    Raises:
        EmbeddingModelError: when there is no such file, or it can't be read.
    """
    return learnt_file.file_version(path, _WHAT, _FIX)


def _bytes(values: Vectors, model: str) -> bytes:
    return learnt_file.to_bytes({_TENSOR: values}, {"schema_version": SCHEMA, "model": model})


def _square(values: Vectors) -> Vectors:
    if values.dtype != np.float32 or values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"expected a square of float32, found {values.dtype} of shape {values.shape}")
    return values
