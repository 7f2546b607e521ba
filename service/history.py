"""What was published when, by what, with what counts: `refresh/history.jsonl`, one line a publication.

The file only grows, a line at a time. A line that a killed process left unfinished is passed over, and what
it would have said is noted by the next publication, as far as it is known.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api_docs.catalogue import Catalogue
from api_docs.files import translated
from service.settings import Settings
from service.var import By, Current

HISTORY = "history.jsonl"


class Changes(BaseModel):
    """How many docs changed, and in which way, from the version before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    added: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0


class Publication(BaseModel):
    """One version that began to be served.

    `docs` counts by hub; None where a killed process could not say. `accepted` names hubs whose shrinking
    somebody accepted. `after_rollback` says that it ended a rollback.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    published: datetime
    version: Annotated[str, Field(pattern="^[0-9a-f]{12}$")]
    before: str | None = None
    by: By
    docs: Mapping[str, int] | None = None
    changes: Changes | None = None
    accepted: tuple[str, ...] = ()
    after_rollback: bool = False


def history_file(settings: Settings) -> Path:
    """The file."""
    return settings.var / "refresh" / HISTORY


def read_history(settings: Settings) -> list[Publication]:
    """Every publication, first to last; lines that can't be read are passed over."""
    try:
        lines = history_file(settings).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(Publication.model_validate_json(line))
        except ValidationError:
            continue
    return found


def note(settings: Settings, publication: Publication) -> None:
    """Add a publication.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    path = history_file(settings)
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            size = os.fstat(handle).st_size
            unfinished = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            line = publication.model_dump_json(exclude_defaults=True).encode() + b"\n"
            os.write(handle, b"\n" + line if unfinished else line)
            os.fsync(handle)
        finally:
            os.close(handle)


def note_what_is_missing(settings: Settings, current: Current | None) -> None:
    """Add the version that is served now, where whoever published it was killed before it could.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    found = read_history(settings)
    if current is None or (found and found[-1].version == current.catalogue):
        return
    before = found[-1].version if found else None
    note(
        settings,
        Publication(published=current.published, version=current.catalogue, before=before, by=current.by),
    )


def docs_by_hub(catalogue: Catalogue) -> dict[str, int]:
    """How many docs each hub has."""
    return dict(sorted(Counter(doc.hub for doc in catalogue.docs).items()))
