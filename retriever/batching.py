"""Encode together what many threads ask for one by one.

Knows nothing about what encodes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from retriever.embedding import MAX_BATCH, Encoder, Reading, Vectors, read_with


class BatchingEncoder:
    """Lets many threads encode one text each as if they had asked together.

    A single worker thread takes whatever waits, up to eight texts, and encodes it as one batch: alone a
    request is served at once, under load batches form by themselves. Two model runs never compete for
    the same cores.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._waiting: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="callsmith-encoder", daemon=True)
        self._worker.start()

    @property
    def waiting(self) -> int:
        """How many texts wait for the next batch."""
        return self._waiting.qsize()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text; blocks until they are there."""
        if len(texts) != 1:
            return self._encoder.encode(texts)
        return self._one(texts[0], to_read=False).vector[None]

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading per text; blocks until they are there.

        Raises:
            EmbeddingModelError: when the encoder gives vectors and nothing else.
        """
        if len(texts) != 1:
            return read_with(self._encoder, texts)
        return [self._one(texts[0], to_read=True)]

    def close(self) -> None:
        """Stop the worker after what already waits."""
        self._waiting.put(None)
        self._worker.join()

    def _one(self, text: str, *, to_read: bool) -> Reading:
        asked = _Asked(text, to_read)
        self._waiting.put(asked)
        return asked.answer.result()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, stop = [first], False
            while len(batch) < MAX_BATCH and not stop:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    stop = True
                else:
                    batch.append(following)
            self._answer(batch)
            if stop:
                return

    def _answer(self, batch: list[_Asked]) -> None:
        texts = [asked.text for asked in batch]
        try:
            if any(asked.to_read for asked in batch):
                readings = read_with(self._encoder, texts)
            else:
                readings = [Reading(vector, _NO_STATES) for vector in self._encoder.encode(texts)]
        except Exception as exc:  # whoever waits must hear of it, whatever it is
            for asked in batch:
                asked.answer.set_exception(exc)
            return
        for asked, reading in zip(batch, readings, strict=True):
            asked.answer.set_result(reading)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A text that waits for its turn; not `to_read` it is encoded, and its reading has no states."""

    text: str
    to_read: bool
    answer: Future[Reading] = field(default_factory=Future)


_NO_STATES: Final[Vectors] = np.zeros((0, 0, 0), dtype=np.float32)
