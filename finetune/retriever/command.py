"""Teach the retriever by the method that is asked for: what `callsmith finetune retriever` runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from finetune.instructions.bank import BANK
from finetune.retriever.card import Card, Method
from finetune.retriever.encoder import EncoderOptions, teach_encoder
from finetune.retriever.lesson import Told
from finetune.retriever.matrix import MatrixOptions, teach_matrix
from service.settings import Settings

__all__ = ["Method", "teach"]


def teach(  # noqa: PLR0913 - what can be asked for
    settings: Settings,
    method: Method,
    instructions: Sequence[Path],
    out: Path,
    *,
    folds: int | None,
    epochs: int | None,
    seed: int,
    told: Told,
) -> Card:
    """Teach the retriever; without `instructions` on the bank that ships, without numbers as usual.

    Raises:
        TrainingError, InvalidRequest, CatalogueError, EmbeddingModelError, StorageError: see `teach_matrix`
            and `teach_encoder`.
    """
    given = list(instructions) or [BANK]
    numbers = {"folds": folds, "epochs": epochs, "seed": seed}
    asked = {name: number for name, number in numbers.items() if number is not None}
    if method is Method.MATRIX:
        return teach_matrix(settings, given, out, MatrixOptions(**asked), told)
    return teach_encoder(settings, given, out, EncoderOptions(**asked), told)
