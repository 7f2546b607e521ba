"""Hugging Face from its live hub: the most downloaded models of every task, and those that are known already.

One listing a run brings all that the source needs but the cards. Those are what is saved from one run to the
next: a card is fetched where a model was modified, so that its revision is another than the folder's. Models
that the listing doesn't show are asked for by name, so that absence means that a model is gone, and never
that others were downloaded more often. The protocol is `hf_api`'s knowledge, going through the pages
`hf_listing`'s, who is there `hf_census`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from api_docs.errors import SourceError, SourceRefused, SourceTimeout
from api_docs.files import write_file
from api_docs.models import Hub
from api_docs.snapshot_build import described
from api_docs.sources.base import Progress, Quarantined
from api_docs.sources.hf_hub import FOLDER, HubFolder, HubModel
from api_docs.sources.hf_tasks import known_tasks
from api_docs.sources.huggingface import HuggingFace
from api_docs.sources.known.huggingface import canonical_id
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from api_docs.upstreams.hf_api import HubApi, hub_endpoint
from api_docs.upstreams.hf_census import Census
from api_docs.upstreams.hf_listing import Listing, most_downloaded

MOST: Final = 2_000
LOOKUPS: Final = 400
"""Models asked for by name in one run: with a listing, what the hub lets anybody ask in five minutes."""

KEPT: Final = 5_000

_MOST_FAILURES: Final = 5  # in a row
_SHOWN: Final = 10  # names in a note
_PAGES: Final = "hf_pages"


@dataclass(frozen=True, slots=True)
class HuggingFaceHub:
    """The hub at `endpoint`, by default the one that `HF_ENDPOINT` names when this is made.

    `most` models are listed, over all `tasks`. `known` are names in the present catalogue, which are asked
    for where neither the listing nor the folder has them. `lookups` is how many models are asked for by name
    in one run, `kept` how many beyond the listing are kept while they exist. `today` is the day of the run.
    """

    today: date
    most: int = MOST
    known: Collection[str] = ()
    endpoint: str = field(default_factory=hub_endpoint)
    tasks: tuple[str, ...] = field(default_factory=known_tasks)
    lookups: int = LOOKUPS
    kept: int = KEPT
    hub: str = field(default=Hub.HUGGINGFACE.value, init=False)

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        """List, ask for what the listing leaves open, fetch the cards of what changed, and read it all.

        What there is no time for beyond the listing waits for the next run; a note says so.

        Raises:
            SourceError: when the hub can't be listed, or refuses the token.
            SourceTimeout: when the time is over before all is listed; the next run goes on from there.
        """
        api, shelf = HubApi(client, self.endpoint), HubFolder(folder / FOLDER)
        listing = Listing(api, folder / _PAGES, self.tasks, self.most, self.today)
        chosen = most_downloaded(listing.fetch(progress), self.most, self.today)
        census = Census(*_kept(shelf), chosen)
        notes = [f"{len(chosen.models)} models listed, {census.changed} of them new or modified"]
        self._look_up(api, census, progress)
        models = census.models(self.kept)
        shelf.write(models, census.names(models))
        listing.clear()
        broken = _fetch_cards(api, shelf, models, notes, progress)
        shelf.tidy_cards(models)
        notes += _told(census)
        found = self._read(folder, models)
        return replace(
            found,
            result=replace(
                found.result, quarantined=[*chosen.quarantined, *broken, *found.result.quarantined]
            ),
            complete=not census.open,
            skipped=dict(census.skipped),
            notes=tuple(notes),
        )

    def _look_up(self, api: HubApi, census: Census, progress: Progress | None) -> None:
        """Ask for what the listing doesn't show, as far as there is time."""
        questions = census.questions(self.known)
        due = min(self.lookups, len(questions))
        patience = _Patience()
        for number, question in enumerate(questions):
            answer = None
            if number < due and not patience.over:
                try:
                    answer = api.model(question.name)
                    patience.restored()
                except SourceRefused:
                    raise
                except SourceError as exc:
                    patience.tried(exc)
                if progress is not None:
                    progress(number + 1, due)
            if answer is None:
                census.unasked(question)
            else:
                census.told(question, answer, self.today)

    def _read(self, folder: Path, models: Iterable[HubModel]) -> Collected:
        """The docs of what lies in the folder, in our own words, with the records that they were made of."""
        result = HuggingFace(last_checked=self.today).read(folder)
        by_name = {canonical_id(model.id).lower(): model for model in models}
        made_of = {doc.id: by_name[doc.name.lower()] for doc in result.docs}
        docs = [
            described(doc).model_copy(update={"last_checked": made_of[doc.id].checked}) for doc in result.docs
        ]
        return Collected(
            replace(result, docs=docs, quarantined=[_by_name(bad) for bad in result.quarantined]),
            records={doc_id: model.key for doc_id, model in made_of.items()},
            revision=max((model.modified for model in made_of.values()), default=""),
        )


class _Patience:
    """Whether to go on after failures: after a few in a row, or without time, the hub is left alone."""

    def __init__(self) -> None:
        self.over = False
        self._in_a_row = 0

    def tried(self, exc: SourceError) -> None:
        """One failed."""
        self._in_a_row += 1
        self.over = isinstance(exc, SourceTimeout) or self._in_a_row >= _MOST_FAILURES

    def restored(self) -> None:
        """One did not."""
        self._in_a_row = 0


def _kept(shelf: HubFolder) -> tuple[list[HubModel], dict[str, str]]:
    """What the folder holds; nothing where it was damaged, for all of it can be fetched again."""
    try:
        return shelf.models(), shelf.renamed()
    except SourceError:
        return [], {}


def _by_name(bad: Quarantined) -> Quarantined:
    """A record by its name alone, which tells its doc: there is no upstream here but one."""
    return replace(bad, record=bad.record.removesuffix(" (api)"))


def _fetch_cards(
    api: HubApi, shelf: HubFolder, models: Iterable[HubModel], notes: list[str], progress: Progress | None
) -> list[Quarantined]:
    """Fetch the cards of revisions that the folder doesn't have, and say which the hub doesn't give."""
    due = [model for model in models if model.revision and not shelf.card_file(model).is_file()]
    broken: list[Quarantined] = []
    patience = _Patience()
    for number, model in enumerate(due, start=1):
        target = shelf.card_file(model)
        try:
            if not api.card(model.id, model.revision, target):
                write_file(target, b"")  # so that it isn't asked for again
            patience.restored()
        except SourceError as exc:
            patience.tried(exc)
            if not isinstance(exc, SourceTimeout):
                broken.append(Quarantined(f"{model.id}, README.md", str(exc)))
        if patience.over:
            notes.append(
                f"{len(due) - number + 1} model cards wait for the next run; older ones are read so far"
            )
            break
        if progress is not None:
            progress(number, len(due))
    return broken


def _told(census: Census) -> list[str]:
    """What a person should know of a census."""
    notes = []
    if census.gone:
        more = f" and {len(census.gone) - _SHOWN} more" if len(census.gone) > _SHOWN else ""
        notes.append(f"{len(census.gone)} models are gone: {', '.join(sorted(census.gone)[:_SHOWN])}{more}")
    if census.open:
        notes.append(
            f"{len(census.open)} known models wait to be asked for; until then none counts as absent"
        )
    return notes
