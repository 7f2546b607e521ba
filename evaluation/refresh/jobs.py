"""Refreshes as processes of their own, and the version that the first of them begins with."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api_docs.catalogue import Catalogue
from api_docs.errors import MeasurementFailed
from api_docs.models import ApiDoc
from retriever.embedding import Encoder
from retriever.index import build_index
from service.publishing import Made, alone, publish_made
from service.settings import PREFIX, Settings


@dataclass(frozen=True)
class Ran:
    """A refresh that ran as a process: what it found, and what it took from its start to its end.

    `cpu_seconds` is the work of all cores, which other programs beside it hardly change.
    """

    docs: int
    changed: int
    embedded: int
    canaries_asked: int
    seconds: float
    cpu_seconds: float
    peak_mib: int
    version: str
    timing: dict[str, float]

    def figures(self) -> dict[str, Any]:
        """For a result."""
        return {name: value for name, value in asdict(self).items() if name != "version"}


def refreshed(settings: Settings, docs: Path, changed: int) -> Ran:
    """Refresh from a folder of docs in another process, of which `changed` are new or other than before.

    Raises:
        MeasurementFailed: when it failed, or published nothing.
    """
    command = [sys.executable, "-m", "evaluation.refresh.job", str(docs)]
    began, worked = time.monotonic(), _worked()
    ended = subprocess.run(  # noqa: S603 - our own module
        command, env=environment(settings), capture_output=True, text=True, check=False
    )
    seconds, cpu_seconds = time.monotonic() - began, _worked() - worked
    if ended.returncode:
        raise MeasurementFailed(f"a refresh ended with {ended.returncode}: {ended.stderr[-2_000:]}")
    found = json.loads(ended.stdout.splitlines()[-1])
    if found.pop("result") != "published":
        raise MeasurementFailed(f"a refresh published nothing: {found['reason']!r}")
    del found["reason"]
    return Ran(changed=changed, seconds=round(seconds, 2), cpu_seconds=round(cpu_seconds, 2), **found)


def _worked() -> float:
    """Seconds that cores worked for processes which this one started and which have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def publish_first(settings: Settings, docs: Iterable[ApiDoc], encoder: Encoder) -> Catalogue:
    """Publish docs as the version that there was before any refresh."""
    catalogue = Catalogue(sorted(docs, key=lambda doc: (doc.hub, doc.id)))
    made = Made(catalogue, build_index(catalogue, encoder), {})
    with alone(settings):
        publish_made(settings, made, changes=None)
    return catalogue


def environment(settings: Settings) -> dict[str, str]:
    """Variables of a process with these settings, whatever is set outside."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return others | settings.environment()
