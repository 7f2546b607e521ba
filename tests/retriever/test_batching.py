"""Texts that threads ask for one by one are read together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from api_docs.errors import EmbeddingModelError
from retriever.batching import BatchingEncoder
from retriever.embedding import MAX_BATCH, Vectors
from tests.retriever.conftest import WordEncoder


class HeldEncoder(WordEncoder):
    """Waits in its first batch until told to go on, so that others queue up behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.go = threading.Event(), threading.Event()

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.inside.set()
        assert self.go.wait(timeout=30)
        return super().encode(texts)


def test_texts_that_wait_are_encoded_together_and_answered_each_with_its_own() -> None:
    held = HeldEncoder()
    batching = BatchingEncoder(held)
    texts = [f"number {number} of birds" for number in range(MAX_BATCH + 8)]
    with ThreadPoolExecutor(len(texts) + 1) as pool:
        first = pool.submit(batching.encode, ["first"])
        assert held.inside.wait(timeout=30)
        others = [pool.submit(batching.encode, [text]) for text in texts]
        while batching.waiting < len(texts):
            threading.Event().wait(0.001)
        held.go.set()
        alone = WordEncoder()
        assert first.result().tolist() == alone.encode(["first"]).tolist()
        for text, future in zip(texts, others, strict=True):
            assert future.result().tolist() == alone.encode([text]).tolist()
    batching.close()
    assert [len(batch) for batch in held.asked] == [1, MAX_BATCH, 8]


def test_texts_that_are_read_wait_with_those_that_are_encoded_and_come_in_one_batch() -> None:
    held = HeldEncoder()
    batching = BatchingEncoder(held)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(batching.encode, ["first"])
        assert held.inside.wait(timeout=30)
        others = [pool.submit(batching.read, ["birds sing"]), pool.submit(batching.encode, ["fish"])]
        while batching.waiting < len(others):
            threading.Event().wait(0.001)
        held.go.set()
        alone = WordEncoder()
        assert first.result().tolist() == alone.encode(["first"]).tolist()
        (reading,), vectors = others[0].result(), others[1].result()
        assert reading.states.tolist() == alone.read(["birds sing"])[0].states.tolist()
        assert vectors.tolist() == alone.encode(["fish"]).tolist()
    batching.close()
    assert [len(batch) for batch in held.asked] == [1, 2]


def test_what_an_encoder_does_not_tell_can_not_be_read() -> None:
    class Mute:
        name, dimensions, encode = "mute", 64, WordEncoder().encode

    batching = BatchingEncoder(Mute())
    with pytest.raises(EmbeddingModelError, match="vectors and nothing else"):
        batching.read(["anything"])
    assert batching.encode(["it lives on"]).shape == (1, 64)
    batching.close()


def test_an_encoder_that_fails_tells_everyone_who_waits() -> None:
    class Failing(WordEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            raise RuntimeError("out of memory")

    batching = BatchingEncoder(Failing())
    with pytest.raises(RuntimeError, match="out of memory"):
        batching.encode(["anything"])
    with pytest.raises(RuntimeError, match="out of memory"):
        batching.encode(["the worker lives on"])
    batching.close()
