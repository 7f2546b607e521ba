"""The index: what retrieval needs, built from one catalogue version, in memory and on disk.

A folder holds the doc ids, BM25, the vectors, what these were made of, and last a manifest with checksums.
An index is opened only with the catalogue and the embedding model that it was built from. A matrix that turns
instructions' vectors is part of it, so that a service which takes up another index takes up its matrix, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from api_docs.catalogue import Catalogue
from api_docs.errors import (
    BrokenIndex,
    EmbeddingModelError,
    IndexMismatch,
    MissingIndex,
    OutdatedSchema,
)
from api_docs.files import publish_folder, sha256_of
from api_docs.pacing import paced
from retriever.bm25 import Bm25s, tokenize
from retriever.dense import DenseIndex
from retriever.embedding import Encoder
from retriever.query_matrix import MATRIX_FILE, QueryMatrix, read_query_matrix
from retriever.task_voice import TASK_WEIGHT
from retriever.text import COMPOSITION, keyword_text
from retriever.vectors import Origins, Progress, doc_vectors

INDEX_SCHEMA = 2
"""Version of the files below. Raise it when an older reader can't take them."""

MANIFEST = "manifest.json"
_IDS = "ids.json"
_VECTORS = "vectors.faiss"
_ORIGINS = "origins.npz"
_KEYWORDS = "bm25"
_REBUILD = "rebuild it with `callsmith index build`"


@dataclass(frozen=True, slots=True)
class Index:
    """Row `i` of every part belongs to `doc_ids[i]`.

    `origins` says what the vectors were made of, `embedded` how many docs were embedded to build it, none for
    an index that was read. `matrix` turns instructions' vectors before they are compared, None where they are
    compared as they are.
    """

    version: str
    doc_ids: tuple[str, ...]
    keywords: Bm25s
    dense: DenseIndex
    origins: Origins
    embedded: int = 0
    matrix: QueryMatrix | None = None

    def on_gpus(self) -> Index:
        """The same index with its vectors on every GPU of this machine.

        Raises:
            ConfigurationError: when FAISS finds none.
        """
        return replace(self, dense=self.dense.on_gpus())


class IndexManifest(BaseModel):
    """What an index folder holds and what it was built from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int
    version: str
    catalogue: str
    embedding_model: str
    docs: int
    dimensions: int
    created: datetime
    files: dict[str, str]
    query_matrix: str | None = None


def index_version(catalogue_version: str, embedding_model: str, matrix: str | None = None) -> str:
    """Twelve hex digits that name the index of a catalogue version, a model, and a matrix's version."""
    parts = f"{INDEX_SCHEMA} {COMPOSITION} {TASK_WEIGHT} {catalogue_version} {embedding_model}"
    return hashlib.sha256((parts if matrix is None else f"{parts} {matrix}").encode()).hexdigest()[:12]


def build_index(
    catalogue: Catalogue,
    encoder: Encoder,
    progress: Progress | None = None,
    previous: Index | None = None,
    matrix: QueryMatrix | None = None,
) -> Index:
    """Build the index of a catalogue in memory.

    What `previous`, an index of the same model, has of the same texts is taken over: those vectors are its
    own bit by bit, and only the other texts are embedded. BM25 is always built anew, for a word's weight
    depends on all docs.

    Raises:
        EmbeddingModelError: when the matrix was learnt for another model.
    """
    if matrix is not None:
        matrix.check_fits(encoder)
    there = None if previous is None else (previous.dense, previous.origins)
    made = doc_vectors(catalogue.docs, encoder, progress, there)
    return Index(
        version=index_version(catalogue.version, encoder.name, matrix.version if matrix else None),
        doc_ids=tuple(doc.id for doc in catalogue.docs),
        keywords=Bm25s.build(tokenize(keyword_text(doc)) for doc in catalogue.docs),
        dense=DenseIndex.build(made.vectors),
        origins=made.origins,
        embedded=made.embedded,
        matrix=matrix,
    )


def save_index(index: Index, folder: Path, catalogue_version: str, embedding_model: str) -> IndexManifest:
    """Write an index as a folder, all or nothing.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    manifests: list[IndexManifest] = []

    def fill(work: Path) -> None:
        (work / _IDS).write_bytes(orjson.dumps(index.doc_ids))
        index.dense.save(work / _VECTORS)
        index.origins.save(work / _ORIGINS)
        (work / _KEYWORDS).mkdir()
        index.keywords.save(work / _KEYWORDS)
        if index.matrix is not None:
            (work / MATRIX_FILE).write_bytes(index.matrix.to_bytes())
        files = sorted(path for path in work.rglob("*") if path.is_file())
        manifest = IndexManifest(
            schema_version=INDEX_SCHEMA,
            version=index.version,
            catalogue=catalogue_version,
            embedding_model=embedding_model,
            docs=len(index.doc_ids),
            dimensions=index.dense.dimensions,
            created=datetime.now(UTC).replace(microsecond=0),
            files={str(path.relative_to(work)): sha256_of(path) for path in files},
            query_matrix=index.matrix.version if index.matrix is not None else None,
        )
        (work / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        manifests.append(manifest)

    publish_folder(folder, fill)
    return manifests[0]


def read_index_manifest(folder: Path) -> IndexManifest:
    """Read what an index folder says of itself.

    Raises:
        MissingIndex: when there is no index.
        BrokenIndex: when its manifest is damaged.
        OutdatedSchema: when another version of Callsmith wrote it.
    """
    path = folder / MANIFEST
    try:
        raw: Any = orjson.loads(path.read_bytes())
    except FileNotFoundError as exc:
        raise MissingIndex(f"no index at {str(folder)!r}; build it with `callsmith index build`") from exc
    except (OSError, orjson.JSONDecodeError) as exc:
        raise BrokenIndex(f"can't read {str(path)!r} ({exc}); {_REBUILD}") from exc
    found = raw.get("schema_version") if isinstance(raw, dict) else None
    if found != INDEX_SCHEMA:
        raise OutdatedSchema(
            f"{str(folder)!r} has index schema {found!r}, this Callsmith reads {INDEX_SCHEMA}; {_REBUILD}"
        )
    try:
        return IndexManifest.model_validate(raw)
    except ValidationError as exc:
        raise BrokenIndex(f"{str(path)!r} is damaged ({exc.error_count()} fields); {_REBUILD}") from exc


def open_index(folder: Path, catalogue: Catalogue, encoder: Encoder, matrix: str | None = None) -> Index:
    """Read an index and make sure that it is whole and belongs to this catalogue, model and matrix.

    Raises:
        MissingIndex, BrokenIndex, OutdatedSchema: see `read_index_manifest`.
        IndexMismatch: when it was built from another catalogue, or with another model or matrix.
    """
    manifest = check_index(folder, catalogue, encoder.name, matrix)
    if manifest.dimensions != encoder.dimensions:
        raise IndexMismatch(
            f"the index {str(folder)!r} has vectors of {manifest.dimensions} numbers, {encoder.name!r} makes "
            f"{encoder.dimensions}; {_REBUILD}"
        )
    index = _read_parts(folder, manifest, catalogue)
    if index.matrix is not None:
        index.matrix.check_fits(encoder)
    return index


def check_index(
    folder: Path, catalogue: Catalogue, embedding_model: str, matrix: str | None = None
) -> IndexManifest:
    """Make sure that an index is whole and belongs to what is given, without loading a model.

    `embedding_model` is the model's identity, `matrix` the version of the matrix, None for none.

    Raises:
        MissingIndex, BrokenIndex, OutdatedSchema: see `read_index_manifest`.
        IndexMismatch: when it was built from another catalogue, or with another model or matrix.
    """
    manifest = read_index_manifest(folder)
    if manifest.catalogue != catalogue.version or manifest.docs != len(catalogue):
        raise IndexMismatch(
            f"the index {str(folder)!r} was built from catalogue {manifest.catalogue!r} "
            f"({manifest.docs} docs), "
            f"not from {catalogue.version!r} ({len(catalogue)} docs); {_REBUILD}"
        )
    if manifest.embedding_model != embedding_model:
        raise IndexMismatch(
            f"the index {str(folder)!r} was built with {manifest.embedding_model!r}, not with "
            f"{embedding_model!r}; {_REBUILD}, or set CALLSMITH_EMBEDDING_MODEL back"
        )
    if manifest.query_matrix != matrix:
        raise IndexMismatch(
            f"the index {str(folder)!r} was built with {_named(manifest.query_matrix)}, not with "
            f"{_named(matrix)}; {_REBUILD}, or set CALLSMITH_RETRIEVER_MATRIX back"
        )
    for name, expected in manifest.files.items():
        _check_file(folder / name, expected)
    return manifest


def _read_parts(folder: Path, manifest: IndexManifest, catalogue: Catalogue) -> Index:
    try:
        doc_ids = tuple(orjson.loads((folder / _IDS).read_bytes()))
        keywords = Bm25s.load(folder / _KEYWORDS, manifest.docs)
    except (OSError, ValueError, KeyError) as exc:
        raise BrokenIndex(f"can't read the index {str(folder)!r} ({exc}); {_REBUILD}") from exc
    dense, origins = DenseIndex.load(folder / _VECTORS), Origins.load(folder / _ORIGINS)
    rows = len(doc_ids)
    same = doc_ids == tuple(doc.id for doc in paced(catalogue.docs))
    if not (same and len(dense) == len(origins.rows) == rows):
        raise BrokenIndex(f"the parts of {str(folder)!r} don't fit together; {_REBUILD}")
    matrix = None
    if manifest.query_matrix is not None:
        try:
            matrix = read_query_matrix(folder / MATRIX_FILE)
        except EmbeddingModelError as exc:
            raise BrokenIndex(f"the index {str(folder)!r} lacks its matrix ({exc}); {_REBUILD}") from exc
    return Index(manifest.version, doc_ids, keywords, dense, origins, matrix=matrix)


def _named(matrix: str | None) -> str:
    return "no matrix" if matrix is None else f"the matrix {matrix!r}"


def _check_file(path: Path, expected: str) -> None:
    try:
        found = sha256_of(path)
    except OSError as exc:
        raise BrokenIndex(f"can't read {str(path)!r} ({exc.strerror}); {_REBUILD}") from exc
    if found != expected:
        raise BrokenIndex(f"{str(path)!r} is truncated or altered (checksum differs); {_REBUILD}")
