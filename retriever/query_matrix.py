"""A matrix that turns an instruction's vector before docs are compared with it.

Docs keep their vectors: only instructions are turned, so that an index takes another matrix without embedding
anything. It is learnt by `callsmith finetune retriever --method matrix`, kept as one small safetensors file,
and copied into the index, so that vectors and matrix are always read together. Knows nothing about texts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from api_docs.errors import EmbeddingModelError
from api_docs.files import sha256_of
from retriever.embedding import Encoder, Vectors

SCHEMA: Final = 1
MATRIX_FILE: Final = "matrix.safetensors"

_TENSOR: Final = "matrix"
_ABOUT: Final = "callsmith"
"""The one key of the file's metadata: several would be written in any order, and the bytes would differ."""
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
        return cls(plain, model, _version(_bytes(plain, model)))

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
    try:
        data = path.read_bytes()
        values, model = _parsed(data)
    except OSError as exc:
        raise _unreadable(path, exc.strerror or str(exc)) from exc
    except (KeyError, TypeError, ValueError) as exc:
        raise _unreadable(path, f"{type(exc).__name__}: {exc}") from exc
    return QueryMatrix(values, model, _version(data))


def query_matrix_version(path: Path) -> str:
    """The version of a matrix by its file alone.

    Raises:
        EmbeddingModelError: when there is no such file, or it can't be read.
    """
    try:
        return sha256_of(path)[:12]
    except OSError as exc:
        raise _unreadable(path, exc.strerror or str(exc)) from exc


def _bytes(values: Vectors, model: str) -> bytes:
    from safetensors.numpy import save  # noqa: PLC0415 - where a matrix is, and nowhere else

    about = orjson.dumps({"schema_version": SCHEMA, "model": model}).decode()
    return save({_TENSOR: values}, metadata={_ABOUT: about})


def _parsed(data: bytes) -> tuple[Vectors, str]:
    """Values and model; raises `KeyError`, `TypeError` or `ValueError`."""
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.numpy import load  # noqa: PLC0415

    try:
        values: Vectors = load(data)[_TENSOR]
    except SafetensorError as exc:
        raise ValueError(str(exc)) from exc
    about = _about(data)
    if about["schema_version"] != SCHEMA:
        raise ValueError(f"it has schema {about['schema_version']!r}, this Callsmith reads {SCHEMA}")
    if values.dtype != np.float32 or values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"expected a square of float32, found {values.dtype} of shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("it has numbers that are not finite")
    return values, str(about["model"])


def _about(data: bytes) -> Any:
    """What the file says of itself; safetensors gives it of files only, and the header is plain JSON."""
    size = int.from_bytes(data[:8], "little")
    return orjson.loads(orjson.loads(data[8 : 8 + size])["__metadata__"][_ABOUT])


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _unreadable(path: Path, reason: str) -> EmbeddingModelError:
    return EmbeddingModelError(f"can't read the retriever's matrix {str(path)!r} ({reason}); {_FIX}")
