"""Versions that were published before: which are kept, going back to one, and clearing the others away.

The served version is never removed, nor one that was served within the last hour: a service may have read its
name just before it was replaced, and be opening it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from api_docs.errors import BrokenCatalogue, CatalogueError, NotFound, OutdatedSchema, RetrievalIndexError
from api_docs.files import translated
from api_docs.storage import SNAPSHOT_FOLDER, read_manifest
from retriever.index import read_index_manifest
from service import var
from service.history import Publication, read_history
from service.settings import Settings

MAY_BE_OPENED = timedelta(hours=1)
"""How long a version may still be opened by a service that read its name."""


def kept_versions(settings: Settings) -> list[str]:
    """The published versions that lie on disk, the one that was published last first.

    Versions that the history doesn't know come after those that it does, the youngest first.
    """
    folder = settings.var / "catalogues"
    there = {path.name: path.stat().st_mtime for path in folder.glob("[!.]*") if path.is_dir()}
    last = {one.version: place for place, one in enumerate(read_history(settings))}
    return sorted(there, key=lambda name: (last.get(name, -1), there[name]), reverse=True)


def earlier_version(settings: Settings) -> str:
    """The version before the one that is served, as people count: what was rolled back from is no step.

    Raises:
        NotFound: when there is none.
    """
    current = _current(settings)
    steps: list[str] = []
    for one in read_history(settings):
        if one.version in steps:
            del steps[steps.index(one.version) :]
        steps.append(one.version)
    before = steps[: steps.index(current)] if current in steps else steps
    kept = kept_versions(settings)
    for version in reversed(before):
        if version in kept:
            return version
    raise NotFound(
        f"no version before {current!r} is kept in {str(settings.var / 'catalogues')!r}; "
        "`callsmith docs history` shows what there was, CALLSMITH_KEEP_VERSIONS how many are kept"
    )


def kept_folder(settings: Settings, version: str) -> Path:
    """Where a version that is kept lies.

    Raises:
        NotFound: naming those that are.
    """
    kept = kept_versions(settings)
    if version not in kept:
        known = ", ".join(map(repr, kept)) or "none"
        raise NotFound(
            f"no version {version!r} is kept; there is {known}. `callsmith docs history` says more"
        )
    return var.published_folder(settings, version)


def prune(settings: Settings, now: datetime | None = None) -> list[str]:
    """Remove versions beyond the newest CALLSMITH_KEEP_VERSIONS, with their indexes; gives their names.

    Raises:
        StorageError: when they can't be removed.
    """
    current = _current(settings)
    opened = _may_be_opened(read_history(settings), now or datetime.now(UTC))
    gone = [
        version
        for version in kept_versions(settings)[settings.keep_versions :]
        if version != current and version not in opened
    ]
    if gone:
        _remove(settings, gone)
    return gone


def _remove(settings: Settings, versions: Sequence[str]) -> None:
    """Indexes first: what a kill leaves is a catalogue, which the next time takes."""
    for folder in sorted((settings.var / "indexes").glob("[!.]*")):
        try:
            built_from = read_index_manifest(folder).catalogue
        except (RetrievalIndexError, OutdatedSchema):
            continue
        if built_from in versions and not _is_served_otherwise(settings, built_from):
            _remove_folder(folder)
    for version in versions:
        _remove_folder(var.published_folder(settings, version))


def _remove_folder(folder: Path) -> None:
    """Out of the way by one rename, so that nobody ever sees half of it."""
    with translated(folder):
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            folder.rename(aside / "folder")
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _is_served_otherwise(settings: Settings, version: str) -> bool:
    """Whether a service without anything published, or with a catalogue of its own, has the same version."""
    folders = [SNAPSHOT_FOLDER, *([settings.catalogue] if settings.catalogue is not None else [])]
    return version in {_version_of(folder) for folder in folders}


def _version_of(folder: Path) -> str | None:
    try:
        return read_manifest(folder).version
    except CatalogueError:
        return None


def _may_be_opened(history: Sequence[Publication], now: datetime) -> set[str]:
    """The versions whose successor was published less than an hour ago."""
    return {one.version for one, following in pairwise(history) if now - following.published < MAY_BE_OPENED}


def _current(settings: Settings) -> str | None:
    try:
        current = var.read_current(settings)
    except BrokenCatalogue:
        return None
    return current.catalogue if current is not None else None
