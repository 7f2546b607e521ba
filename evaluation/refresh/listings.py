"""The hubs as a measurement makes them: docs that are at hand stand in for what is on the network.

Records keep their keys when their docs are renamed, as those of real upstreams do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from api_docs.models import ApiDoc, Hub
from api_docs.sources.base import Progress, SourceResult
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from evaluation.refresh.changes import Change


@dataclass(frozen=True, slots=True)
class Listing:
    """A hub's upstream that lists docs which are at hand, each with the key that its record keeps."""

    hub: str
    docs: tuple[ApiDoc, ...]
    records: Mapping[str, str]

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        """All of them; nothing is fetched."""
        del client, folder, progress
        return Collected(SourceResult(list(self.docs)), self.records)


class Hubs:
    """All hubs as they are now: their docs, and by id the keys of the records that these are made of."""

    def __init__(self, docs: Iterable[ApiDoc]) -> None:
        self.docs = {doc.id: doc for doc in docs}
        self._keys = {doc_id: doc_id for doc_id in self.docs}

    def change(self, changes: Iterable[Change]) -> None:
        """Let changes happen: records keep their keys, whatever their docs are called."""
        for change in changes:
            for old, doc in change.docs.items():
                self.docs.pop(old, None)
                self.docs[doc.id] = doc
                self._keys[doc.id] = self._keys.pop(old, old)

    def listings(self) -> list[Listing]:
        """One a hub."""
        return [
            Listing(
                hub,
                tuple(doc for doc in self.docs.values() if doc.hub == hub),
                {doc_id: self._keys[doc_id] for doc_id, doc in self.docs.items() if doc.hub == hub},
            )
            for hub in Hub
        ]
