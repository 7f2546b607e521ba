"""Learn a judge for the embedding model that is set: what `callsmith finetune judge` runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from api_docs.files import publish_folder, sha256_of
from finetune.instructions.bank import BANK
from finetune.judge.beginning import copied, drawn
from finetune.judge.card import Card, card_of, write_card
from finetune.judge.learn import learn
from finetune.judge.lesson import BRIEF, Lesson, Told, prepare
from finetune.retriever.card import now, refuse_what_is_not_ours
from retriever.branch import Layers
from retriever.index import open_index
from retriever.judge import JUDGE_FILE
from service import var
from service.settings import Settings

DRAWN: Final = 2
"""Layers of a branch that can't begin with a model's own."""


def teach_judge(  # noqa: PLR0913 - what can be asked for
    settings: Settings, instructions: Sequence[Path], out: Path, *, folds: int, seed: int, told: Told
) -> Card:
    """Learn a judge, and write it with its card as a folder; without `instructions` from what ships.

    The index of the catalogue that is served is built where there is none.

    Raises:
        InvalidRequest: when `out` holds something else.
        TrainingDataError: when the instructions can't be read, or are too few.
        CatalogueError, EmbeddingModelError, StorageError: when docs or instructions can't be embedded.
    """
    refuse_what_is_not_ours(out)
    plain = settings.model_copy(update={"retriever_matrix": None})
    catalogue = var.read_catalogue(plain)
    info, _ = var.ensure_index_of(catalogue, plain, lambda done, total: told("embedding docs", done, total))
    encoder = var.query_encoder(plain)
    lesson = prepare(list(instructions) or [BANK, BRIEF], encoder, folds, seed, told)
    index = open_index(info.folder, catalogue, encoder)
    learnt = learn(lesson, catalogue, index, encoder, _beginning(plain, lesson, seed), seed, told)
    card = card_of(lesson, learnt, encoder.name, catalogue.version, seed, now())
    found: list[Card] = []

    def fill(work: Path) -> None:
        (work / JUDGE_FILE).write_bytes(learnt.judge.to_bytes())
        found.append(replace(card, files={JUDGE_FILE: sha256_of(work / JUDGE_FILE)}))
        write_card(work, found[0])

    publish_folder(out, fill)
    return found[0]


def _beginning(settings: Settings, lesson: Lesson, seed: int) -> Layers:
    """The model's own layers where they can be copied."""
    model = getattr(var.doc_encoder(settings), "model", None)
    found = None if model is None else copied(model, lesson.after)
    return found or drawn(DRAWN, lesson.vectors.shape[1], seed)
