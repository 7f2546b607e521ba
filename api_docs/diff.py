"""What changed from one catalogue to another: docs added, removed, renamed, changed field by field.

Compares what docs say. When a doc was last looked at, and its content hash, say nothing of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc

_SAYS_NOTHING = frozenset({"id", "content_hash", "last_checked"})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldChange(_Frozen):
    """One field, by its path in the record (`facts.language`, `arguments.weights.default`)."""

    field: str
    before: Any = None
    after: Any = None


class DocChange(_Frozen):
    """One doc that says something else than before."""

    id: str
    fields: tuple[FieldChange, ...]


class CatalogueDiff(_Frozen):
    """From one catalogue version to another; ids are sorted. `renamed` maps old ids to new ones."""

    before: str
    after: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: dict[str, str]
    changed: tuple[DocChange, ...]

    @property
    def empty(self) -> bool:
        """Whether the catalogues say the same."""
        return not (self.added or self.removed or self.renamed or self.changed)


def diff_catalogues(before: Catalogue, after: Catalogue) -> CatalogueDiff:
    """What changed; a doc whose id became an alias of a new one counts as renamed."""
    old = {doc.id: doc for doc in before.docs}
    new = {doc.id: doc for doc in after.docs}
    renamed = {
        doc_id: after.aliases[doc_id]
        for doc_id in sorted(old.keys() - new.keys())
        if after.aliases.get(doc_id) in new and after.aliases[doc_id] not in old
    }
    pairs = {doc_id: doc_id for doc_id in old.keys() & new.keys()} | renamed
    changes = (
        DocChange(id=new_id, fields=fields)
        for old_id, new_id in sorted(pairs.items(), key=lambda pair: pair[1])
        if not _says_the_same(old[old_id], new[new_id])
        and (fields := changed_fields(old[old_id], new[new_id]))
    )
    return CatalogueDiff(
        before=before.version,
        after=after.version,
        added=tuple(sorted(new.keys() - old.keys() - set(renamed.values()))),
        removed=tuple(sorted(old.keys() - new.keys() - renamed.keys())),
        renamed=renamed,
        changed=tuple(changes),
    )


def changed_fields(before: ApiDoc, after: ApiDoc) -> tuple[FieldChange, ...]:
    """The fields that differ, by path; None stands for a field that isn't there."""
    old, new = _flat(_record(before)), _flat(_record(after))
    return tuple(
        FieldChange(field=path, before=old.get(path), after=new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def _says_the_same(before: ApiDoc, after: ApiDoc) -> bool:
    """By their hashes: most docs stay as they are, and comparing all their fields takes long."""
    return before.content_hash == after.content_hash and before.alive == after.alive


def _record(doc: ApiDoc) -> dict[str, Any]:
    record = doc.model_dump(mode="json", exclude=set(_SAYS_NOTHING))
    # By name: an argument more is not a change of all that follow it.
    record["arguments"] = {argument.pop("name"): argument for argument in record["arguments"]}
    return record


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested record as path → value."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{path}."))
        else:
            found[path] = value
    return found
