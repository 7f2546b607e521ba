"""What a refresh did, for people and programs: a report per run, and the little that is asked at any time.

`refresh/reports/<time>.json` has everything, `<time>.html` shows it to a person, `refresh/latest.json` is the
small file that `/metrics` reads. All are written whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from api_docs.diff import CatalogueDiff
from api_docs.files import translated, write_file
from api_docs.refresh.merging import Outcome
from service.refresh.canaries import CanaryReport
from service.settings import Settings

KEPT_REPORTS = 90
"""A quarter of a year of nights."""

GATE_FAILED = 3
"""Exit status of a refresh whose result was not good enough to be published."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Result(StrEnum):
    """What a refresh came to."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def success(self) -> bool:
        """Whether the job went through, be it that some sources kept what they had."""
        return self in (Result.PUBLISHED, Result.UNCHANGED)

    @property
    def exit_code(self) -> int:
        """What the command's exit status is."""
        return {Result.REFUSED: GATE_FAILED, Result.FAILED: 1}.get(self, 0)


class SetAside(_Frozen):
    """An upstream record that became no doc, and why."""

    record: str
    reason: str


class Requests(_Frozen):
    """What a source was asked: requests, those answered "unchanged", tries again, bytes, seconds waited."""

    requests: int = 0
    unchanged: int = 0
    retries: int = 0
    bytes: int = 0
    waited: float = 0.0


class SourceReport(_Frozen):
    """What one source brought. `docs` is how many docs its hub has now, `listed` how many the source had."""

    hub: str
    outcome: Outcome
    reason: str = ""
    docs: int = 0
    listed: int = 0
    complete: bool = True
    revision: str = ""
    kept_missing: int = 0
    quarantined: tuple[SetAside, ...] = ()
    skipped: Mapping[str, int] = {}
    passed_over: Mapping[str, int] = {}
    notes: tuple[str, ...] = ()
    requests: Requests = Requests()
    seconds: float = 0.0


class Gate(_Frozen):
    """One condition of publishing, and what was found."""

    name: Literal["proof", "rollback", "canaries"]
    passed: bool
    said: str


class RefreshReport(_Frozen):
    """One run. `before` and `after` are catalogue versions; they are the same where nothing changed."""

    schema_version: Literal[1] = 1
    started: datetime
    seconds: float
    result: Result
    reason: str = ""
    before: str
    after: str
    index_version: str | None = None
    docs: Mapping[str, int] = {}
    sources: tuple[SourceReport, ...] = ()
    changes: CatalogueDiff | None = None
    gates: tuple[Gate, ...] = ()
    canaries: CanaryReport | None = None
    embedded: int = 0
    accepted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    timing: Mapping[str, float] = {}

    @property
    def name(self) -> str:
        """The name of its files, without their ending."""
        return self.started.strftime("%Y-%m-%dT%H-%M-%S.%fZ")


class LatestSource(_Frozen):
    """What a source came to the last time, and when it was last collected."""

    outcome: Outcome
    collected: datetime | None = None


class Latest(_Frozen):
    """The last run, and the last that was a success: when it ended, and how many seconds it took."""

    schema_version: Literal[1] = 1
    report: str
    started: datetime
    result: Result
    succeeded: datetime | None = None
    seconds: float | None = None
    docs: Mapping[str, int] = {}
    sources: Mapping[str, LatestSource] = {}


def reports_folder(settings: Settings) -> Path:
    """Where reports lie."""
    return settings.var / "refresh" / "reports"


def latest_file(settings: Settings) -> Path:
    """The small file about the last run."""
    return settings.var / "refresh" / "latest.json"


def read_latest(settings: Settings) -> Latest | None:
    """What is known of the last run; None where nothing is, or the file is damaged."""
    try:
        return Latest.model_validate_json(latest_file(settings).read_bytes())
    except (OSError, ValidationError):
        return None


def write_report(settings: Settings, report: RefreshReport, page: str, ended: datetime) -> Path:
    """Write a run's report and its page, then make it the latest; gives the page's path.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    folder = reports_folder(settings)
    write_file(folder / f"{report.name}.json", report.model_dump_json(indent=2).encode() + b"\n")
    path = folder / f"{report.name}.html"
    write_file(path, page.encode("utf-8", "backslashreplace"))
    latest = _latest(report, ended, read_latest(settings))
    write_file(latest_file(settings), latest.model_dump_json(indent=2).encode() + b"\n")
    with translated(folder):
        for old in sorted(folder.glob("[!.]*.json"))[:-KEPT_REPORTS]:
            old.with_suffix(".html").unlink(missing_ok=True)
            old.unlink()
    return path


def _latest(report: RefreshReport, ended: datetime, before: Latest | None) -> Latest:
    success = report.result.success
    known = dict(before.sources) if before is not None else {}
    for source in report.sources:
        if source.outcome is Outcome.LEFT:
            known.pop(source.hub, None)
            continue
        last = known.get(source.hub)
        collected = ended if source.outcome is Outcome.COLLECTED else last.collected if last else None
        known[source.hub] = LatestSource(outcome=source.outcome, collected=collected)
    return Latest(
        report=report.name,
        started=report.started,
        result=report.result,
        succeeded=ended if success else before.succeeded if before else None,
        seconds=report.seconds if success else before.seconds if before else None,
        docs=report.docs,
        sources=dict(sorted(known.items())),
    )
