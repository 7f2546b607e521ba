"""What tests of datasets share: draws, and a part of the snapshot with every kind of call."""

from __future__ import annotations

import random
from functools import cache

from api_docs.catalogue import Catalogue, Entry
from finetune.dataset.mutations import Names
from tests.support import snapshot_catalogue


def seeded(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311 - draws that tests can repeat


@cache
def some_docs() -> Catalogue:
    """Some 400 docs of the snapshot, of all hubs and most domains; a doc of every loading function."""
    whole = snapshot_catalogue()
    callees: dict[str, Entry] = {entry.call.callee: entry for entry in reversed(whole.entries)}
    domains: dict[str, list[Entry]] = {}
    for entry in whole.entries:
        domains.setdefault(entry.doc.domain, []).append(entry)
    few = {entry.doc.id for some in domains.values() for entry in some[:: max(1, len(some) // 6)]}
    kept = {*few, *(entry.doc.id for entry in callees.values())}
    return Catalogue(doc for doc in whole.docs if doc.id in kept)


@cache
def names() -> Names:
    return Names(snapshot_catalogue())
