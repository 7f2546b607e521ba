"""A catalogue on disk: one JSONL file per hub and a manifest that is written last.

The manifest names each file with its checksum and count, so that half of a catalogue is never taken
for a whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from api_docs.catalogue import Catalogue
from api_docs.errors import BrokenCatalogue, CallError, CatalogueError, InvalidDoc, OutdatedSchema
from api_docs.files import publish_folder, sha256_of
from api_docs.models import SCHEMA_VERSION, ApiDoc
from api_docs.pacing import paced

MANIFEST = "manifest.json"
SNAPSHOT_FOLDER = Path(__file__).parent / "snapshot"
"""The catalogue that ships with Callsmith."""

Migration = Callable[[dict[str, Any]], dict[str, Any]]
MIGRATIONS: dict[int, Migration] = {
    1: lambda record: record,  # 2 lets arguments be inputs; without any, nothing changed
}
"""From schema version → a function that lifts one record to the next version."""


class FileEntry(BaseModel):
    """What the manifest says of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    docs: int
    sha256: str


class Manifest(BaseModel):
    """What a catalogue folder holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int
    version: str
    created: datetime
    files: dict[str, FileEntry]
    aliases: dict[str, str] = {}
    former_calls: dict[str, str] = {}
    sources: dict[str, str] = {}


def write_catalogue(
    catalogue: Catalogue,
    folder: Path,
    *,
    sources: dict[str, str] | None = None,
    created: datetime | None = None,
) -> Manifest:
    """Write a catalogue as a folder, replacing one that is there, all or nothing.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    files: dict[str, FileEntry] = {}

    def fill(work: Path) -> None:
        for hub in sorted(catalogue.hubs):
            docs = [doc for doc in catalogue.docs if doc.hub == hub]
            path = work / f"{hub}.jsonl"
            path.write_bytes(b"".join(orjson.dumps(doc.record()) + b"\n" for doc in docs))
            files[path.name] = FileEntry(docs=len(docs), sha256=sha256_of(path))
        (work / MANIFEST).write_text(manifest().model_dump_json(indent=2) + "\n", encoding="utf-8")

    def manifest() -> Manifest:
        return Manifest(
            schema_version=SCHEMA_VERSION,
            version=catalogue.version,
            created=created or datetime.now(UTC).replace(microsecond=0),
            files=files,
            aliases=catalogue.aliases,
            former_calls=catalogue.former_calls,
            sources=sources or {},
        )

    publish_folder(folder, fill)
    return manifest()


def copy_catalogue(source: Path, target: Path, version: str) -> Manifest:
    """Copy a catalogue folder byte for byte, all or nothing; `version` is the one that was read from it.

    Raises:
        BrokenCatalogue: when the copy is not what was read, because somebody writes there.
        StorageError: when the disk is full or read-only.
    """
    manifest = read_manifest(source)

    def fill(work: Path) -> None:
        for name in (*manifest.files, MANIFEST):
            (work / name).write_bytes(_bytes_of(source, name))
        if not is_whole(work, version) or read_manifest(work) != manifest:
            raise BrokenCatalogue(
                f"{str(source)!r} changed while version {version!r} was copied; run the command again"
            )

    publish_folder(target, fill)
    return manifest


def is_whole(folder: Path, version: str) -> bool:
    """Whether a folder holds this version, and every file of its manifest as it was written."""
    try:
        manifest = read_manifest(folder)
        files = manifest.files.items()
        return manifest.version == version and all(
            sha256_of(folder / name) == entry.sha256 for name, entry in files
        )
    except (CatalogueError, OSError):
        return False


def _bytes_of(folder: Path, name: str) -> bytes:
    if Path(name).name != name:
        raise BrokenCatalogue(
            f"{str(folder)!r} names {name!r}, which lies outside of it; rebuild the catalogue"
        )
    try:
        return (folder / name).read_bytes()
    except OSError as exc:
        raise BrokenCatalogue(f"can't read {str(folder / name)!r}: {exc.strerror}; restore the file") from exc


def read_manifest(folder: Path) -> Manifest:
    """Read a catalogue's manifest.

    Raises:
        BrokenCatalogue: when there is none or it is damaged.
        OutdatedSchema: when another version of Callsmith wrote it and it can't be migrated.
    """
    path = folder / MANIFEST
    try:
        raw = orjson.loads(path.read_bytes())
        found = raw.get("schema_version") if isinstance(raw, dict) else None
    except OSError as exc:
        raise BrokenCatalogue(
            f"{str(folder)!r} is no catalogue: {exc.strerror} ({MANIFEST}); "
            "write one with `callsmith docs import` or `callsmith docs build`"
        ) from exc
    except orjson.JSONDecodeError as exc:
        raise BrokenCatalogue(
            f"{str(path)!r} is not JSON ({exc}); restore it or rebuild the catalogue"
        ) from exc
    _check_schema(found, folder)
    try:
        return Manifest.model_validate(raw)
    except ValidationError as exc:
        raise BrokenCatalogue(f"{str(path)!r}: {first_error(exc)}; rebuild the catalogue") from exc


def load_catalogue(folder: Path, known: Catalogue | None = None) -> Catalogue:
    """Read a whole catalogue, or none of it.

    Docs that a `known` catalogue has already, by their content hashes, are taken over from it: a version is
    much like the one before, and most of its docs need neither time nor memory then. That the files are as
    they were written their checksums say.

    Raises:
        BrokenCatalogue: naming the file, the line and the reason.
        OutdatedSchema: when it can't be migrated.
    """
    manifest = read_manifest(folder)
    docs: list[ApiDoc] = []
    for name, entry in manifest.files.items():
        found = list(paced(read_docs(folder / name, manifest.schema_version, known)))
        if len(found) != entry.docs or sha256_of(folder / name) != entry.sha256:
            raise BrokenCatalogue(
                f"{str(folder / name)!r} is not the file of its manifest ({len(found)} docs, expected "
                f"{entry.docs}, or other content); after an edit on purpose run `callsmith docs import`"
            )
        docs.extend(found)
    try:
        catalogue = Catalogue(docs, manifest.aliases, manifest.created, manifest.former_calls, known=known)
    except CallError as exc:
        raise BrokenCatalogue(f"{str(folder)!r}: {exc}") from exc
    if catalogue.version != manifest.version:
        raise BrokenCatalogue(
            f"{str(folder / MANIFEST)!r} belongs to catalogue {manifest.version!r}, but the files are "
            f"{catalogue.version!r}; restore the manifest or rebuild the catalogue"
        )
    return catalogue


def read_docs(
    path: Path, schema_version: int = SCHEMA_VERSION, known: Catalogue | None = None
) -> Iterator[ApiDoc]:
    """The docs of one JSONL file, in order; blank lines are passed over. For `known` see `load_catalogue`.

    Raises:
        BrokenCatalogue: naming the file, the line and the reason.
    """
    try:
        # Line by line: all of a large file at once would hold up every other thread while it is split.
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    record = orjson.loads(line)
                    doc = _known_doc(record, known) if schema_version == SCHEMA_VERSION else None
                    yield doc or read_doc(record, schema_version)
                except (orjson.JSONDecodeError, InvalidDoc) as exc:
                    raise BrokenCatalogue(
                        f"{str(path)!r}, line {number}: {exc}; mend or remove that line"
                    ) from exc
    except OSError as exc:
        raise BrokenCatalogue(f"can't read {str(path)!r}: {exc.strerror}; restore the file") from exc


def _known_doc(record: object, known: Catalogue | None) -> ApiDoc | None:
    """The doc that is known to say what a record says, alive and checked as the record has it."""
    if known is None or not isinstance(record, dict):
        return None
    doc_id = record.get("id")
    if not isinstance(doc_id, str) or doc_id not in known:
        return None
    doc = known.doc(doc_id)
    if record.get("content_hash") != doc.content_hash or not isinstance(record.get("alive", True), bool):
        return None
    try:
        checked = date.fromisoformat(record["last_checked"]) if "last_checked" in record else None
    except (TypeError, ValueError):
        return None
    alive = record.get("alive", True)
    if (doc.alive, doc.last_checked) == (alive, checked):
        return doc
    return doc.model_copy(update={"alive": alive, "last_checked": checked})


def read_doc(record: object, schema_version: int = SCHEMA_VERSION) -> ApiDoc:
    """One doc from its JSON record, migrated where its schema is older; raises `InvalidDoc`."""
    if not isinstance(record, dict):
        raise InvalidDoc(f"expected a JSON object, found {type(record).__name__}")
    for version in range(schema_version, SCHEMA_VERSION):
        record = MIGRATIONS[version](record)
    try:
        return ApiDoc.model_validate(record)
    except ValidationError as exc:
        raise InvalidDoc(first_error(exc)) from exc


def first_error(exc: ValidationError) -> str:
    """The first complaint of pydantic as one line: field, reason, value."""
    error = exc.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in error["loc"]) or "record"
    value = repr(error["input"])
    return f"{field}: {error['msg']} (found {value if len(value) <= 80 else value[:77] + '…'})"


def _check_schema(found: object, folder: Path) -> None:
    if found == SCHEMA_VERSION:
        return
    if isinstance(found, int) and all(version in MIGRATIONS for version in range(found, SCHEMA_VERSION)):
        if found < SCHEMA_VERSION:
            return
        raise OutdatedSchema(
            f"{str(folder)!r} has schema {found}, this Callsmith reads {SCHEMA_VERSION}: it was written by a "
            "newer one; upgrade with `pip install -U callsmith`"
        )
    raise OutdatedSchema(
        f"{str(folder)!r} has schema {found!r}, this Callsmith reads {SCHEMA_VERSION} and can't migrate it; "
        "rebuild it with `callsmith docs build` or `callsmith docs import`"
    )
