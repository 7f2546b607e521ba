"""What changed with each publication, doc by doc: kept by whoever publishes, read by the service.

`refresh/history.jsonl` counts; `refresh/changes/` has the details, a file a publication, written whole or
not at all. They are read where somebody asks, and kept in memory, for a file never changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api_docs.catalogue import Catalogue
from api_docs.diff import CatalogueDiff, FieldChange, diff_catalogues
from api_docs.errors import CatalogueError, NotFound
from api_docs.files import translated, write_file
from api_docs.storage import load_catalogue
from service.history import Changes, Publication, read_history
from service.schemas import MAX_PAGE, MAX_PER_PAGE
from service.served import Served
from service.settings import Settings
from service.var import By, published_folder

KEPT = 90
"""Publications whose details are kept, and told: a quarter of a year of nights."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChangeKind(StrEnum):
    """What happened to a doc."""

    ADDED = "added"
    CHANGED = "changed"
    RENAMED = "renamed"
    REMOVED = "removed"


class ChangesQuery(_Frozen):
    """Which changes of a publication to list."""

    kind: Annotated[ChangeKind | None, Field(description="Only these; all when left out.")] = None
    page: Annotated[int, Field(ge=1, le=MAX_PAGE, description="1 is the first page.")] = 1
    per_page: Annotated[int, Field(ge=1, le=MAX_PER_PAGE, description="Docs on a page.")] = 50


class PublicationInfo(_Frozen):
    """One version that began to be served."""

    number: Annotated[int, Field(description="1 is the first publication that is known.")]
    published: datetime
    version: Annotated[str, Field(description="Of the catalogue.")]
    before: str | None
    by: By
    docs: Annotated[dict[str, int] | None, Field(description="By hub; null where that was not noted.")]
    changes: Annotated[Changes | None, Field(description="How many docs changed; null if unknown.")]
    detailed: Annotated[bool, Field(description="Whether it is known which docs changed, and in what.")]


class PublicationList(_Frozen):
    """The last publications, the newest first."""

    items: tuple[PublicationInfo, ...]
    total: Annotated[int, Field(description="Publications that are known, older ones included.")]


class DocChanged(_Frozen):
    """One doc that changed; `before_id` is what it was called before it was renamed."""

    kind: ChangeKind
    id: str
    before_id: str | None = None
    fields: Annotated[
        tuple[FieldChange, ...], Field(description="What it says otherwise, by path in the record.")
    ] = ()


class ChangedDocs(_Frozen):
    """A page of what one publication changed."""

    publication: PublicationInfo
    items: tuple[DocChanged, ...]
    total: int
    page: int
    per_page: int
    pages: int


class DocEvent(_Frozen):
    """What one publication did to a doc."""

    publication: PublicationInfo
    change: DocChanged


class DocHistory(_Frozen):
    """What happened to an API doc, the newest first, under its former ids too."""

    id: str
    events: tuple[DocEvent, ...]
    since: Annotated[datetime | None, Field(description="From when on changes are known; null: none are.")]


# ---- kept by whoever publishes -------------------------------------------------------------------


def changes_from(settings: Settings, before: str | None, after: Catalogue) -> CatalogueDiff | None:
    """What a catalogue changes from a published one; None where that can't be read any more."""
    if before is None:
        return None
    try:
        return diff_catalogues(load_catalogue(published_folder(settings, before)), after)
    except CatalogueError:
        return None


def counts_of(changes: CatalogueDiff) -> Changes:
    """How many docs changed in which way; one that was renamed counts as that, whatever else it says now."""
    renamed = set(changes.renamed.values())
    return Changes(
        added=len(changes.added),
        changed=sum(one.id not in renamed for one in changes.changed),
        renamed=len(changes.renamed),
        removed=len(changes.removed),
    )


def keep_changes(settings: Settings, publication: Publication, changes: CatalogueDiff) -> None:
    """Keep the details of a publication, and those of the last ones.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    path = _file(settings, publication)
    write_file(path, changes.model_dump_json().encode() + b"\n")
    with translated(path.parent):
        for old in sorted(path.parent.glob("[!.]*.json"))[:-KEPT]:
            old.unlink()


# ---- read by the service -------------------------------------------------------------------------


def publications(settings: Settings) -> PublicationList:
    """The last ones."""
    found = _numbered(settings)
    return PublicationList(
        items=tuple(_info(settings, number, one) for number, one in found[: -KEPT - 1 : -1]), total=len(found)
    )


def changed_docs(settings: Settings, number: int, query: ChangesQuery) -> ChangedDocs:
    """A page of what a publication changed; none where the details are not known.

    Raises:
        NotFound: when there is no such publication.
    """
    found = dict(_numbered(settings))
    if number not in found:
        raise NotFound(
            f"there is no publication {number}; GET /changes lists those that are known, {len(found)} of them"
        )
    publication = found[number]
    items = [
        one for one in _each(_details(settings, publication)) if query.kind is None or one.kind is query.kind
    ]
    start = (query.page - 1) * query.per_page
    return ChangedDocs(
        publication=_info(settings, number, publication),
        items=tuple(items[start : start + query.per_page]),
        total=len(items),
        page=query.page,
        per_page=query.per_page,
        pages=-(-len(items) // query.per_page),
    )


def history_of(settings: Settings, doc_id: str, served: Served) -> DocHistory:
    """What happened to a doc, be it one that was removed.

    Raises:
        NotFound: when neither the catalogue nor the history knows it.
    """
    now = served.catalogue.aliases.get(doc_id, doc_id)
    called, events, since = now, [], None
    for number, publication in _numbered(settings)[: -KEPT - 1 : -1]:
        details = _details(settings, publication)
        if details is None:
            continue
        since = publication.published
        change = _of_doc(details, called)
        if change is not None:
            events.append(DocEvent(publication=_info(settings, number, publication), change=change))
            called = change.before_id or called
    if not events:
        now = served.catalogue.doc(doc_id).id
    return DocHistory(id=now, events=tuple(events), since=since)


def _numbered(settings: Settings) -> Sequence[tuple[int, Publication]]:
    return list(enumerate(read_history(settings), 1))


def _info(settings: Settings, number: int, publication: Publication) -> PublicationInfo:
    return PublicationInfo(
        number=number,
        published=publication.published,
        version=publication.version,
        before=publication.before,
        by=publication.by,
        docs=None if publication.docs is None else dict(publication.docs),
        changes=publication.changes,
        detailed=_file(settings, publication).is_file(),
    )


def _file(settings: Settings, publication: Publication) -> Path:
    """Named for the moment and both versions: going back and forth within a second is possible."""
    moment = publication.published.strftime("%Y-%m-%dT%H-%M-%SZ")
    name = f"{moment}.{publication.before or 'nothing'}.{publication.version}.json"
    return settings.var / "refresh" / "changes" / name


def _details(settings: Settings, publication: Publication) -> CatalogueDiff | None:
    path = _file(settings, publication)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValidationError):
        return None


@lru_cache(maxsize=KEPT)
def _read(path: Path, _: int) -> CatalogueDiff:
    return CatalogueDiff.model_validate_json(path.read_bytes())


def _each(changes: CatalogueDiff | None) -> Iterator[DocChanged]:
    """One by one: new docs first, then those that say something else, are called otherwise, or are gone."""
    if changes is None:
        return
    for doc_id in changes.added:
        yield DocChanged(kind=ChangeKind.ADDED, id=doc_id)
    names = {new: old for old, new in changes.renamed.items()}
    fields: dict[str, tuple[FieldChange, ...]] = {}
    for one in changes.changed:
        fields[one.id] = one.fields
        if one.id not in names:
            yield DocChanged(kind=ChangeKind.CHANGED, id=one.id, fields=one.fields)
    for new, old in sorted(names.items()):
        yield DocChanged(kind=ChangeKind.RENAMED, id=new, before_id=old, fields=fields.get(new, ()))
    for doc_id in changes.removed:
        yield DocChanged(kind=ChangeKind.REMOVED, id=doc_id)


def _of_doc(changes: CatalogueDiff, doc_id: str) -> DocChanged | None:
    """What happened to one doc, which is called so afterwards."""
    fields = next((one.fields for one in changes.changed if one.id == doc_id), ())
    former = next((old for old, new in changes.renamed.items() if new == doc_id), None)
    if former is not None:
        return DocChanged(kind=ChangeKind.RENAMED, id=doc_id, before_id=former, fields=fields)
    if fields:
        return DocChanged(kind=ChangeKind.CHANGED, id=doc_id, fields=fields)
    for kind, ids in ((ChangeKind.ADDED, changes.added), (ChangeKind.REMOVED, changes.removed)):
        if doc_id in ids:
            return DocChanged(kind=kind, id=doc_id)
    return None
