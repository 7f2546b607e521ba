"""What every upstream shares: its shape, and what a collection of it brought.

An upstream fetches over the network, politely and within a time limit, into a folder of its own, and has the
source of its hub read what lies there. Fetching is its knowledge, what the files mean is the source's. What
becomes of a collection is decided by the refresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from api_docs.sources.base import Progress, SourceResult
from api_docs.upstreams.client import Client


@dataclass(frozen=True, slots=True)
class Collected:
    """All that an upstream offers now.

    `records` names, by doc id, the upstream's own record that a doc was made of, by something that stays when
    names change (a hub's internal id, a path with a repository's number). Two collections are compared by
    it: the same record under a new doc id is a rename. A doc without a record is known by its id.

    `complete` says that everything which the upstream has was listed; only then does absence mean anything.
    `revision` says which state of the upstream it is, empty where it has no name for it. `skipped` counts, by
    reason, what was left alone on purpose (gated models), `notes` say what a person should know.
    """

    result: SourceResult
    records: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    revision: str = ""
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Upstream(Protocol):
    """One upstream. What it needs to know (limits, addresses, words) belongs to its constructor."""

    @property
    def hub(self) -> str:
        """The hub that the docs belong to."""
        ...

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        """Fetch what changed, and read all there is.

        `folder` is the upstream's own and outlasts the run: what lies there need not be fetched again, and
        a collection that was interrupted goes on from it. Whatever lies there may be half written.

        Raises:
            SourceError: when the upstream can't be listed or read; nothing that was collected before is lost.
            SourceTimeout: when its time is over.
        """
        ...
