"""Read docs from any source by name, and put them into a catalogue.

Knows which sources there are. What an upstream's files mean is each source's own knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from api_docs.catalogue import Catalogue
from api_docs.errors import SourceError
from api_docs.models import Hub
from api_docs.snapshot_build import described
from api_docs.sources.apibench import ApiBench
from api_docs.sources.base import Collector, Progress, Source, SourceResult
from api_docs.sources.huggingface import HuggingFace
from api_docs.sources.tfhub import TFHub
from api_docs.sources.torchhub import TorchHub
from api_docs.storage import read_docs


class SourceName(StrEnum):
    """What `callsmith docs import` reads."""

    TORCHHUB = "torchhub"
    TFHUB = "tfhub"
    HUGGINGFACE = "huggingface"
    APIBENCH = "apibench"
    JSONL = "jsonl"


_UPSTREAMS: dict[SourceName, Callable[[bool], Source]] = {
    SourceName.TORCHHUB: lambda own_words: TorchHub(own_words=own_words),
    SourceName.TFHUB: lambda own_words: TFHub(own_words=own_words),
    SourceName.HUGGINGFACE: lambda own_words: HuggingFace(own_words=own_words),
}


def import_docs(
    source: SourceName,
    path: Path,
    *,
    hub: Hub | None = None,
    own_words: bool = False,
    progress: Progress | None = None,
) -> SourceResult:
    """Read the docs at `path`; `hub` says which of APIBench's to read, all of a folder's without it.

    Without `own_words` the sentences of upstream's pages are kept; where there are none, and with
    `own_words`, the description is composed from the facts.

    Raises:
        SourceError: when there is nothing to read.
        BrokenCatalogue: naming the file, the line and the reason, when a JSONL file is broken.
    """
    if source is SourceName.JSONL:
        return _read_jsonl(path)
    if source is SourceName.APIBENCH:
        if hub is None and path.is_file():
            raise SourceError(f"{str(path)!r} is one file of APIBench; say of which hub it is with --hub")
        return _together([ApiBench(one).read(path, progress) for one in ([hub] if hub else Hub)])
    found = _UPSTREAMS[source](own_words).read(path, progress)
    docs = [doc if doc.description and not own_words else described(doc) for doc in found.docs]
    return replace(found, docs=docs)


def merged(old: Catalogue, found: SourceResult) -> Catalogue:
    """A catalogue with the docs that were found in place of all that it had of their hubs."""
    hubs = {doc.hub for doc in found.docs}
    kept = [doc for doc in old.docs if doc.hub not in hubs]
    known = {doc.id for doc in (*kept, *found.docs)}
    aliases = {old_id: new_id for old_id, new_id in old.aliases.items() if new_id in known}
    return Catalogue([*kept, *found.docs], aliases | found.aliases)


def _read_jsonl(path: Path) -> SourceResult:
    """Records of our own format: a file, or every `*.jsonl` of a folder; docs with equal calls stay."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise SourceError(f"no *.jsonl file in the folder {str(path)!r}; name the file or its folder")
    collector = Collector(equal_calls=True)
    for file in files:
        for doc in read_docs(file):
            collector.add(doc)
    return collector.result()


def _together(results: Sequence[SourceResult]) -> SourceResult:
    return SourceResult(
        docs=[doc for result in results for doc in result.docs],
        quarantined=[record for result in results for record in result.quarantined],
        aliases={old: new for result in results for old, new in result.aliases.items()},
    )
