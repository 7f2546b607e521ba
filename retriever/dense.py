"""Vectors in FAISS, flat and exact: the inner product of every row with a query.

Works on vectors and row numbers. Knows nothing about texts or models.
"""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from api_docs.errors import BrokenIndex
from retriever.embedding import Vectors

_BELOW_EVERY_SCORE = float(np.finfo(np.float32).min)


class DenseIndex:
    """Vectors, compared exactly by inner product."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return int(self._index.d)

    @classmethod
    def build(cls, vectors: Vectors) -> DenseIndex:
        """Index vectors, shape (rows, dimensions)."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Read an index that `save` wrote; raises `BrokenIndex`."""
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as exc:
            raise BrokenIndex(
                f"{str(path)!r} is no FAISS index; rebuild it with `callsmith index build`"
            ) from exc

    def save(self, path: Path) -> None:
        """Write the index as one file; a full disk is an `OSError`, which FAISS's own writer hides."""
        path.write_bytes(faiss.serialize_index(self._index).tobytes())

    def scores(self, query: Vectors) -> NDArray[np.float32]:
        """The inner product of one query, shape (1, dimensions), with every row: shape (rows,).

        A range search without a bound is FAISS's way of giving all scores unsorted, which is quicker
        than sorting rows that fusion will sort again.
        """
        _, found, rows = self._index.range_search(query, _BELOW_EVERY_SCORE)
        scores = np.empty(len(self), dtype=np.float32)
        scores[rows] = found
        return scores

    def vectors(self) -> Vectors:
        """All vectors, shape (rows, dimensions)."""
        found: Vectors = self._index.reconstruct_n(0, len(self))
        return found
