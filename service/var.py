"""What lies under `var/`, and what of it a running service opens: catalogue, index, encoder.

An index lies in `indexes/<version>/`, named for the catalogue, the model and the matrix that it was built
from, so that others never meet it by accident. Published catalogues lie in `catalogues/<version>/`;
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
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api_docs.catalogue import Catalogue
from api_docs.errors import (
    BrokenCatalogue,
    EmbeddingModelError,
    IndexMismatch,
    OutdatedSchema,
    RetrievalIndexError,
)
from api_docs.files import translated
from api_docs.storage import SNAPSHOT_FOLDER, first_error, load_catalogue, read_manifest
from retriever.batching import BatchingEncoder
from retriever.bm25 import Bm25Backend
from retriever.embedding import (
    Encoder,
    ReadingEncoder,
    SentenceEncoder,
    every_core,
    limit_threads,
    load_encoder,
    model_identity,
    model_state,
    usable_cores,
)
from retriever.faiss_package import check_gpus, check_one_faiss
from retriever.index import (
    Index,
    IndexManifest,
    build_index,
    check_index,
    index_version,
    open_index,
    read_index_manifest,
    save_index,
)
from retriever.judge import SHIPPED, Judge, read_judge
from retriever.onnx_encoder import SCHEMA as ONNX_SCHEMA
from retriever.onnx_encoder import exported, open_exported
from retriever.query_matrix import QueryMatrix, query_matrix_version, read_query_matrix
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
        EmbeddingModelError: when the model's folder or the matrix can't be read.
    """
    return index_version_of(settings, read_manifest(catalogue_folder(settings)).version)


def index_version_of(settings: Settings, catalogue_version: str) -> str:
    """The version of an index of this catalogue version, with the model and the matrix that are set.

    Raises:
        EmbeddingModelError: when the model's folder or the matrix can't be read.
    """
    return index_version(
        catalogue_version, model_identity(settings.embedding_model), _matrix_version(settings)
    )


def query_matrix(settings: Settings) -> QueryMatrix | None:
    """The matrix that is set, None where none is; raises `EmbeddingModelError` where it can't be read."""
    return read_query_matrix(settings.retriever_matrix) if settings.retriever_matrix is not None else None


def _matrix_version(settings: Settings) -> str | None:
    return query_matrix_version(settings.retriever_matrix) if settings.retriever_matrix is not None else None


def index_folder(settings: Settings, catalogue: Catalogue) -> Path:
    """Where the index of this catalogue lies."""
    return index_folder_of(settings, index_version_of(settings, catalogue.version))


def index_folder_of(settings: Settings, version: str) -> Path:
    """Where the index of this version lies."""
    return settings.var / "indexes" / version


def check_whole_index(settings: Settings, catalogue: Catalogue) -> IndexManifest:
    """Make sure that there is a whole index of this catalogue; loads no model.

    Raises:
        RetrievalIndexError, OutdatedSchema: see `retriever.index.check_index`.
        EmbeddingModelError: when the model's folder or the matrix can't be read.
    """
    model = model_identity(settings.embedding_model)
    return check_index(index_folder(settings, catalogue), catalogue, model, _matrix_version(settings))


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
    built = force or not _opens(folder, catalogue, encoder, _matrix_version(settings))
    if built:
        _build(folder, catalogue, settings, progress, afresh=force)
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
    if there:
        index = open_index(folder, catalogue, encoder, _matrix_version(settings))
    else:
        index = _build(folder, catalogue, settings, progress)
    return _searcher(settings, catalogue, index, BatchingEncoder(encoder))


def reopen_searcher(settings: Settings, encoder: Encoder, known: Catalogue | None = None) -> Searcher:
    """The searcher over what is served now, with an encoder that is there already; builds nothing.

    What a `known` catalogue has of the same docs is taken over. Another matrix comes with its index; another
    model needs another process.

    Raises:
        CatalogueError, RetrievalIndexError: when it can't be opened as it is.
        EmbeddingModelError: when the model's folder or the matrix can't be read.
    """
    if encoder.name != (model := model_identity(settings.embedding_model)):
        raise IndexMismatch(
            f"the embedding model that is set is {model!r} now, and this process encodes with "
            f"{encoder.name!r}; build its index with `callsmith index build`, then restart the service"
        )
    catalogue = load_catalogue(catalogue_folder(settings), known)
    index = open_index(index_folder(settings, catalogue), catalogue, encoder, _matrix_version(settings))
    return _searcher(settings, catalogue, index, encoder)


def check_faiss(settings: Settings) -> None:
    """Make sure that the installed FAISS can do what is set; raises `ConfigurationError`."""
    check_one_faiss()
    if settings.faiss_device == "gpu":
        check_gpus()


def _searcher(settings: Settings, catalogue: Catalogue, index: Index, encoder: Encoder) -> Searcher:
    placed = index.on_gpus() if settings.faiss_device == "gpu" else index
    return Searcher(catalogue, placed, encoder, Bm25Backend(settings.bm25), judge_for(settings, encoder))


def judge_for(settings: Settings, encoder: Encoder) -> Judge | None:
    """The judge that is set or ships; None, which the log says once, where it was learnt for another model.

    Raises:
        EmbeddingModelError: when its file can't be read.
    """
    judge = _read_judge(settings.judge or SHIPPED)
    if judge.fits(encoder):
        judge.open()
        return judge
    _say_unfit(judge.model, encoder.name)
    return None


@lru_cache(maxsize=4)
def _read_judge(path: Path) -> Judge:
    return read_judge(path)


@lru_cache(maxsize=16)
def _say_unfit(learnt_for: str, model: str) -> None:
    """Once for every pair."""
    service_log.warning(
        "answers have no confidence, and hardly anything is no match: the judge was learnt for another "
        "embedding model; make one with `callsmith finetune judge` and set CALLSMITH_JUDGE",
        extra={"fields": {"learnt_for": learnt_for, "embedding_model": model}},
    )


def query_encoder(settings: Settings) -> ReadingEncoder:
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


def exported_encoder(settings: Settings, threads: int) -> ReadingEncoder | None:
    """The model as it was exported, None where it wasn't or is not to be used; it needs no torch."""
    if settings.embedding_backend == "torch":
        return None
    limit_threads(0)
    return open_exported(exported_folder(settings), model_identity(settings.embedding_model), threads)


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
    return settings.embedding_threads or _share_of_cores(settings.workers)


def _share_of_cores(workers: int) -> int:
    """How many cores an encoding may take: a worker's share. Threads that wait sleep and cost nobody."""
    return min(_MOST_THREADS, max(1, usable_cores() // workers))


def _build(
    folder: Path,
    catalogue: Catalogue,
    settings: Settings,
    progress: Progress | None,
    *,
    afresh: bool = False,
) -> Index:
    """Build an index and keep it; `afresh` takes no vectors over from another one."""
    # Before the work, not after it: may anything be written there at all, and is the matrix one?
    matrix = query_matrix(settings)
    with translated(folder), tempfile.TemporaryDirectory(prefix=".probe.", dir=_made(folder.parent)):
        pass
    encoder = doc_encoder(settings)
    there = None if afresh else _with_another_matrix(folder, catalogue, encoder)
    with every_core():
        index = build_index(catalogue, encoder, progress, there, matrix)
    save_index(index, folder, catalogue.version, encoder.name)
    return index


def _with_another_matrix(folder: Path, catalogue: Catalogue, encoder: Encoder) -> Index | None:
    """A whole index of the same catalogue and model beside this folder: its docs' vectors are the same."""
    for other in sorted(folder.parent.glob("[!.]*")):
        try:
            if other != folder:
                return open_index(other, catalogue, encoder, read_index_manifest(other).query_matrix)
        except (RetrievalIndexError, OutdatedSchema, EmbeddingModelError):
            continue
    return None


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _opens(folder: Path, catalogue: Catalogue, encoder: Encoder, matrix: str | None) -> bool:
    try:
        open_index(folder, catalogue, encoder, matrix)
    except (RetrievalIndexError, OutdatedSchema):
        return False
    return True
