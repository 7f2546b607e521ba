"""What every way of teaching the retriever starts from: questions, docs, and the present model's vectors."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from api_docs.models import ApiDoc
from finetune.dataset.described import compose
from finetune.instructions.instruction import Instruction, Source
from finetune.instructions.sources import Sourced, read_sources
from finetune.retriever.pairs import Fold, Pool, Questions, folds, label
from retriever.embedding import Encoder, Vectors
from retriever.index import open_index
from service import var
from service.settings import Settings

Told = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, in all)."""

PROBES: Final = 1_000
"""Docs, drawn by hash, that are asked for in words of their own: what is taught must not lose them."""
_ENCODED_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Questions with their vectors, shape (questions, dimensions), and a pool with the vectors of its docs.

    The docs' vectors are an index's, and so not of length 1.
    """

    pool: Pool
    questions: Questions
    queries: Vectors
    vectors: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A lesson, what it was made of, and how it is folded.

    `model` is the identity of the embedding model, `unanswered` how many instructions no living doc answers.
    """

    lesson: Lesson
    parts: tuple[Fold, ...]
    sources: tuple[Sourced, ...]
    model: str
    unanswered: int


def prepare(settings: Settings, instructions: Sequence[Path], count: int, seed: int, told: Told) -> Ready:
    """Read instructions, number them, fold them, and encode them with the embedding model that is set.

    The index of the catalogue that is served is built where there is none: its vectors are what is ranked.

    Raises:
        TrainingDataError: when the instructions can't be read, or are too few for so many folds.
        CatalogueError, EmbeddingModelError, StorageError: when docs or instructions can't be embedded.
    """
    sources = read_sources(instructions)
    # A matrix that is set has no say in what is taught: questions are taken as the encoder gives them.
    plain = settings.model_copy(update={"retriever_matrix": None})
    catalogue = var.read_catalogue(plain)
    pool = Pool.of(catalogue)
    labelled = label((one for source in sources for one in source.instructions), pool)
    questions = labelled.questions.and_probes(label(probes_of(pool, seed), pool).questions)
    parts = folds(pool, questions, count, seed)
    info, _ = var.ensure_index_of(catalogue, plain, lambda done, total: told("embedding docs", done, total))
    encoder = var.query_encoder(plain)
    vectors = open_index(info.folder, catalogue, encoder).dense.vectors()[pool.rows]
    lesson = Lesson(pool, questions, encoded(encoder, questions.texts, told), vectors)
    return Ready(lesson, tuple(parts), tuple(sources), encoder.name, labelled.unanswered)


def probes_of(pool: Pool, seed: int) -> list[Instruction]:
    """One instruction each for some docs, in words of their own: what an exact answer is judged by.

    People's instructions of the bank ask for domains. A retriever that learnt nothing but domains could
    forget to tell the docs of one from each other, and no figure of the bank would show it.
    """

    def order(doc: ApiDoc) -> bytes:
        return hashlib.sha256(f"{seed}\n{doc.id}".encode()).digest()

    drawn = sorted(pool.docs, key=order)[:PROBES]
    texts = [compose(doc, random.Random(f"{seed} {doc.id}"), specific=True).text for doc in drawn]  # noqa: S311
    return [
        Instruction(text, doc.domain, doc_id=doc.id, source=Source.DESCRIBED)
        for doc, text in zip(drawn, texts, strict=True)
    ]


def encoded(encoder: Encoder, texts: Sequence[str], told: Told) -> Vectors:
    """Unit vectors of instructions, shape (texts, dimensions)."""
    found = []
    for start in range(0, len(texts), _ENCODED_AT_ONCE):
        told("encoding instructions", start, len(texts))
        found.append(encoder.encode(texts[start : start + _ENCODED_AT_ONCE]))
    told("encoding instructions", len(texts), len(texts))
    return np.concatenate(found)
