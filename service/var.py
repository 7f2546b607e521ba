"""What lies under `var/`, and what of it a running service opens: catalogue, index, encoder.

An index lies in `indexes/<version>/`, named for the catalogue and the model that it was built from, so
that another catalogue never meets it by accident.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api_docs.catalogue import Catalogue
from api_docs.errors import OutdatedSchema, RetrievalIndexError
from api_docs.files import translated
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from retriever.bm25 import Bm25Backend
from retriever.embedding import (
    BatchingEncoder,
    SentenceEncoder,
    every_core,
    limit_threads,
    load_encoder,
    usable_cores,
)
from retriever.index import (
    Index,
    IndexManifest,
    build_index,
    index_version,
    open_index,
    read_index_manifest,
    save_index,
)
from retriever.searcher import Searcher
from service.settings import Settings

Progress = Callable[[int, int], None]

_MOST_THREADS = 4
"""Cores beyond these make an encoding of one short text no quicker."""


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """An index folder and what its manifest says."""

    folder: Path
    manifest: IndexManifest

    def summary(self) -> dict[str, Any]:
        """What people and programs want to know of it."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        said = self.manifest.model_dump(mode="json", exclude={"files"})
        return {**said, "folder": str(self.folder), "bytes": sum(path.stat().st_size for path in files)}


def read_catalogue(settings: Settings) -> Catalogue:
    """The catalogue that the settings name.

    Raises:
        CatalogueError: when it is damaged.
    """
    return load_catalogue(settings.catalogue or SNAPSHOT_FOLDER)


def index_folder(settings: Settings, catalogue: Catalogue) -> Path:
    """Where the index of this catalogue lies."""
    return settings.var / "indexes" / index_version(catalogue.version, settings.embedding_model)


def index_info(settings: Settings) -> IndexInfo:
    """The index of the catalogue; raises `MissingIndex` where it isn't built."""
    folder = index_folder(settings, read_catalogue(settings))
    return IndexInfo(folder, read_index_manifest(folder))


def ensure_index(
    settings: Settings, progress: Progress | None = None, *, force: bool = False
) -> tuple[IndexInfo, bool]:
    """Build the index unless a whole one is there; the second value says whether it was built.

    Raises:
        CatalogueError, EmbeddingModelError, StorageError: when it can't be built.
    """
    catalogue = read_catalogue(settings)
    folder = index_folder(settings, catalogue)
    encoder = _encoder(settings)
    built = force or not _opens(folder, catalogue, encoder)
    if built:
        _build(folder, catalogue, encoder, progress)
    return IndexInfo(folder, read_index_manifest(folder)), built


def open_searcher(settings: Settings, progress: Progress | None = None) -> Searcher:
    """The searcher over the catalogue; the index is built where there is none.

    A damaged index is an error that names the fix, not a reason to build another one silently.

    Raises:
        CatalogueError, RetrievalIndexError, EmbeddingModelError, StorageError: see their messages.
    """
    catalogue = read_catalogue(settings)
    folder = index_folder(settings, catalogue)
    if there := folder.exists():
        read_index_manifest(folder)  # what is wrong with it is sooner told than a model is loaded
    encoder = _encoder(settings)
    index = open_index(folder, catalogue, encoder) if there else _build(folder, catalogue, encoder, progress)
    return Searcher(catalogue, index, BatchingEncoder(encoder), Bm25Backend(settings.bm25))


def _encoder(settings: Settings) -> SentenceEncoder:
    limit_threads(settings.embedding_threads or _spare_cores(settings.workers))
    return load_encoder(settings.embedding_model)


def _spare_cores(workers: int) -> int:
    """How many cores an encoding may take: this worker's share of them, less one for all the rest."""
    return min(_MOST_THREADS, max(1, usable_cores() // workers - 1))


def _build(folder: Path, catalogue: Catalogue, encoder: SentenceEncoder, progress: Progress | None) -> Index:
    # Before the work, not after it: may anything be written there at all?
    with translated(folder), tempfile.TemporaryDirectory(dir=_made(folder.parent)):
        pass
    with every_core():
        index = build_index(catalogue, encoder, progress)
    save_index(index, folder, catalogue.version, encoder.name)
    return index


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _opens(folder: Path, catalogue: Catalogue, encoder: SentenceEncoder) -> bool:
    try:
        open_index(folder, catalogue, encoder)
    except (RetrievalIndexError, OutdatedSchema):
        return False
    return True
