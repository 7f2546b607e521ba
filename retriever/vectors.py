"""The vectors of docs, and what each was made of, so that the next index takes over those that stay.

A doc's vector is its text's plus a part of its task's: both voices are linear in the query's vector. A row is
told by a digest of all that went into it, so that a doc which only got another licence, or another id, keeps
its vector bit by bit. Rows that are embedded anew go through the encoder in other company than in a full
build: with a real model their last bits may differ from it, by less than any ranking can show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from api_docs.domains import Domain
from api_docs.errors import BrokenIndex
from api_docs.models import ApiDoc
from api_docs.tasks import TASKS
from retriever.dense import DenseIndex
from retriever.embedding import Encoder, Vectors
from retriever.task_voice import DOMAINS, TASK_WEIGHT, centroids, places
from retriever.text import embedding_text

Digests = NDArray[np.uint8]
Progress = Callable[[int, int], None]
"""Called with (texts done, texts in all)."""

_BATCH = 64
_DIGEST = 16
"""Bytes of a digest: enough that no two texts of a catalogue ever share one."""


@dataclass(frozen=True, slots=True)
class Origins:
    """What an index's vectors were made of, and with which model.

    `rows` has a digest per doc, shape (docs, 16); `tasks` one per task, shape (tasks, 16), with the tasks'
    vectors in `centroids`, shape (tasks, dimensions).
    """

    model: str
    rows: Digests
    tasks: Digests
    centroids: Vectors

    def save(self, path: Path) -> None:
        """Write them as one file."""
        with path.open("wb") as file:
            np.savez(file, model=self.model, rows=self.rows, tasks=self.tasks, centroids=self.centroids)

    @classmethod
    def load(cls, path: Path) -> Origins:
        """Read what `save` wrote; raises `BrokenIndex`."""
        try:
            with np.load(path, allow_pickle=False) as found:
                return cls(str(found["model"]), found["rows"], found["tasks"], found["centroids"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as exc:
            raise BrokenIndex(
                f"can't read {str(path)!r} ({exc}); rebuild it with `callsmith index build`"
            ) from exc


@dataclass(frozen=True, slots=True)
class Made:
    """Vectors, shape (docs, dimensions), what they were made of, and how many were embedded for it."""

    vectors: Vectors
    origins: Origins
    embedded: int


def doc_vectors(
    docs: Sequence[ApiDoc],
    encoder: Encoder,
    progress: Progress | None = None,
    previous: tuple[DenseIndex, Origins] | None = None,
) -> Made:
    """One vector per doc; those of `previous` that were made of the same are taken over.

    Vectors of another model, or of another length, are never taken.
    """
    if previous is not None and not _fits(*previous, encoder):
        previous = None
    texts = [embedding_text(doc) for doc in docs]
    rows = _stacked([_row_digest(text, doc.domain) for text, doc in zip(texts, docs, strict=True)])
    vectors = np.zeros((len(texts), encoder.dimensions), dtype=np.float32)
    fresh = _take_over(vectors, rows, previous)
    tasks = centroids(encoder, _known_tasks(previous[1] if previous is not None else None))
    # Texts of like length together: padding to the longest of a batch is work for nothing.
    order = sorted(fresh, key=lambda row: len(texts[row]))
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        task_of = places([docs[row].domain for row in batch])
        vectors[batch] = encoder.encode([texts[row] for row in batch]) + TASK_WEIGHT * tasks[task_of]
        if progress is not None:
            progress(min(start + _BATCH, len(order)), len(order))
    origins = Origins(encoder.name, rows, _stacked([_task_digest(domain) for domain in DOMAINS]), tasks)
    return Made(vectors, origins, len(fresh))


def unknown(docs: Sequence[ApiDoc], origins: Origins) -> int:
    """How many of the docs have a text that no vector was made of: what there is to embed."""
    there = set(map(bytes, origins.rows))
    return sum(_row_digest(embedding_text(doc), doc.domain) not in there for doc in docs)


def _fits(dense: DenseIndex, origins: Origins, encoder: Encoder) -> bool:
    return origins.model == encoder.name and dense.dimensions == encoder.dimensions


def _take_over(vectors: Vectors, rows: Digests, previous: tuple[DenseIndex, Origins] | None) -> list[int]:
    """Fill in the vectors that are there already; gives the rows that are not."""
    if previous is None or not len(previous[0]):
        return list(range(len(rows)))
    dense, origins = previous
    there = {digest: place for place, digest in enumerate(map(bytes, origins.rows))}
    found = [(row, there.get(digest)) for row, digest in enumerate(map(bytes, rows))]
    kept = [(row, place) for row, place in found if place is not None]
    if kept:
        vectors[[row for row, _ in kept]] = dense.rows([place for _, place in kept])
    return [row for row, place in found if place is None]


def _known_tasks(origins: Origins | None) -> dict[Domain, Vectors]:
    """The vectors of tasks that are spoken of as before."""
    if origins is None:
        return {}
    there = dict(zip(map(bytes, origins.tasks), origins.centroids, strict=True))
    digests = ((domain, _task_digest(domain)) for domain in DOMAINS)
    return {domain: there[digest] for domain, digest in digests if digest in there}


def _row_digest(text: str, domain: Domain) -> bytes:
    return _digest(str(TASK_WEIGHT), text, *TASKS[domain].lines())


def _task_digest(domain: Domain) -> bytes:
    return _digest(*TASKS[domain].lines())


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(parts).encode()).digest()[:_DIGEST]


def _stacked(digests: Sequence[bytes]) -> Digests:
    """Shape (digests, 16)."""
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, _DIGEST)
