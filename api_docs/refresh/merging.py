"""Merge what upstreams offer now with the docs that there were: the next catalogue, and what each hub became.

Per hub, in this order:

- a source that failed, or whose complete listing shrank by more than a tenth, keeps its previous docs;
- a record that can't be a doc is quarantined with its reason; the doc that it was made into before stays;
- a doc that is missing while its record is there under another id, or while a new doc has its very call, was
  renamed: the old id becomes an alias, and its call a former call that leads to the new one;
- a doc that is missing otherwise stays as it is until three complete listings in a row lacked it.

Works on docs and listings only. Knows nothing about networks, files, indexes or settings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from api_docs.catalogue import Catalogue, entry_of
from api_docs.errors import CallsmithError
from api_docs.models import ApiDoc
from api_docs.refresh.state import HubState, RefreshState
from api_docs.sources.base import Quarantined
from api_docs.upstreams.base import Collected
from api_docs.verification import check_doc

_Key = TypeVar("_Key", bound=Hashable)

LISTINGS = 3
"""Complete listings in a row without a doc after which it is gone."""

TOLERATED = 10
"""A listing may have one doc in this many less than there were; more of them gone at once is no news of docs
but of the source."""


class Outcome(StrEnum):
    """What became of a hub."""

    COLLECTED = "collected"
    FAILED = "failed"
    SHRUNK = "shrunk"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Failed:
    """A source that brought nothing, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class HubMerge:
    """What became of one hub.

    `docs` are those that it has now, `listed` how many its source had. `renamed` maps old ids to new ones,
    `absent` counts listings without a doc that is kept, `removed` names docs that were missing long enough.
    `reason` says why previous docs were kept.
    """

    hub: str
    outcome: Outcome
    docs: tuple[ApiDoc, ...]
    state: HubState
    reason: str = ""
    listed: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merged:
    """The next catalogue, what became of each hub that was asked for, and what to remember."""

    catalogue: Catalogue
    hubs: tuple[HubMerge, ...]
    state: RefreshState


def merge(
    previous: Catalogue,
    found: Mapping[str, Collected | Failed],
    state: RefreshState,
    *,
    left: Collection[str] = (),
    accept_shrink: Collection[str] = (),
) -> Merged:
    """Merge collections, by hub, with a catalogue; hubs that are in neither stay as they are.

    Hubs of `left` go with all their docs. For hubs of `accept_shrink` a complete listing is taken at its
    word, however short: what it lacks is removed at once.
    """
    docs_of = {hub: tuple(doc for doc in previous.docs if doc.hub == hub) for hub in previous.hubs}
    hubs = [
        _merge_hub(hub, docs_of.get(hub, ()), one, state.of(hub), accepted=hub in accept_shrink)
        for hub, one in sorted(found.items())
    ]
    hubs += [
        HubMerge(hub, Outcome.LEFT, (), HubState(), removed=_ids(docs_of.get(hub, ())))
        for hub in sorted(left)
    ]
    asked = {one.hub for one in hubs}
    docs = [doc for doc in previous.docs if doc.hub not in asked]
    docs += [doc for one in hubs for doc in one.docs]
    # By hub and id, the order in which a catalogue is read back from its files.
    docs.sort(key=lambda doc: (doc.hub, doc.id))
    by_id = {doc.id: doc for doc in docs}
    aliases = dict(previous.aliases)
    for one in hubs:
        aliases |= {**one.aliases, **one.renamed}
    aliases = collapsed(aliases, by_id.keys())
    catalogue = Catalogue(docs, aliases, former_calls=_former_calls(previous, by_id, aliases), known=previous)
    kept = {hub: one for hub, one in state.hubs.items() if hub not in asked}
    kept |= {one.hub: _pruned(one.state, by_id.keys() | aliases.keys()) for one in hubs if one.docs}
    return Merged(catalogue, tuple(hubs), RefreshState(hubs=dict(sorted(kept.items()))))


def collapsed(aliases: Mapping[str, str], living: Collection[str]) -> dict[str, str]:
    """Each retired id with the living one that it leads to in the end; what leads nowhere is dropped."""
    found = {}
    for old in sorted(aliases.keys() - living):
        seen, target = {old}, aliases[old]
        while target not in living and target in aliases and target not in seen:
            seen.add(target)
            target = aliases[target]
        if target in living:
            found[old] = target
    return found


def _merge_hub(
    hub: str, before: Sequence[ApiDoc], found: Collected | Failed, state: HubState, *, accepted: bool
) -> HubMerge:
    if isinstance(found, Failed):
        return HubMerge(hub, Outcome.FAILED, tuple(before), state, found.reason)
    listed, quarantined = _validated(hub, found.result.docs)
    quarantined = [*found.result.quarantined, *quarantined]
    if found.complete and not accepted and TOLERATED * len(listed) < (TOLERATED - 1) * len(before):
        reason = (
            f"lists {len(listed)} docs where there were {len(before)}, which is more than a tenth less; its "
            f"previous docs stay. If they are gone indeed: callsmith docs refresh --accept-shrink {hub}"
        )
        return HubMerge(
            hub, Outcome.SHRUNK, tuple(before), state, reason, len(listed), quarantined=tuple(quarantined)
        )
    records = {doc_id: key for doc_id, key in found.records.items() if doc_id in listed}
    missing = [doc for doc in before if doc.id not in listed]
    renamed = _renamed(missing, before, listed, found.result.aliases, records, state.records)
    gone = _Gone.of(
        [doc for doc in missing if doc.id not in renamed],
        state,
        broken={one.record for one in quarantined},
        complete=found.complete,
        listings=1 if accepted else LISTINGS,
    )
    return HubMerge(
        hub=hub,
        outcome=Outcome.COLLECTED,
        docs=(*listed.values(), *gone.kept),
        state=HubState(records={**state.records, **records}, absent=gone.absent),
        listed=len(listed),
        renamed=renamed,
        removed=tuple(gone.removed),
        quarantined=tuple(quarantined),
        aliases=found.result.aliases,
    )


@dataclass(frozen=True, slots=True)
class _Gone:
    """Docs that are missing without a successor: those that stay, with their absences, and the others."""

    kept: list[ApiDoc]
    removed: list[str]
    absent: dict[str, int]

    @classmethod
    def of(
        cls,
        missing: Sequence[ApiDoc],
        state: HubState,
        *,
        broken: Collection[str],
        complete: bool,
        listings: int,
    ) -> _Gone:
        """Count one listing more, unless it was not complete or has the record as a broken one."""
        gone = cls([], [], {})
        for doc in missing:
            times = state.absent.get(doc.id, 0) + complete
            if not _names(doc, state.records).isdisjoint(broken):
                times = 0
            if times >= listings:
                gone.removed.append(doc.id)
                continue
            gone.kept.append(doc)
            if times:
                gone.absent[doc.id] = times
        return gone


def _validated(hub: str, docs: Iterable[ApiDoc]) -> tuple[dict[str, ApiDoc], list[Quarantined]]:
    """The docs by id that may be served, and what is wrong with the others."""
    valid: dict[str, ApiDoc] = {}
    quarantined = []
    for doc in docs:
        try:
            check_doc(doc)
        except CallsmithError as exc:
            quarantined.append(Quarantined(doc.id, str(exc)))
            continue
        if doc.hub != hub:
            quarantined.append(Quarantined(doc.id, f"it belongs to the hub {doc.hub!r}, not to {hub!r}"))
        elif doc.id in valid:
            quarantined.append(Quarantined(doc.id, f"the id {doc.id!r} was listed before"))
        else:
            valid[doc.id] = doc
    return valid, quarantined


def _renamed(  # noqa: PLR0913, PLR0917 - what there was and what there is, in three ways each
    missing: Sequence[ApiDoc],
    before: Sequence[ApiDoc],
    listed: Mapping[str, ApiDoc],
    aliases: Mapping[str, str],
    records: Mapping[str, str],
    records_before: Mapping[str, str],
) -> dict[str, str]:
    """Missing docs whose successor is listed: by the source's own word, by their record, by their call.

    A record that several ids bear now is no successor of one doc, nor is a call that several docs have.
    """
    if not missing:
        return {}
    # A doc that was made of the record before is another doc of it, not the missing one's new name.
    there = {doc.id for doc in before}
    others = {(doc_id, key) for doc_id, key in records_before.items() if doc_id in there}
    bearers = _unique((key, doc_id) for doc_id, key in records.items() if (doc_id, key) not in others)
    fresh = listed.keys() - there
    callers = _unique((entry_of(listed[doc_id]).identity, doc_id) for doc_id in fresh)
    found = {}
    for doc in missing:
        by_word = aliases.get(doc.id)
        successor = by_word if by_word in listed else None
        successor = successor or bearers.get(records_before.get(doc.id, ""))
        successor = successor or callers.get(entry_of(doc).identity)
        if successor is not None:
            found[doc.id] = successor
    return found


def _unique(pairs: Iterable[tuple[_Key, str]]) -> dict[_Key, str]:
    """The pairs whose key occurs once."""
    given = list(pairs)
    times = Counter(key for key, _ in given)
    return {key: value for key, value in given if times[key] == 1}


def _names(doc: ApiDoc, records: Mapping[str, str]) -> set[str]:
    """What a source may call the record of a doc when it sets it aside."""
    return {doc.id, doc.id.partition(":")[2], records.get(doc.id, doc.id)}


def _former_calls(
    previous: Catalogue, living: Mapping[str, ApiDoc], aliases: Mapping[str, str]
) -> dict[str, str]:
    """Calls that loaded something that is called otherwise now, and the ids of what they loaded."""
    candidates = dict(previous.former_calls)
    for entry in previous.entries:
        now = living.get(aliases.get(entry.doc.id, entry.doc.id))
        if now is not None and now.call != entry.doc.call and entry_of(now).identity != entry.identity:
            candidates[entry.call.render()] = entry.doc.id
    found = {}
    for call, doc_id in sorted(candidates.items()):
        now = living.get(aliases.get(doc_id, doc_id))
        if now is not None and entry_of(now).call.render() != call:
            found[call] = now.id
    return found


def _pruned(state: HubState, known: Collection[str]) -> HubState:
    records = {doc_id: key for doc_id, key in sorted(state.records.items()) if doc_id in known}
    return HubState(records=records, absent=dict(sorted(state.absent.items())))


def _ids(docs: Iterable[ApiDoc]) -> tuple[str, ...]:
    return tuple(doc.id for doc in docs)
