"""What lies under `var/`, and what of it a running service opens: catalogue, index, encoder.

An index lies in `indexes/<version>/`, named for the catalogue and the model that it was built from, so
that another catalogue never meets it by accident. Published catalogues lie in `catalogues/<version>/`;
which of them is served says the small file `current`, written by `service.publishing`. The embedding model,
exported for the queries of a service, lies in `encoders/<version>/`.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api_docs.catalogue import Catalogue
from api_docs.errors import BrokenCatalogue, EmbeddingModelError, OutdatedSchema, RetrievalIndexError
from api_docs.files import translated
from api_docs.storage import SNAPSHOT_FOLDER, first_error, load_catalogue, read_manifest
from retriever.bm25 import Bm25Backend
from retriever.embedding import (
    BatchingEncoder,
    Encoder,
    SentenceEncoder,
    every_core,
    limit_threads,
    load_encoder,
    model_state,
    usable_cores,
)
from retriever.faiss_package import check_gpus, check_one_faiss
from retriever.index import (
    Index,
    IndexManifest,
    build_index,
    index_version,
    open_index,
    read_index_manifest,
    save_index,
)
from retriever.onnx_encoder import SCHEMA as ONNX_SCHEMA
from retriever.onnx_encoder import exported, open_exported
from retriever.searcher import Searcher
from service.logs import SERVICE
from service.settings import Settings

Progress = Callable[[int, int], None]

CURRENT = "current"
"""Name of the file that says which published catalogue is served."""

service_log = logging.getLogger(SERVICE)

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


class By(StrEnum):
    """What published a catalogue."""

    PUBLISH = "publish"
    REFRESH = "refresh"
    ROLLBACK = "rollback"


class Current(BaseModel):
    """The file `current`: which of the published catalogues is served, since when, and by what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    catalogue: Annotated[str, Field(pattern="^[0-9a-f]{12}$")]
    published: datetime
    by: By = By.PUBLISH


def current_file(settings: Settings) -> Path:
    """The file that says which published catalogue is served."""
    return settings.var / CURRENT


def published_folder(settings: Settings, version: str) -> Path:
    """Where a published catalogue of this version lies."""
    return settings.var / "catalogues" / version


def read_current(settings: Settings) -> Current | None:
    """What was published last, None where nothing ever was.

    Raises:
        BrokenCatalogue: when the file that says so is damaged.
    """
    path = current_file(settings)
    try:
        return Current.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as exc:
        reason = first_error(exc) if isinstance(exc, ValidationError) else exc.strerror
        raise BrokenCatalogue(
            f"can't read {str(path)!r} ({reason}); write it anew with `callsmith docs publish`"
        ) from exc


def catalogue_folder(settings: Settings) -> Path:
    """The folder of the catalogue that is served: the one that is set, else published, else shipped.

    Raises:
        BrokenCatalogue: when what was published last can't be told, or is gone.
    """
    if settings.catalogue is not None:
        return settings.catalogue
    current = read_current(settings)
    if current is None:
        return SNAPSHOT_FOLDER
    folder = published_folder(settings, current.catalogue)
    if not folder.exists():
        raise BrokenCatalogue(
            f"{str(current_file(settings))!r} names catalogue {current.catalogue!r}, but there is no "
            f"{str(folder)!r}; publish one with `callsmith docs publish`"
        )
    return folder


def read_catalogue(settings: Settings) -> Catalogue:
    """The catalogue that is served.

    Raises:
        CatalogueError: when it is damaged.
    """
    return load_catalogue(catalogue_folder(settings))


def served_version(settings: Settings) -> str:
    """The index version that is to be served, by what the catalogue's manifest says.

    Raises:
        CatalogueError: when the manifest is damaged.
    """
    return index_version(read_manifest(catalogue_folder(settings)).version, settings.embedding_model)


def index_folder(settings: Settings, catalogue: Catalogue) -> Path:
    """Where the index of this catalogue lies."""
    return index_folder_of(settings, index_version(catalogue.version, settings.embedding_model))


def index_folder_of(settings: Settings, version: str) -> Path:
    """Where the index of this version lies."""
    return settings.var / "indexes" / version


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
    return ensure_index_of(read_catalogue(settings), settings, progress, force=force)


def ensure_index_of(
    catalogue: Catalogue, settings: Settings, progress: Progress | None = None, *, force: bool = False
) -> tuple[IndexInfo, bool]:
    """As `ensure_index`, for a catalogue that need not be the one that is served."""
    check_one_faiss()
    folder = index_folder(settings, catalogue)
    encoder = query_encoder(settings)
    built = force or not _opens(folder, catalogue, encoder)
    if built:
        _build(folder, catalogue, settings, progress)
    return IndexInfo(folder, read_index_manifest(folder)), built


def open_searcher(settings: Settings, progress: Progress | None = None) -> Searcher:
    """The searcher over the catalogue; the index is built where there is none.

    A damaged index is an error that names the fix, not a reason to build another one silently.

    Raises:
        CatalogueError, RetrievalIndexError, EmbeddingModelError, StorageError: see their messages.
        ConfigurationError: when FAISS can't do what is set.
    """
    check_faiss(settings)
    catalogue = read_catalogue(settings)
    folder = index_folder(settings, catalogue)
    if there := folder.exists():
        read_index_manifest(folder)  # what is wrong with it is sooner told than a model is loaded
    encoder = query_encoder(settings)
    index = open_index(folder, catalogue, encoder) if there else _build(folder, catalogue, settings, progress)
    return _searcher(settings, catalogue, index, BatchingEncoder(encoder))


def reopen_searcher(
    settings: Settings,
    encoder: Encoder,
    known: Catalogue | None = None,
    pause: Callable[[], None] = lambda: None,
) -> Searcher:
    """The searcher over what is served now, with an encoder that is there already; builds nothing.

    What a `known` catalogue has of the same docs is taken over. `pause` is called between any two docs, and
    may wait.

    Raises:
        CatalogueError, RetrievalIndexError: when it can't be opened as it is.
    """
    catalogue = load_catalogue(catalogue_folder(settings), known, pause)
    return _searcher(
        settings, catalogue, open_index(index_folder(settings, catalogue), catalogue, encoder), encoder
    )


def check_faiss(settings: Settings) -> None:
    """Make sure that the installed FAISS can do what is set; raises `ConfigurationError`."""
    check_one_faiss()
    if settings.faiss_device == "gpu":
        check_gpus()


def _searcher(settings: Settings, catalogue: Catalogue, index: Index, encoder: Encoder) -> Searcher:
    placed = index.on_gpus() if settings.faiss_device == "gpu" else index
    return Searcher(catalogue, placed, encoder, Bm25Backend(settings.bm25))


def query_encoder(settings: Settings) -> Encoder:
    """What encodes instructions: the model as it was exported, else (and on GPUs) the model itself.

    Raises:
        EmbeddingModelError: when the model can't be loaded.
        StorageError: when it can't be kept.
    """
    if settings.embedding_backend == "torch":
        return doc_encoder(settings)
    folder, threads = exported_folder(settings), _threads(settings)
    found = exported_encoder(settings, threads)
    if found is not None:
        return found
    model = doc_encoder(settings)
    try:
        return exported(model, folder, threads)
    except EmbeddingModelError as exc:
        service_log.warning("the embedding model is used as it is", extra={"fields": {"reason": str(exc)}})
        return model


def exported_encoder(settings: Settings, threads: int) -> Encoder | None:
    """The model as it was exported, None where it wasn't or is not to be used; it needs no torch."""
    if settings.embedding_backend == "torch":
        return None
    limit_threads(0)
    return open_exported(exported_folder(settings), settings.embedding_model, threads)


def doc_encoder(settings: Settings) -> SentenceEncoder:
    """What embeds docs: the model itself.

    Raises:
        EmbeddingModelError: when it can't be loaded.
    """
    limit_threads(_threads(settings))
    return load_encoder(settings.embedding_model)


def exported_folder(settings: Settings) -> Path:
    """A folder of its own for every state of the model that can be told apart."""
    parts = [str(ONNX_SCHEMA), settings.embedding_model, *model_state(settings.embedding_model)]
    return settings.var / "encoders" / hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _threads(settings: Settings) -> int:
    return settings.embedding_threads or _spare_cores(settings.workers)


def _spare_cores(workers: int) -> int:
    """How many cores an encoding may take: this worker's share of them, less one for all the rest."""
    return min(_MOST_THREADS, max(1, usable_cores() // workers - 1))


def _build(folder: Path, catalogue: Catalogue, settings: Settings, progress: Progress | None) -> Index:
    # Before the work, not after it: may anything be written there at all?
    with translated(folder), tempfile.TemporaryDirectory(prefix=".probe.", dir=_made(folder.parent)):
        pass
    encoder = doc_encoder(settings)
    with every_core():
        index = build_index(catalogue, encoder, progress)
    save_index(index, folder, catalogue.version, encoder.name)
    return index


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _opens(folder: Path, catalogue: Catalogue, encoder: Encoder) -> bool:
    try:
        open_index(folder, catalogue, encoder)
    except (RetrievalIndexError, OutdatedSchema):
        return False
    return True
