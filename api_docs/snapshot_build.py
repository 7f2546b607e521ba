"""Builds the catalogue that ships with Callsmith, out of upstreams' files.

Runs every source in our own words, composes the descriptions, and proves the whole: each call verifies
against its own doc, no two docs load the same thing. Writing it to disk is `storage`'s work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from api_docs.catalogue import Catalogue, Identity
from api_docs.describe import describe
from api_docs.errors import BrokenCatalogue
from api_docs.models import ApiDoc
from api_docs.sources.base import Progress, Quarantined, Source, SourceResult
from api_docs.sources.huggingface import HuggingFace
from api_docs.sources.tfhub import TFHub
from api_docs.sources.torchhub import TorchHub
from api_docs.verification import check_doc

TFHUB_PAGES = "tfhub_docs*.tar*"


def build_snapshot(
    upstream: Path, apibench: Path | None, checked: date, progress: Progress | None = None
) -> SourceResult:
    """All three hubs from a folder of upstreams' files; docs sorted by id.

    `apibench` is a folder of APIBench's `*_api.jsonl`, of which only facts are taken. `checked` is the date
    of the files. Records set aside or passed over carry their hub's name
    in front.

    Raises:
        SourceError: when a hub's files are missing or unreadable.
        BrokenCatalogue: when what was built does not hold together.
    """
    docs: list[ApiDoc] = []
    quarantined: list[Quarantined] = []
    aliases: dict[str, str] = {}
    passed_over: dict[str, int] = {}
    for source, path in _sources(upstream, apibench, checked):
        result = source.read(path, progress)
        docs += [described(doc) for doc in result.docs]
        quarantined += [replace(bad, record=f"{source.hub}: {bad.record}") for bad in result.quarantined]
        aliases |= result.aliases
        passed_over |= {f"{source.hub}: {reason}": n for reason, n in result.passed_over.items()}
    docs.sort(key=lambda doc: doc.id)
    prove(docs, aliases)
    return SourceResult(docs, quarantined, dict(sorted(aliases.items())), passed_over)


def described(doc: ApiDoc) -> ApiDoc:
    """The doc with a description composed from its facts in place of its own."""
    return ApiDoc.model_validate(doc.model_dump(exclude={"content_hash"}) | {"description": describe(doc)})


def prove(docs: Iterable[ApiDoc], aliases: dict[str, str]) -> Catalogue:
    """The docs as a catalogue in which every call verifies and loads what no other does.

    Raises:
        BrokenCatalogue: naming the two docs that load the same thing.
        InvalidDoc: naming the doc whose call does not verify.
    """
    catalogue = Catalogue(docs, aliases)
    seen: dict[Identity, str] = {}
    for doc in catalogue.docs:
        identity = check_doc(doc).identity
        if (same := seen.setdefault(identity, doc.id)) != doc.id:
            raise BrokenCatalogue(
                f"{doc.id!r} and {same!r} load the same thing, {doc.call}; leave one out at its source"
            )
    return catalogue


def _sources(upstream: Path, apibench: Path | None, checked: date) -> list[tuple[Source, Path]]:
    pages = sorted(upstream.glob(TFHUB_PAGES))
    return [
        (TorchHub(last_checked=checked), upstream),
        (TFHub(last_checked=checked), pages[-1] if pages else upstream),
        (HuggingFace(last_checked=checked, apibench=apibench), upstream),
    ]
