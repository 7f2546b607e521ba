"""Which domain an instruction means: by its vector, by the table of tasks, and by the words it is put in.

An embedding model knows what words mean that nobody taught it a domain of; the words themselves say what it
blurs ("trim", "outline", "read aloud"). Both are weighed together, in one linear classifier. Works on texts
and arrays. Knows nothing about docs.
"""

from __future__ import annotations

import itertools
import re
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from retriever import learnt_file
from retriever.bm25 import Scores
from retriever.embedding import Vectors
from retriever.fusion import share_of_best
from retriever.task_voice import DOMAINS

Floats = NDArray[np.float32]
Hashes = NDArray[np.uint32]

VECTOR_SHARE: Final = 1.5
TASK_SHARE: Final = 0.2
"""How much an instruction's vector and the table of tasks weigh beside its words, which have the length 1."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_STEPS: Final = 127
"""Weights of words are kept as whole numbers up to this, in steps of each domain's own size."""


def said(text: str) -> list[str]:
    """The words of a text in lower case, then its pairs of neighbouring words."""
    words = _WORD.findall(text.lower())
    return words + [f"{one} {other}" for one, other in itertools.pairwise(words)]


def hash_of(phrase: str) -> int:
    """The number that a word or a pair of words is known by; the same on every machine."""
    return zlib.crc32(phrase.encode())


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Words and pairs of words that are known, by their hashes in order, and how rare each is.

    Both have the shape (phrases,). A text's phrases weigh (1 + ln count) · rarity, all of them together 1:
    Salton and Buckley, Term-weighting approaches in automatic text retrieval (1988).
    """

    hashes: Hashes
    rarity: Floats

    def read(self, text: str) -> tuple[NDArray[np.int64], Floats]:
        """Places of the known phrases of a text, and what each weighs there."""
        asked = np.array([hash_of(phrase) for phrase in said(text)], dtype=np.uint32)
        asked, counts = np.unique(asked, return_counts=True)
        places = np.searchsorted(self.hashes, asked)
        known = np.zeros(len(asked), dtype=np.bool_)
        inside = places < len(self.hashes)
        known[inside] = self.hashes[places[inside]] == asked[inside]
        places = places[known]
        weights = (1 + np.log(counts[known])) * self.rarity[places]
        length = float(np.linalg.norm(weights))
        return places, (weights / length if length else weights).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class DomainClassifier:
    """A linear classifier of domains: logits = features · weights + words · said + bias.

    `weights` has the shape (dimensions + domains, domains), `said` (phrases, domains), `bias` and `known`
    (domains,), in the order of `DOMAINS`; of domains that are not `known` it says nothing.
    """

    weights: Floats
    bias: Floats
    known: NDArray[np.bool_]
    vocabulary: Vocabulary
    said: Floats

    @property
    def dimensions(self) -> int:
        """Of the vectors that it takes."""
        return len(self.weights) - len(DOMAINS)

    def logits(self, text: str, features: Floats) -> Floats:
        """One a domain, of an instruction and its `leaning_features`."""
        places, weights = self.vocabulary.read(text)
        found: Floats = features @ self.weights + weights @ self.said[places] + self.bias
        return found

    def probabilities(self, text: str, features: Floats) -> Scores:
        """One a domain, adding up to 1 over those that are known, 0 for all others."""
        found = np.zeros(len(self.bias), dtype=np.float32)
        logits = self.logits(text, features)[self.known]
        likely = np.exp(logits - logits.max())
        found[self.known] = likely / likely.sum()
        return found

    def tensors(self) -> learnt_file.Tensors:
        """What a file keeps; `of_tensors` reads it."""
        steps = np.maximum(np.abs(self.said).max(axis=0, initial=0), np.float32(1e-9)) / np.float32(_STEPS)
        return {
            "leaning.weights": self.weights.astype(np.float16),
            "leaning.bias": self.bias,
            "leaning.known": self.known,
            "leaning.hashes": self.vocabulary.hashes,
            "leaning.rarity": self.vocabulary.rarity.astype(np.float16),
            "leaning.said": np.rint(self.said / steps).astype(np.int8),
            "leaning.steps": steps.astype(np.float32),
        }


def of_tensors(tensors: learnt_file.Tensors) -> DomainClassifier:
    """The classifier of a file.

    Raises:
        KeyError, ValueError: when something is missing, or the parts don't fit together.
    """
    hashes, kept = tensors["leaning.hashes"], tensors["leaning.said"]
    found = DomainClassifier(
        weights=tensors["leaning.weights"].astype(np.float32),
        bias=tensors["leaning.bias"],
        known=tensors["leaning.known"],
        vocabulary=Vocabulary(hashes, tensors["leaning.rarity"].astype(np.float32)),
        said=kept.astype(np.float32) * tensors["leaning.steps"],
    )
    domains, phrases = len(DOMAINS), len(hashes)
    shapes = (found.bias.shape, found.known.shape, found.vocabulary.rarity.shape, found.said.shape)
    if (
        found.weights.shape[1:] != (domains,)
        or shapes != ((domains,), (domains,), (phrases,), (phrases, domains))
        or (hashes[1:] <= hashes[:-1]).any()
    ):
        raise ValueError("the parts of it don't fit together: leaning")
    return found


def leaning_features(vector: Vectors, task: Scores) -> Floats:
    """What domains are told by besides words, shape (dimensions + domains,)."""
    return np.concatenate([VECTOR_SHARE * vector, TASK_SHARE * share_of_best(task)]).astype(np.float32)
