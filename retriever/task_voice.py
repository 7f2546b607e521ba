"""The voice of the task table: how much an instruction sounds like what people ask of a domain.

Knows the table of tasks and which row of an index belongs to which. Knows nothing about single docs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from api_docs.domains import Domain
from api_docs.pacing import paced
from api_docs.tasks import TASKS, Task
from retriever.bm25 import Bm25s, Scores, tokenize, with_pairs
from retriever.embedding import Encoder, Vectors

TASK_WEIGHT = 0.5
"""How much a doc's task weighs in its vector beside the doc's own text."""

DOMAINS = tuple(sorted(TASKS))
"""Every domain, in the order of `places`."""
_PLACE = {domain: place for place, domain in enumerate(DOMAINS)}


class TaskVoice:
    """BM25 over the task table, words and pairs of words; each row takes the score of its task's `places`."""

    def __init__(self, task_of: NDArray[np.int64]) -> None:
        self._task_of = task_of

    def scores(self, words: Sequence[str]) -> Scores:
        """One score per row, shape (rows,)."""
        found: Scores = scores_by_domain(words)[self._task_of]
        return found


def scores_by_domain(words: Sequence[str]) -> Scores:
    """One score per domain, in the order of `DOMAINS`."""
    return _keywords().scores(with_pairs(words))


@cache
def _keywords() -> Bm25s:
    """The task table's own index, the same for every catalogue."""
    return Bm25s.build(_words(TASKS[domain]) for domain in DOMAINS)


def places(domains: Sequence[Domain]) -> NDArray[np.int64]:
    """The place of each domain's task in the table."""
    return np.fromiter((_PLACE[domain] for domain in paced(domains)), dtype=np.int64, count=len(domains))


def centroids(encoder: Encoder, known: Mapping[Domain, Vectors] = MappingProxyType({})) -> Vectors:
    """One unit vector per task in the order of `places`: the mean of its definition and its uses.

    Those that are `known` are not embedded again. Each task is a batch of its own, so that its vector is the
    same whatever else is asked for.
    """
    return np.stack([known[domain] if domain in known else _centroid(encoder, domain) for domain in DOMAINS])


def _centroid(encoder: Encoder, domain: Domain) -> Vectors:
    mean = encoder.encode(TASKS[domain].lines()).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def _words(task: Task) -> list[str]:
    """The table's phrases one by one, so that no pair spans two of them."""
    phrases = (task.title, task.takes, task.gives, *task.uses, *task.words)
    return [word for phrase in phrases for word in with_pairs(tokenize(phrase))]
