"""The nightly job: collect, merge, compare, prove, embed what changed, ask the canaries, publish, report.

Nothing is published that fails a gate. The lock of publishing is held all the while. Whatever ends the job
half way, one version is served and whole: what was made lies beside it without a name, and the next run goes
on from what is there. What is remembered of sources is written after the version that it belongs to was
named, so that a kill in between only makes the next run more patient.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from api_docs.catalogue import Catalogue
from api_docs.diff import CatalogueDiff, diff_catalogues
from api_docs.errors import CallsmithError, InvalidRequest
from api_docs.models import Hub
from api_docs.refresh.merging import Failed, HubMerge, Merged, Outcome, merge
from api_docs.refresh.state import STATE, RefreshState, read_state, write_state
from api_docs.storage import load_catalogue, read_manifest
from api_docs.upstreams.base import Collected, Upstream
from api_docs.verification import check_call
from retriever.bm25 import Bm25Backend
from retriever.embedding import Encoder
from retriever.index import Index
from service import var
from service.history import docs_by_hub, note_what_is_missing
from service.publishing import Made, alone, publish_made
from service.refresh.canaries import CanaryReport, Version, ask_canaries, read_canaries
from service.refresh.collecting import Collection as CollectionOf
from service.refresh.collecting import Progress, collect
from service.refresh.indexing import index_both
from service.refresh.page import report_page
from service.refresh.report import (
    Gate,
    RefreshReport,
    Requests,
    Result,
    SetAside,
    SourceReport,
    write_report,
)
from service.refresh.upstreams import default_upstreams
from service.settings import Settings
from service.var import By, judge_for

__all__ = ["default_upstreams", "refresh"]

REFRESHED = "refreshed"
"""What a catalogue's manifest says of a hub whose docs a refresh collected, before the source's revision."""

_OURS = frozenset(Hub)

Step = Callable[[str], None]


def refresh(  # noqa: PLR0913 - by name, and all but the first have a default
    settings: Settings,
    *,
    upstreams: Sequence[Upstream] | None = None,
    only: Collection[str] = (),
    accept_shrink: Collection[str] = (),
    after_rollback: bool = False,
    encoder: Encoder | None = None,
    progress: Progress = lambda *_: None,
    step: Step = lambda _: None,
) -> RefreshReport:
    """Collect the sources, all that are known unless some are given, and publish what they came to.

    `only` names the hubs to refresh, all of them where it is empty; a hub of one's own that has no source any
    more leaves the catalogue. `accept_shrink` names hubs that may be smaller than they were. While a rollback
    is served nothing is published unless `after_rollback` is set. `encoder` embeds in place of the model that
    the settings name. `step` is told every step that is done.

    A source that fails, and a gate that does, are in the report and no errors.

    Raises:
        AlreadyPublishing: when another process refreshes or publishes.
        InvalidRequest: when a hub of `accept_shrink` has no source.
        CatalogueError: when what was published last can't be read.
        ConfigurationError: when the sources are set up wrongly.
        EmbeddingModelError, StorageError: when the next version can't be made.
    """
    with alone(settings):
        job = _Job(
            settings, frozenset(only), frozenset(accept_shrink), after_rollback, encoder, progress, step
        )
        try:
            return job.run(upstreams)
        except CallsmithError as exc:
            with contextlib.suppress(CallsmithError):
                job.report(Result.FAILED, str(exc))
            raise


@dataclass(frozen=True, slots=True)
class _Base:
    """What was published last, else the shipped snapshot: docs, their sources, and what published it."""

    catalogue: Catalogue
    sources: Mapping[str, str]
    by: By | None

    @classmethod
    def of(cls, settings: Settings) -> _Base:
        current = var.read_current(settings)
        # What is set to be served is somebody's own and no business of a refresh.
        folder = var.catalogue_folder(settings.model_copy(update={"catalogue": None}))
        return cls(load_catalogue(folder), read_manifest(folder).sources, current.by if current else None)


@dataclass(slots=True)
class _Job:
    """One run, and what is known of it so far."""

    settings: Settings
    only: frozenset[str]
    accept_shrink: frozenset[str]
    after_rollback: bool
    encoder: Encoder | None
    progress: Progress
    step: Step
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    base: _Base | None = None
    collected: dict[str, CollectionOf] = field(default_factory=dict)
    merged: Merged | None = None
    changes: CatalogueDiff | None = None
    gates: list[Gate] = field(default_factory=list)
    canaries: CanaryReport | None = None
    embedded: int = 0
    notes: list[str] = field(default_factory=list)
    timing: dict[str, float] = field(default_factory=dict)

    def run(self, given: Sequence[Upstream] | None) -> RefreshReport:
        """All steps, as far as they lead."""
        with self._timed("read"):
            base = self.base = _Base.of(self.settings)
        note_what_is_missing(self.settings, var.read_current(self.settings))
        state, lost = read_state(self._state_file)
        self.notes += [lost] if lost else []
        self.step("begun")
        left = self._collect(base, state, given)
        failed = [one.found.reason for one in self.collected.values() if isinstance(one.found, Failed)]
        with self._timed("merge"):
            found = {hub: one.found for hub, one in self.collected.items()}
            merged = merge(base.catalogue, found, state, left=left, accept_shrink=self.accept_shrink)
            self.merged, self.changes = merged, diff_catalogues(base.catalogue, merged.catalogue)
        self.step("merged")
        if failed and len(failed) == len(self.collected) and not left:
            return self.report(Result.FAILED, f"no source could be read: {'; '.join(failed)}")
        if merged.catalogue.version == base.catalogue.version:
            self._remember(merged)
            return self.report(Result.UNCHANGED)
        index = self._pass_gates(base, merged.catalogue)
        if index is None:
            said = "; ".join(f"{gate.name}: {gate.said}" for gate in self.gates if not gate.passed)
            return self.report(Result.REFUSED, said)
        with self._timed("publish"):
            self._publish(base, merged, index)
        self._remember(merged)
        return self.report(Result.PUBLISHED)

    @property
    def _state_file(self) -> Path:
        return self.settings.var / "refresh" / STATE

    def _collect(self, base: _Base, state: RefreshState, given: Sequence[Upstream] | None) -> list[str]:
        """Ask the sources; gives the hubs that have none any more."""
        if given is None:
            known = [doc.name for doc in base.catalogue.docs if doc.hub == Hub.HUGGINGFACE]
            given = default_upstreams(self.settings, self.started.date(), known)
        hubs = {upstream.hub for upstream in given}
        if unknown := sorted(self.accept_shrink - hubs):
            raise InvalidRequest(
                f"--accept-shrink names {unknown[0]!r}, which has no source; sources are of "
                f"{', '.join(sorted(hubs))}"
            )
        self.notes += [
            f"there is no hub {hub!r}, neither a source of it nor docs"
            for hub in sorted(self.only - hubs - set(base.catalogue.hubs))
        ]
        with self._timed("collect"):
            asked = [upstream for upstream in given if self._is_asked(upstream.hub)]
            self.collected = collect(self.settings, asked, self.progress, self.step)
        return [
            hub
            for hub in base.catalogue.hubs
            if hub not in hubs | _OURS
            and self._is_asked(hub)
            and (base.sources.get(hub, "").startswith(REFRESHED) or hub in state.hubs)
        ]

    def _is_asked(self, hub: str) -> bool:
        return not self.only or hub in self.only

    def _pass_gates(self, base: _Base, catalogue: Catalogue) -> Index | None:
        """The index of the next version, if it may be published; the cheap gates come first."""
        with self._timed("proof"):
            self.gates.append(_proof(catalogue))
        if base.by is By.ROLLBACK:
            self.gates.append(_rollback(base.catalogue, passed=self.after_rollback))
        if not all(gate.passed for gate in self.gates):
            return None
        with self._timed("embed"):
            made = index_both(self.settings, base.catalogue, catalogue, self.progress, self.encoder)
        self.notes += made.notes
        self.embedded = made.after.embedded
        self.step("embedded")
        with self._timed("canaries"):
            self.canaries = ask_canaries(
                read_canaries(),
                Version(base.catalogue, made.before),
                Version(catalogue, made.after),
                made.encoder,
                Bm25Backend(self.settings.bm25),
                judge_for(self.settings, made.encoder),
            )
        self.gates.append(_canary_gate(self.canaries))
        self.step("judged")
        return made.after if self.canaries.passed else None

    def _publish(self, base: _Base, merged: Merged, index: Index) -> None:
        catalogue, sources = merged.catalogue, dict(base.sources)
        for hub, one in self.collected.items():
            if isinstance(one.found, Collected) and one.found.result.docs:
                sources[hub] = f"{REFRESHED} {one.found.revision}".rstrip()
        kept = {hub: sources[hub] for hub in catalogue.hubs if hub in sources}
        publish_made(
            self.settings,
            Made(catalogue, index, kept),
            changes=self.changes,
            accepted=self._accepted(),
            step=self.step,
        )
        if self.settings.catalogue is not None:
            self.notes.append(
                f"CALLSMITH_CATALOGUE is set, so {str(self.settings.catalogue)!r} is what is served here"
            )

    def _remember(self, merged: Merged) -> None:
        write_state(self._state_file, merged.state)
        self.step("remembered")

    def _accepted(self) -> list[str]:
        """The hubs that are smaller because somebody accepted it."""
        hubs = self.merged.hubs if self.merged is not None else ()
        return [one.hub for one in hubs if one.hub in self.accept_shrink and one.removed]

    @contextlib.contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.timing[name] = round(time.monotonic() - began, 2)

    def report(self, result: Result, reason: str = "") -> RefreshReport:
        """Write down what became of the run.

        Raises:
            StorageError: when the disk is full or read-only.
        """
        before = self.base.catalogue if self.base is not None else Catalogue([])
        after = self.merged.catalogue if self.merged is not None and result is Result.PUBLISHED else before
        ended = datetime.now(UTC)
        found = RefreshReport(
            started=self.started,
            seconds=round((ended - self.started).total_seconds(), 2),
            result=result,
            reason=_printable(reason),
            before=before.version,
            after=after.version,
            index_version=var.index_folder(self.settings, after).name,
            docs=docs_by_hub(after),
            sources=tuple(
                _source_report(one, self.collected.get(one.hub))
                for one in (self.merged.hubs if self.merged is not None else ())
            ),
            changes=self.changes,
            gates=tuple(self.gates),
            canaries=self.canaries,
            embedded=self.embedded,
            accepted=tuple(self._accepted()),
            notes=tuple(self.notes),
            timing=self.timing,
        )
        catalogues = [before, *([self.merged.catalogue] if self.merged is not None else [])]
        write_report(self.settings, found, report_page(found, _Links(catalogues)), ended)
        self.step("reported")
        return found


@dataclass(frozen=True, slots=True)
class _Links:
    """Addresses of docs' sources, by id: the newest that is known."""

    catalogues: Sequence[Catalogue]

    def __call__(self, doc_id: str) -> str | None:
        for catalogue in reversed(self.catalogues):
            if doc_id in catalogue:
                return catalogue.doc(doc_id).source_url
        return None


def _proof(catalogue: Catalogue) -> Gate:
    """Whether there are docs, and each call verifies against its own doc; ids are unique, or it were none."""
    wrong = [
        f"{entry.doc.id}: {problem.message}"
        for entry in catalogue.entries
        if (problem := check_call(entry.call, entry)) is not None
    ]
    if wrong:
        said = f"{len(wrong)} docs' own calls do not verify: {'; '.join(wrong[:3])}"
    elif not len(catalogue):
        said = "the catalogue would have no docs"
    else:
        said = f"all {len(catalogue):,} docs' own calls verify"
    return Gate(name="proof", passed=not wrong and len(catalogue) > 0, said=said)


def _rollback(catalogue: Catalogue, *, passed: bool) -> Gate:
    said = f"somebody went back to version {catalogue.version!r}"
    more = (
        ", and now wants to go on"
        if passed
        else "; once that is mended, `callsmith docs refresh --after-rollback` publishes again"
    )
    return Gate(name="rollback", passed=passed, said=said + more)


def _canary_gate(found: CanaryReport) -> Gate:
    said = (
        f"recall@5 of {found.asked} questions is {found.after} %, was {found.before} %"
        if found.asked
        else "no question can be asked of both versions"
    )
    return Gate(name="canaries", passed=found.passed, said=said)


def _source_report(merged: HubMerge, collection: CollectionOf | None) -> SourceReport:
    found = collection.found if collection is not None else None
    brought = found if isinstance(found, Collected) else None
    return SourceReport(
        hub=merged.hub,
        outcome=merged.outcome,
        reason=_printable(merged.reason),
        docs=len(merged.docs),
        listed=merged.listed,
        complete=brought.complete if brought is not None else merged.outcome is Outcome.LEFT,
        revision=brought.revision if brought is not None else "",
        kept_missing=len(merged.docs) - merged.listed if merged.outcome is Outcome.COLLECTED else 0,
        quarantined=tuple(
            SetAside(record=_printable(bad.record), reason=_printable(bad.reason))
            for bad in merged.quarantined
        ),
        skipped=brought.skipped if brought is not None else {},
        passed_over=brought.result.passed_over if brought is not None else {},
        notes=tuple(map(_printable, brought.notes)) if brought is not None else (),
        requests=collection.requests if collection is not None else Requests(),
        seconds=collection.seconds if collection is not None else 0.0,
    )


def _printable(text: str) -> str:
    """Text that JSON can carry: names of files may hold what is no character."""
    return text.encode("utf-8", "backslashreplace").decode()
