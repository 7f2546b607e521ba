"""Vectors in FAISS, flat and exact: the inner product of every row with a query.

Works on vectors and row numbers. Knows nothing about texts or models.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from api_docs.errors import BrokenIndex, ConfigurationError
from retriever.embedding import Vectors
from retriever.faiss_package import check_gpus

SELECTED = 2_048
"""Rows that FAISS can select on GPUs at most, whatever their number and memory."""

_BELOW_EVERY_SCORE = float(np.finfo(np.float32).min)


class DenseIndex:
    """Vectors, compared exactly by inner product.

    `gpus` holds the same vectors on GPUs, for queries over all rows; None where there are none.
    """

    def __init__(self, index: faiss.Index, gpus: faiss.Index | None = None) -> None:
        self._index = index
        self._gpus = gpus
        # A GPU's scratch memory takes one query at a time.
        self._one_at_a_time = threading.Lock()

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

    def on_gpus(self) -> DenseIndex:
        """The same vectors on every GPU too, each of them holding its share of the rows.

        Raises:
            ConfigurationError: when FAISS finds no GPU, or they have no room.
        """
        check_gpus()
        options = faiss.GpuMultipleClonerOptions()
        options.shard = True
        try:
            gpus = faiss.index_cpu_to_all_gpus(self._index, co=options)
        except RuntimeError as exc:
            raise ConfigurationError(
                f"FAISS can't put {len(self)} vectors on the GPUs: {exc}. Free their memory, or set "
                "CALLSMITH_FAISS_DEVICE to cpu"
            ) from exc
        return DenseIndex(self._index, gpus)

    def save(self, path: Path) -> None:
        """Write the index as one file; a full disk is an `OSError`, which FAISS's own writer hides."""
        path.write_bytes(faiss.serialize_index(self._index).tobytes())

    def scores(self, query: Vectors) -> NDArray[np.float32]:
        """The inner product of one query, shape (1, dimensions), with every row: shape (rows,).

        A range search without a bound is FAISS's way of giving all scores unsorted, which is quicker
        than sorting rows that fusion will sort again. It exists on CPUs only.
        """
        _, found, rows = self._index.range_search(query, _BELOW_EVERY_SCORE)
        scores = np.empty(len(self), dtype=np.float32)
        scores[rows] = found
        return scores

    def best_scores(self, query: Vectors, others: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """As `scores`; on GPUs exact for the 2,048 best rows and for the 2,048 best of `others` only.

        `others` are scores of another voice, shape (rows,). Whoever is among the best of neither gets the
        lowest score of the vectors' best, which its own does not exceed.
        """
        if self._gpus is None:
            return self.scores(query)
        count = min(len(self), SELECTED)
        with self._one_at_a_time:
            best, rows = self._gpus.search(query, count)
        scores = np.full(len(self), best[0].min(), dtype=np.float32)
        if others is not None:
            also = np.argpartition(-others, count - 1)[:count]
            scores[also] = self._index.reconstruct_batch(also) @ query[0]
        scores[rows[0]] = best[0]
        return scores

    def rows(self, places: Sequence[int]) -> Vectors:
        """The vectors of some rows, shape (places, dimensions)."""
        found: Vectors = self._index.reconstruct_batch(np.asarray(places, dtype=np.int64))
        return found

    def vectors(self) -> Vectors:
        """All vectors, shape (rows, dimensions)."""
        found: Vectors = self._index.reconstruct_n(0, len(self))
        return found
