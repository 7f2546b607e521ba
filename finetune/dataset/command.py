"""Make a dataset with the service's settings: what `callsmith finetune dataset` runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetune.dataset.making import Progress, make_dataset, rank_with
from finetune.dataset.settings import DataSettings
from finetune.instructions.bank import BANK
from finetune.instructions.sources import read_sources
from service import var
from service.settings import Settings


def make(
    settings: Settings,
    wanted: DataSettings,
    into: Path,
    instructions: Sequence[Path] = (),
    *,
    told: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Make a dataset of the bank and `instructions`, and of the docs that are served; gives its manifest.

    What is held out is refused, under whatever name it comes. The index is built where there is none.

    Raises:
        TrainingDataError: when instructions can't be read or are kept for judging; see `make_dataset`.
        CatalogueError, EmbeddingModelError, StorageError: when docs can't be read or embedded.
    """
    known = [one for source in read_sources([BANK, *instructions]) for one in source.instructions]
    if not wanted.retriever:
        return make_dataset(into, wanted, var.read_catalogue(settings), known, progress=told)
    searcher = var.open_searcher(settings, lambda done, total: told("building the index", done, total))
    return make_dataset(into, wanted, searcher.catalogue, known, rank=rank_with(searcher), progress=told)
