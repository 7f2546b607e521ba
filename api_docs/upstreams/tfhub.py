"""TFHub from its live upstreams: tensorflow/tfhub.dev's pages by revision, Kaggle for what is left of them.

The pages say what there was; Kaggle, where the models live now, says what of it is gone. Without Kaggle the
pages are enough.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from api_docs.errors import SourceError
from api_docs.models import ApiDoc, Hub
from api_docs.snapshot_build import described
from api_docs.sources import tfhub as source
from api_docs.sources.base import Progress
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from api_docs.upstreams.github import Addresses, GitHub
from api_docs.upstreams.kaggle import KAGGLE, KaggleModels
from api_docs.upstreams.kaggle_handles import Handles

PAGES: Final = "tensorflow/tfhub.dev"
_ARCHIVE: Final = "tfhub_docs.tar.gz"
_HANDLES: Final = "kaggle.json"


@dataclass(frozen=True, slots=True)
class TFHub:
    """Collects TFHub. `kaggle` is Kaggle's address; `today` the day of the run, in UTC where it is None."""

    github: Addresses = field(default_factory=Addresses)
    kaggle: str = KAGGLE
    today: date | None = None
    hub: str = field(default=Hub.TFHUB.value, init=False)

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        """Fetch what changed, and read all there is; see `Upstream.collect`.

        Where Kaggle can't be asked, what it said before stays; the collection is complete without it.
        """
        today = self.today or datetime.now(UTC).date()
        archive = folder / _ARCHIVE
        revision = GitHub(client, self.github).present_archive(PAGES, archive)
        read = source.TFHub(last_checked=today).read(archive, progress)
        dead, notes = _ask_kaggle(client, self.kaggle, folder, [doc.name for doc in read.docs])
        docs = [described(_marked(doc, dead)) for doc in read.docs]
        return Collected(
            result=replace(read, docs=docs),
            # A handle is the model's name, whatever its version; its versions are one record.
            records={doc.id: doc.name for doc in docs},
            revision=revision,
            notes=notes,
        )


def _ask_kaggle(
    client: Client, address: str, folder: Path, handles: Collection[str]
) -> tuple[set[str], tuple[str, ...]]:
    """The handles that are dead, as far as Kaggle ever said, and what a person should know."""
    known = Handles(folder / _HANDLES)
    try:
        notes = known.update(KaggleModels(client, address), handles)
    except SourceError as exc:  # that its time is over among them: everything else is here already
        notes = (f"Kaggle was not asked which models are left: {exc}",)
    return known.dead(), notes


def _marked(doc: ApiDoc, dead: Collection[str]) -> ApiDoc:
    return doc.model_copy(update={"alive": False}) if doc.name in dead else doc
