"""A small catalogue of the snapshot's docs in which one hub, of people's own, changes with every edition."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from evaluation.refresh.stand_ins import changed, write_docs

HUB: Final = "shelf"
"""The hub that changes."""
_EVERY: Final = 18
"""One doc in so many of the snapshot's is in the small catalogue."""
_SHARE: Final = 0.2
"""The share of the hub's docs that each edition changes."""


class Shelf:
    """The hub that changes, among docs that don't; each edition that it offers lies in a folder."""

    def __init__(self, folder: Path) -> None:
        docs = load_catalogue(SNAPSHOT_FOLDER).docs
        self.folder = folder
        self._others = docs[::_EVERY]
        self._docs = [_rehomed(doc) for doc in docs[_EVERY // 2 :: 5 * _EVERY]]
        self._edition = 0

    @property
    def path(self) -> Path:
        """What the hub's source reads."""
        return self.folder / HUB

    def turn(self) -> Catalogue:
        """Offer the next edition; gives the catalogue that has to come of it."""
        self._edition += 1
        docs, _ = changed(self._docs, _SHARE, self._edition)
        write_docs(docs, self.folder)
        return Catalogue(sorted([*self._others, *docs], key=lambda doc: (doc.hub, doc.id)))


def _rehomed(doc: ApiDoc) -> ApiDoc:
    own = f"{HUB}:{doc.id.partition(':')[2]}"
    return ApiDoc.model_validate(doc.model_dump(exclude={"content_hash"}) | {"hub": HUB, "id": own})
