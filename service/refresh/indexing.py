"""The indexes of two versions, and what embeds the texts that only the later one has.

Few texts go through the exported model, which is there in a moment and needs neither torch nor its memory:
most nights change little, and then loading the model would take longer than all the rest. Many go through the
model itself, on every core and on GPUs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api_docs.catalogue import Catalogue
from api_docs.errors import OutdatedSchema, RetrievalIndexError
from retriever.embedding import Encoder, SentenceEncoder, every_core, usable_cores
from retriever.index import Index, build_index, index_version, open_index
from retriever.query_matrix import QueryMatrix
from retriever.vectors import unknown
from service import var
from service.settings import Settings

FEW: Final = 500
"""Texts that the exported model embeds in the time in which the model itself is only just loaded."""

Told = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, in all)."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """Two versions' indexes, what embedded, and what a person should know of it."""

    encoder: Encoder
    before: Index
    after: Index
    notes: tuple[str, ...] = ()


def index_both(
    settings: Settings, before: Catalogue, after: Catalogue, told: Told, encoder: Encoder | None = None
) -> Indexed:
    """Open the index of the version before, and make that of the one after, embedding only what changed.

    Where there is no index of the version before it is made too, for canaries are asked of both. `encoder`
    is what embeds; chosen by how much there is to do where it is None.

    Raises:
        EmbeddingModelError: when the model can't be loaded, or the matrix that is set doesn't fit it.
    """
    matrix = var.query_matrix(settings)
    light = encoder or var.exported_encoder(settings, usable_cores())
    there = _opened(settings, before, light, matrix) if light is not None else None
    if encoder is None and (there is None or unknown(after.docs, there.origins) > FEW):
        light = None
    chosen = light or var.doc_encoder(settings)
    there = there or _opened(settings, before, chosen, matrix)
    notes = []
    with every_core() if isinstance(chosen, SentenceEncoder) else contextlib.nullcontext():
        if there is None:
            notes.append("there was no index of the version before: all its docs were embedded as well")
            there = build_index(before, chosen, _titled(told, "embedding the version before"), matrix=matrix)
        made = build_index(after, chosen, _titled(told, "embedding what changed"), there, matrix)
    return Indexed(chosen, there, made, tuple(notes))


def _opened(
    settings: Settings, catalogue: Catalogue, encoder: Encoder, matrix: QueryMatrix | None
) -> Index | None:
    """The index of a catalogue that lies there; None where none does, or it is damaged."""
    version = matrix.version if matrix is not None else None
    folder = var.index_folder_of(settings, index_version(catalogue.version, encoder.name, version))
    try:
        return open_index(folder, catalogue, encoder, version)
    except (RetrievalIndexError, OutdatedSchema):
        return None


def _titled(told: Told, title: str) -> Callable[[int, int], None]:
    return lambda done, total: told(title, done, total)
