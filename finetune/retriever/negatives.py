"""Docs that look like answers and are none: mined by words and by the present model, and within a batch.

What might be an answer is never one: a doc with an equal call, and where only an instruction's domain is
known every doc of that domain. Works on numbers and scores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from finetune.retriever.pairs import NONE, Flags, Numbers, Pool, Questions
from retriever.bm25 import Scores

if TYPE_CHECKING:
    import torch

_LABELS_OF_QUESTION = 2
"""Numbers that tell what a question is answered by: its call, `NONE` where nobody says, and its task."""
_LOOKED_AT = 8
"""Docs looked at for each that is taken: more of them than share a call."""


def hardest(scores: Scores, allowed: Flags, count: int) -> Numbers:
    """The columns with the highest scores among the allowed ones, best first, ties to the earlier column.

    `scores` and `allowed` have the shape (questions, docs), the result (questions, count); `NONE` where fewer
    are allowed.
    """
    masked = np.where(allowed, scores, -np.inf)
    order = np.argsort(-masked, axis=1, kind="stable")[:, :count]
    there = np.take_along_axis(allowed, order, axis=1)
    found = np.where(there, order, NONE)
    missing = count - found.shape[1]
    return np.pad(found, ((0, 0), (0, max(0, missing))), constant_values=NONE).astype(np.int64)


def mine(by_words: Scores, by_vectors: Scores, allowed: Flags, call_of: Numbers, count: int) -> Numbers:
    """Hard negatives of each question, in turn the best by words and by vectors: shape (questions, count).

    `by_words` and `by_vectors` are scores, and `allowed` says what may be taken, all of shape (questions,
    docs); a doc that shares no word is not hard by words. `call_of` numbers the docs' calls, shape (docs,);
    none comes twice. `NONE` where there are fewer.
    """
    by_turns = np.stack(
        [
            hardest(by_words, allowed & (by_words > 0), _LOOKED_AT * count),
            hardest(by_vectors, allowed, _LOOKED_AT * count),
        ],
        axis=2,
    ).reshape(len(allowed), -1)
    found = np.full((len(allowed), count), NONE, dtype=np.int64)
    for row, docs in enumerate(by_turns.tolist()):
        taken: dict[int, int] = {}  # number of a call -> doc
        for doc in docs:
            if doc != NONE:
                taken.setdefault(int(call_of[doc]), doc)
            if len(taken) == count:
                break
        found[row, : len(taken)] = list(taken.values())
    return found


def batch_labels(pool: Pool, asked: Questions, docs: Numbers) -> Numbers:
    """What a batch's loss is told of each row: shape (questions, 2 + 2 · docs a question).

    First the question's call and task, then those of each of its docs, positive first. `docs` has the shape
    (questions, docs a question).
    """
    columns = [asked.calls, asked.tasks]
    for place in range(docs.shape[1]):
        columns += [pool.call_of[docs[:, place]], pool.task_of[docs[:, place]]]
    return np.stack(columns, axis=1)


def in_batch_forbidden(labels: torch.Tensor) -> torch.Tensor:
    """Which docs of a batch might answer which of its questions, their own positives aside.

    `labels` is what `batch_labels` gives for the batch, shape (batch, 2 + 2 · docs a question). The result
    has the shape (batch, batch · docs a question), docs in the order of the loss: the first of every row,
    then the second of every row, and so on.
    """
    import torch  # noqa: PLC0415 - heavy

    calls, tasks = labels[:, 0], labels[:, 1]
    of_docs = labels[:, _LABELS_OF_QUESTION:]
    doc_calls, doc_tasks = of_docs[:, 0::2].T.reshape(-1), of_docs[:, 1::2].T.reshape(-1)
    by_call = calls[:, None] == doc_calls[None, :]
    by_domain = (calls[:, None] == NONE) & (tasks[:, None] == doc_tasks[None, :])
    forbidden = by_call | by_domain
    own = torch.arange(len(labels), device=labels.device)
    forbidden[own, own] = False
    return forbidden
