"""TorchHub from its live upstreams: pytorch/hub's pages, the repositories they name, torchvision's wheel.

Fetches into a folder what the source `TorchHub` reads, each part only when its revision or release is new.
Adds to the docs what only the network tells: repositories' present names, and which of them are gone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from api_docs.catalogue import entry_of, repository
from api_docs.errors import InvalidDoc, SourceError, SourceTimeout
from api_docs.models import ApiDoc, Hub
from api_docs.snapshot_build import described
from api_docs.sources import torchhub as source
from api_docs.sources.base import Collector, Progress, SourceResult, read_texts
from api_docs.sources.hubconf_bodies import bodies
from api_docs.sources.known import REPOSITORIES
from api_docs.sources.torchhub_pages import parse_page
from api_docs.sources.torchvision import REPOSITORY as TORCHVISION
from api_docs.upstreams import torchvision
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from api_docs.upstreams.github import Addresses, GitHub
from api_docs.upstreams.hubconfs import Hubconfs, Repository

PAGES: Final = "pytorch/hub"
_ARCHIVE: Final = "pytorch_hub.tar.gz"
_PAGE: Final = "https://pytorch.org/hub/"
_REF: Final = re.compile(r"(?!.*\.\.)\w[\w./+-]*")


@dataclass(frozen=True, slots=True)
class TorchHub:
    """Collects TorchHub. `today` is the day of the run, the present one in UTC where it is None."""

    github: Addresses = field(default_factory=Addresses)
    index: str = torchvision.PYPI
    today: date | None = None
    hub: str = field(default=Hub.TORCHHUB.value, init=False)

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        """Fetch what changed, and read all there is; see `Upstream.collect`.

        A repository, or torchvision, that can't be had keeps what was read before, and the collection is not
        complete then. Without pytorch/hub there is none.
        """
        today = self.today or datetime.now(UTC).date()
        github = GitHub(client, self.github)
        revision = github.present_archive(PAGES, folder / _ARCHIVE)
        hubconfs = Hubconfs(github, folder, today)
        hubconfs.update(_named(folder, hubconfs.names), progress)
        registry = _fetch_registry(client, self.index, folder)
        read = source.TorchHub(last_checked=today, names=hubconfs.names).read(folder, progress)
        return Collected(
            result=_with_news(read, hubconfs.repositories),
            records=_records(read, hubconfs),
            complete=hubconfs.complete and not registry,
            revision=revision,
            notes=(*hubconfs.notes, *registry),
        )


def _fetch_registry(client: Client, index: str, folder: Path) -> tuple[str, ...]:
    """Have torchvision's newest registry; gives a note where what was there before stays.

    Raises:
        SourceTimeout: when the time is over.
    """
    try:
        broken = torchvision.export(client, torchvision.newest(client, index), folder)
    except SourceTimeout:
        raise
    except SourceError as exc:
        return (f"torchvision keeps what it had: {exc}",)
    return tuple(f"torchvision: {bad.record}: {bad.reason}" for bad in broken)


def _named(folder: Path, names: Mapping[str, str]) -> dict[str, set[str]]:
    """The repositories that our tables and the pages name, with the branches or tags that have a hubconf."""
    named = {name: {known.ref, *known.refs.values()} for name, known in REPOSITORIES.items()}
    spelled = {name.lower(): name for name in named}
    for name, ref in _called(folder, names):
        if name != TORCHVISION and spelled.setdefault(name.lower(), name) not in REPOSITORIES:
            # Of one that no table has, the source calls the first branch or tag that a page names.
            refs = named.setdefault(spelled[name.lower()], set())
            if not any(refs):
                named[spelled[name.lower()]] = {ref}
    return named


def _called(folder: Path, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every repository that a page is about or loads from, by its present name, with its branch or tag."""
    for name, text in read_texts(folder / _ARCHIVE, lambda file: file.suffix == ".md").texts.items():
        try:
            page = parse_page(name, text)
        except InvalidDoc:  # the source sets it aside, with this reason
            continue
        for given in (*(call.repository for call in page.calls), page.repository) if page else ():
            ref = given.partition(":")[2]
            yield source.present_name(given, names), ref if _REF.fullmatch(ref) else ""


def _with_news(read: SourceResult, repositories: Mapping[str, Repository]) -> SourceResult:
    """The docs in our own words, under present names, with what is known of their being alive."""
    collector = Collector()
    moved: dict[str, str] = {}
    for doc in read.docs:
        with collector.guard(doc.id):
            new = _with_news_of(doc, repositories)
            collector.add(described(new))
            if new.id != doc.id:
                moved[doc.id] = new.id
    for old, kept in {**read.aliases, **moved}.items():
        collector.alias(old, moved.get(kept, kept))
    for bad in read.quarantined:
        collector.quarantine(bad.record, bad.reason)
    for reason, count in read.passed_over.items():
        collector.pass_over(reason, count)
    return collector.result()


def _with_news_of(doc: ApiDoc, repositories: Mapping[str, Repository]) -> ApiDoc:
    name, ref = _repository(doc)
    known = repositories.get(name)
    if known is None:
        return doc
    changes: dict[str, object] = {"alive": not known.is_dead(ref), "last_checked": known.last_checked}
    if known.name != name:
        changes |= {
            "id": doc.id.replace(f":{name}:", f":{known.name}:", 1),
            "call": doc.call.replace(f"({name!r}"[:-1], f"({known.name!r}"[:-1], 1),
            "source_url": (doc.source_url or "").replace(f"github.com/{name}", f"github.com/{known.name}"),
        }
    return ApiDoc.model_validate(doc.model_dump(exclude={"content_hash"}) | changes)


def _repository(doc: ApiDoc) -> tuple[str, str]:
    """The repository that a doc's call loads from, and its branch or tag."""
    return repository(entry_of(doc).bound.values["repo_or_dir"])


def _records(read: SourceResult, hubconfs: Hubconfs) -> dict[str, str]:
    """What each doc was made of, by something that stays.

    A page that only one doc has is that doc's, whatever it is called. Other entrypoints are known by the
    number of their repository and by their definition, or by their name where another's says the same. As
    long as the number isn't known, nothing is.
    """
    docs_of_page = Counter(doc.source_url for doc in read.docs)
    definitions = {
        name: {ref: bodies(text) for ref, text in hubconfs.texts(name).items()}
        for name in hubconfs.repositories
    }
    found: dict[str, str] = {}
    for doc in read.docs:
        name, ref = _repository(doc)
        known = hubconfs.repositories.get(name)
        url = doc.source_url or ""
        new_id = doc.id if known is None else doc.id.replace(f":{name}:", f":{known.name}:", 1)
        if url.startswith(_PAGE) and docs_of_page[url] == 1:
            found[new_id] = f"page:{url.removeprefix(_PAGE).strip('/')}"
        elif known is None:
            found[new_id] = doc.id.partition(":")[2]
        elif known.number:
            entrypoint, *values = doc.id.removeprefix(f"{Hub.TORCHHUB}:{name}:").split(":")
            body = definitions[name].get(ref, {}).get(entrypoint, entrypoint)
            found[new_id] = ":".join((str(known.number), body, *values))
    return found
