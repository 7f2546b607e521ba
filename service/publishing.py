"""Make a catalogue the one that is served: checked, copied, indexed, and only then named in `var/current`.

A reader sees all of the old or all of the new. Whatever ends a publication half way, the old one is
served, and the next publication goes on from what is whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api_docs.catalogue import Catalogue
from api_docs.diff import CatalogueDiff
from api_docs.errors import AlreadyPublishing, BrokenCatalogue, OutdatedSchema, RetrievalIndexError
from api_docs.files import translated, write_file
from api_docs.storage import SNAPSHOT_FOLDER, copy_catalogue, is_whole, load_catalogue, write_catalogue
from api_docs.verification import check_docs
from retriever.index import Index, save_index
from service import var
from service.changes import changes_from, counts_of, keep_changes
from service.history import Publication, docs_by_hub, note, note_what_is_missing
from service.settings import Settings
from service.var import By, Current, Progress
from service.versions import earlier_version, kept_folder, prune

LOCK = "publish.lock"

_LEFT_BEHIND = 24 * 60 * 60
"""Seconds after which what a build left behind has no build any more that might go on with it."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is published now.

    `changed` says whether something else was before, `index_built` whether there was no whole index of it;
    `served` is false where the settings name another catalogue.
    """

    version: str
    index_version: str
    docs: int
    folder: Path
    published: datetime
    changed: bool
    index_built: bool
    served: bool

    def summary(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self) | {"folder": str(self.folder), "published": self.published.isoformat()}


@dataclass(frozen=True, slots=True)
class Made:
    """A catalogue in memory that was checked, its index, and where each hub's docs come from."""

    catalogue: Catalogue
    index: Index
    sources: dict[str, str]


def publish(
    settings: Settings, folder: Path | None = None, progress: Progress | None = None, *, by: By = By.PUBLISH
) -> Published:
    """Have a catalogue served, the shipped snapshot unless a folder is given; running services take it up.

    What is published already and whole stays as it is.

    Raises:
        AlreadyPublishing: when another process publishes into the same place.
        CatalogueError: when the catalogue is damaged, empty, or has a doc whose call does not verify.
        EmbeddingModelError, StorageError: when its index can't be built.
    """
    with alone(settings):
        source = folder if folder is not None else SNAPSHOT_FOLDER
        catalogue = _checked(source)
        publication = _Publication(settings, catalogue, lambda _: _indexed(catalogue, settings, progress), by)
        return publication.run(lambda target: copy_catalogue(source, target, catalogue.version))


def roll_back(settings: Settings, version: str | None = None, progress: Progress | None = None) -> Published:
    """Have an older version that is kept served again: the one before, unless one is named.

    It is checked like any other. Until a refresh is told to go on, none publishes: what somebody went back
    from does not come again with the next night.

    Raises:
        NotFound: when no such version is kept.
        AlreadyPublishing, CatalogueError, EmbeddingModelError, StorageError: see `publish`.
    """
    folder = kept_folder(settings, version if version is not None else earlier_version(settings))
    return publish(settings, folder, progress, by=By.ROLLBACK)


def publish_made(
    settings: Settings,
    made: Made,
    *,
    changes: CatalogueDiff | None,
    accepted: Sequence[str] = (),
    step: Callable[[str], None] = lambda _: None,
) -> Published:
    """Have what a refresh made served. The caller is `alone`; `step` is told what is done.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    catalogue = made.catalogue
    publication = _Publication(
        settings,
        catalogue,
        lambda written: _saved(made, settings, catalogue_written=written),
        By.REFRESH,
        changes,
        tuple(accepted),
        step,
    )
    return publication.run(lambda target: write_catalogue(catalogue, target, sources=made.sources))


@dataclass(frozen=True, slots=True)
class _Publication:
    """The one way to publish: catalogue, index, and last the name; then history, and clearing away.

    `indexed` makes sure that there is a whole index, told whether the catalogue was written just now; it says
    whether the index had to be.
    """

    settings: Settings
    catalogue: Catalogue
    indexed: Callable[[bool], bool]
    by: By
    changes: CatalogueDiff | None = None
    accepted: tuple[str, ...] = ()
    step: Callable[[str], None] = lambda _: None

    def run(self, write: Callable[[Path], object]) -> Published:
        """Publish; `write` puts the catalogue where it is told."""
        settings, catalogue = self.settings, self.catalogue
        target = var.published_folder(settings, catalogue.version)
        if written := not is_whole(target, catalogue.version):
            write(target)
        self.step("catalogue written")
        index_built = self.indexed(written)
        self.step("index written")
        before = _before(settings)
        note_what_is_missing(settings, before)
        changed = before is None or before.catalogue != catalogue.version
        current = self._name(before) if before is None or changed else before
        prune(settings)
        self.step("old versions removed")
        return Published(
            version=catalogue.version,
            index_version=var.index_folder(settings, catalogue).name,
            docs=len(catalogue),
            folder=target,
            published=current.published,
            changed=changed,
            index_built=index_built,
            served=settings.catalogue is None,
        )

    def _name(self, before: Current | None) -> Current:
        """Name the catalogue in `current`, and note that it was."""
        now = datetime.now(UTC).replace(microsecond=0)
        current = Current(catalogue=self.catalogue.version, published=now, by=self.by)
        write_file(var.current_file(self.settings), current.model_dump_json(indent=2).encode() + b"\n")
        self.step("named")
        before_version = before.catalogue if before is not None else None
        changes = self.changes or changes_from(self.settings, before_version, self.catalogue)
        publication = Publication(
            published=now,
            version=current.catalogue,
            before=before_version,
            by=self.by,
            docs=docs_by_hub(self.catalogue),
            changes=counts_of(changes) if changes is not None else None,
            accepted=self.accepted,
            after_rollback=before is not None and before.by is By.ROLLBACK and self.by is By.REFRESH,
        )
        if changes is not None:
            keep_changes(self.settings, publication, changes)
        note(self.settings, publication)
        self.step("noted in the history")
        return current


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Keep every other process from publishing, and remove what killed ones left half-written.

    The system lets go of the lock whatever ends this process.

    Raises:
        AlreadyPublishing: when another process has it.
        StorageError: when the folder can't be written.
    """
    folder = settings.var
    path = folder / LOCK
    with translated(path):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with translated(path):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise AlreadyPublishing(
                    f"another process is publishing into {str(folder)!r}, or refreshes it; wait for it to "
                    "end, then run the command again"
                ) from exc
        _remove_what_was_left_behind(folder)
        yield
    finally:
        os.close(handle)


def _remove_what_was_left_behind(folder: Path) -> None:
    """Half-written files of killed processes; an index or an encoder may be in work without our lock."""
    now = time.time()
    left = [*(folder / "catalogues").glob(".*"), *folder.glob(f".{var.CURRENT}.*")]
    for name in (".", "reports", "changes"):
        left += (folder / "refresh" / name).glob(".*")
    in_work = [*(folder / "indexes").glob(".*"), *(folder / "encoders").glob(".*")]
    left += [path for path in in_work if now - path.stat().st_mtime > _LEFT_BEHIND]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _checked(source: Path) -> Catalogue:
    catalogue = load_catalogue(source)
    if not len(catalogue):
        raise BrokenCatalogue(f"{str(source)!r} has no docs; import some with `callsmith docs import`")
    check_docs(catalogue.docs)
    return catalogue


def _indexed(catalogue: Catalogue, settings: Settings, progress: Progress | None) -> bool:
    """Make sure that there is a whole index; says whether it had to be built."""
    try:
        var.check_whole_index(settings, catalogue)
    except (RetrievalIndexError, OutdatedSchema):
        _, built = var.ensure_index_of(catalogue, settings, progress)
        return built
    return False


def _saved(made: Made, settings: Settings, *, catalogue_written: bool) -> bool:
    """Make sure that there is a whole index: what lies there, else the one that was made."""
    catalogue, index = made.catalogue, made.index
    folder = var.index_folder(settings, catalogue)
    try:
        var.check_whole_index(settings, catalogue)
    except (RetrievalIndexError, OutdatedSchema):
        if not catalogue_written:
            # One that lay there before may have the same docs in another order.
            there = load_catalogue(var.published_folder(settings, catalogue.version))
            if tuple(doc.id for doc in there.docs) != index.doc_ids:
                return _indexed(there, settings, None)
        save_index(index, folder, catalogue.version, index.origins.model)
        return True
    return False


def _before(settings: Settings) -> Current | None:
    try:
        return var.read_current(settings)
    except BrokenCatalogue:
        return None
