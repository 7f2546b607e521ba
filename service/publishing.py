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
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api_docs.catalogue import Catalogue
from api_docs.errors import AlreadyPublishing, BrokenCatalogue, OutdatedSchema, RetrievalIndexError
from api_docs.files import translated, write_file
from api_docs.storage import SNAPSHOT_FOLDER, copy_catalogue, is_whole, load_catalogue
from api_docs.verification import check_docs
from retriever.index import check_index
from service import var
from service.settings import Settings
from service.var import Current, Progress

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


def publish(settings: Settings, folder: Path | None = None, progress: Progress | None = None) -> Published:
    """Have a catalogue served, the shipped snapshot unless a folder is given; running services take it up.

    What is published already and whole stays as it is.

    Raises:
        AlreadyPublishing: when another process publishes into the same place.
        CatalogueError: when the catalogue is damaged, empty, or has a doc whose call does not verify.
        EmbeddingModelError, StorageError: when its index can't be built.
    """
    with _alone(settings.var):
        _remove_what_was_left_behind(settings.var)
        source = folder if folder is not None else SNAPSHOT_FOLDER
        catalogue = _checked(source)
        target = var.published_folder(settings, catalogue.version)
        if not is_whole(target, catalogue.version):
            copy_catalogue(source, target, catalogue.version)
        index_built = _indexed(catalogue, settings, progress)
        before = _before(settings)
        changed = before is None or before.catalogue != catalogue.version
        current = _name(catalogue, settings) if before is None or changed else before
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


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep every other process from publishing; the system lets go of the lock whatever ends this one."""
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
                    f"another process is publishing into {str(folder)!r}; wait for it to end, then run the "
                    "command again"
                ) from exc
        yield
    finally:
        os.close(handle)


def _remove_what_was_left_behind(folder: Path) -> None:
    """Half-written files of publications that were killed; an index may be in work without our lock."""
    now = time.time()
    left = [*(folder / "catalogues").glob(".*"), *folder.glob(f".{var.CURRENT}.*")]
    left += [path for path in (folder / "indexes").glob(".*") if now - path.stat().st_mtime > _LEFT_BEHIND]
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
        check_index(var.index_folder(settings, catalogue), catalogue, settings.embedding_model)
    except (RetrievalIndexError, OutdatedSchema):
        _, built = var.ensure_index_of(catalogue, settings, progress)
        return built
    return False


def _before(settings: Settings) -> Current | None:
    try:
        return var.read_current(settings)
    except BrokenCatalogue:
        return None


def _name(catalogue: Catalogue, settings: Settings) -> Current:
    current = Current(catalogue=catalogue.version, published=datetime.now(UTC).replace(microsecond=0))
    write_file(var.current_file(settings), current.model_dump_json(indent=2).encode() + b"\n")
    return current
