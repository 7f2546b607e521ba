"""TFHub as a source: one API doc for every model of tfhub.dev that TensorFlow loads, in its latest version.

Pages of TF.js, TFLite and Coral models, collections and publishers are other kinds and passed over. The
call is the loader that the page's own code gives the model (`hub.KerasLayer`, `hub.load`); where it uses
`hub.Module`, which TensorFlow 2 no longer has, or a TF1 format, or no code at all, it is `hub.load`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TypeVar

from api_docs.domains import TFHUB_TASKS, Domain, tfhub_domain
from api_docs.errors import SourceError
from api_docs.models import ApiDoc, Fact, Hub
from api_docs.sources.base import Collector, Progress, SourceResult, as_texts, read_texts
from api_docs.sources.known import Family
from api_docs.sources.known.tfhub_models import (
    DATASET_USES,
    PUBLISHERS,
    TASK_LABELS,
    TASK_USES,
    TFHUB_FAMILIES,
    UNINFORMATIVE,
)
from api_docs.sources.tfhub_facts import stated_facts, stated_performance
from api_docs.sources.tfhub_pages import Loader, ModulePage, kind_of, parse_page, read_deleted, read_tags

_Value = TypeVar("_Value", str, tuple[str, ...])

_ARCHIVE = "tfhub_docs*.tar*"
_LAYOUT = (
    "expected an archive or folder of tfhub.dev with assets/docs, tags and README.md, or a folder with "
    f"{_ARCHIVE}"
)
_TAG_FILES = frozenset({"dataset", "network_architecture"})
_TF1_FORMAT = "hub"
_APACHE = re.compile(r"licen[sc]es?\b[^.]{0,60}\bApache", re.IGNORECASE)

_SEES_IMAGES = frozenset(
    {
        Domain.DEPTH_ESTIMATION,
        Domain.IMAGE_CLASSIFICATION,
        Domain.IMAGE_FEATURE_EXTRACTION,
        Domain.IMAGE_SEGMENTATION,
        Domain.KEYPOINT_DETECTION,
        Domain.OBJECT_DETECTION,
        Domain.VIDEO_CLASSIFICATION,
        Domain.VIDEO_FEATURE_EXTRACTION,
    }
)
_EMBEDS = frozenset(
    {
        Domain.AUDIO_FEATURE_EXTRACTION,
        Domain.FEATURE_EXTRACTION,
        Domain.IMAGE_FEATURE_EXTRACTION,
        Domain.SENTENCE_SIMILARITY,
        Domain.TEXT_GENERATION,
    }
)
_TELLS_CLASSES = frozenset(
    {
        Domain.AUDIO_CLASSIFICATION,
        Domain.IMAGE_CLASSIFICATION,
        Domain.IMAGE_SEGMENTATION,
        Domain.VIDEO_CLASSIFICATION,
    }
)


@dataclass(frozen=True, slots=True)
class TFHub:
    """Reads the pages of tfhub.dev.

    With `own_words` no sentence of upstream's is kept; without, a page's first paragraph stays in
    `description` and its first code block in `example`. `last_checked` is the date of the files.
    """

    own_words: bool = True
    last_checked: date | None = None
    name: str = field(default="tfhub", init=False)
    hub: str = field(default=Hub.TFHUB.value, init=False)

    def read(self, path: Path, progress: Progress | None = None) -> SourceResult:
        """Read an archive or a folder of the pages.

        Raises:
            SourceError: when something there can't be read, or no page of a model is there.
        """
        collector = Collector()
        upstream = _read_upstream(path, collector)
        if not upstream.pages:
            raise SourceError(f"no TFHub model in {str(path)!r}; {_LAYOUT}")
        for done, page in enumerate(upstream.pages, start=1):
            with collector.guard(f"{page.handle}/{page.version}"):
                collector.add(self._doc(page, upstream))
            if progress is not None:
                progress(done, len(upstream.pages))
        return collector.result()

    def _doc(self, page: ModulePage, upstream: _Upstream) -> ApiDoc:
        task = page.field("task")
        domain = tfhub_domain(page.handle, task)
        families = [found for family in TFHUB_FAMILIES if (found := family.match(page.handle)) is not None]
        facts = _facts(page, domain, families, upstream)
        datasets = facts.get("datasets", ())
        performance = stated_performance(
            page, datasets[0] if isinstance(datasets, tuple) and datasets else task
        )
        return ApiDoc(
            id=f"{Hub.TFHUB}:{page.handle}",
            hub=Hub.TFHUB,
            domain=domain,
            source_domain=task,
            functionality=_first(family.functionality for family in families)
            or TASK_LABELS.get(_kind(task, domain), ""),
            name=page.handle,
            call=f"{_loader(page)}('{_address(page)}')",
            environment=("tensorflow", "tensorflow-hub", *("tensorflow-text" for _ in page.imports)),
            example="" if self.own_words else page.example,
            performance={dataset: dict(metrics) for dataset, metrics in performance.items()},
            description="" if self.own_words else page.summary,
            license=page.field("license") or _license(page),
            source_url=_address(page),
            source_revision=str(page.version),
            last_checked=self.last_checked,
            alive=page.handle not in upstream.deleted,
            facts=facts,
        )


@dataclass(frozen=True, slots=True)
class _Upstream:
    """The latest readable page of every handle, display names of tags by kind, deleted handles."""

    pages: Sequence[ModulePage]
    tags: Mapping[str, Mapping[str, str]]
    deleted: frozenset[str]

    def tagged(self, page: ModulePage, kind: str) -> tuple[str, ...]:
        """Display names of a page's tags; the id where the tag files have none."""
        names = self.tags.get(kind, {})
        ids = (tag for tag in page.fields.get(kind, ()) if tag not in UNINFORMATIVE)
        return as_texts(names.get(tag, tag) for tag in ids)


def _read_upstream(path: Path, collector: Collector) -> _Upstream:
    latest: dict[str, ModulePage] = {}
    tags: dict[str, dict[str, str]] = {}
    deleted: set[str] = set()
    for source in (path, *(sorted(path.glob(_ARCHIVE)) if path.is_dir() else ())):
        files = read_texts(source, _wanted)
        for record in files.quarantined:
            collector.quarantine(record.record, record.reason)
        for name, text in files.texts.items():
            file = PurePosixPath(name)
            with collector.guard(name):
                if file.suffix == ".yaml":
                    tags[file.stem.replace("_", "-")] = read_tags(text)
                elif file.name == "README.md":
                    deleted |= read_deleted(text)
                elif (page := parse_page(text)) is None:
                    collector.pass_over(
                        f"page of the kind {kind_of(text) or 'unknown'}, no model for TensorFlow"
                    )
                else:
                    known = latest.setdefault(page.handle, page)
                    if known is not page:
                        collector.pass_over("older version of a model")
                        latest[page.handle] = max(known, page, key=lambda one: one.version)
    return _Upstream([latest[handle] for handle in sorted(latest)], tags, frozenset(deleted))


def _wanted(file: PurePosixPath) -> bool:
    if file.suffix == ".yaml":
        return file.parent.name == "tags" and file.stem in _TAG_FILES
    if file.name == "README.md":
        return len(file.parts) <= 2
    return file.suffix == ".md" and "docs" in file.parts


def _loader(page: ModulePage) -> Loader:
    """The page's own loader, where it still works: TF1's format is only for `hub.load`."""
    if page.field("format") == _TF1_FORMAT:
        return Loader.LOAD
    return page.loader or Loader.LOAD


def _address(page: ModulePage) -> str:
    return f"https://tfhub.dev/{page.handle}/{page.version}"


def _license(page: ModulePage) -> str | None:
    """Apache's, where the page says so in words; other licences have a field."""
    return "apache-2.0" if _APACHE.search(page.text) else None


def _kind(task: str, domain: Domain) -> str:
    """The task that describes the model: the page's own, unless its handle says that it is another."""
    if TFHUB_TASKS.get(task) is domain:
        return task
    return "image-feature-vector" if domain is Domain.IMAGE_FEATURE_EXTRACTION else ""


def _facts(
    page: ModulePage, domain: Domain, families: Sequence[Family], upstream: _Upstream
) -> dict[str, Fact]:
    datasets = _first(family.datasets for family in families) or upstream.tagged(page, "dataset")
    publisher = page.handle.split("/", maxsplit=1)[0]
    facts: dict[str, Fact | None] = {
        "publisher": PUBLISHERS.get(publisher, publisher),
        "architecture": _first(family.architecture for family in families)
        or ", ".join(upstream.tagged(page, "network-architecture")),
        "datasets": datasets,
        "language": as_texts((*_languages(families), *page.fields.get("language", ()))),
        "uses": as_texts(_uses(page.field("task"), domain, families, datasets)),
        "format": page.field("format"),
        "fine_tunable": page.field("fine-tunable"),
        "year": page.year,
    }
    facts |= stated_facts(
        page, image=domain in _SEES_IMAGES, embedding=domain in _EMBEDS, classes=domain in _TELLS_CLASSES
    )
    return {name: value for name, value in facts.items() if value not in (None, "", ())}


def _uses(task: str, domain: Domain, families: Sequence[Family], datasets: Sequence[str]) -> Iterator[str]:
    """What the model is good for: by family, by task, for a plain classifier by what it was trained on."""
    for family in families:
        yield from family.uses
    yield from TASK_USES.get(_kind(task, domain), ())
    if datasets and task == "image-classification" and domain is Domain.IMAGE_CLASSIFICATION:
        for pattern, uses in DATASET_USES.items():
            if re.fullmatch(pattern, datasets[-1]):
                yield from uses


def _languages(families: Sequence[Family]) -> Iterator[str]:
    for family in families:
        yield from family.language


def _first(values: Iterable[_Value]) -> _Value | None:
    """The first value that says something."""
    return next((value for value in values if value), None)
