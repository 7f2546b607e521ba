"""Refresh and swap of very many docs: memory of the job, and what callers notice of the swap.

The docs are mixed out of the snapshot's, and a stand-in that hashes texts takes the encoder's place: how long
embedding takes is not what is measured, and what a model takes of memory `cost` shows. Versions are made
first, and named in turn while callers ask, so that nothing but the service's own taking up is in their times.
A swap's stretch of time begins when the version is named and ends seconds after it is served, when the old
one's memory is free; a quiet one of the same length follows.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from api_docs.files import write_file
from evaluation.callers import going_on
from evaluation.refresh.jobs import Ran, publish_first, refreshed
from evaluation.refresh.serving import StandInService
from evaluation.refresh.stand_ins import HashingEncoder, changed, write_docs
from evaluation.refresh.windows import PAUSE, Watched, Window
from evaluation.scale import mixed_docs
from evaluation.workload import instructions
from retriever.index import index_version
from retriever.vectors import Progress
from service import var
from service.settings import Settings
from service.var import Current

SHARE: Final = 0.01
PEAK_AT_MOST: Final = 3 * 1024
"""MiB that a refresh may need."""
ADDED_AT_MOST: Final = 50.0
"""Milliseconds that a swap may add to the slowest request."""
CALLERS: Final = 4
WARM: Final = 10.0
AFTER: Final = 5.0
"""Seconds after a version is served that still belong to its swap."""


def run(docs: int = 100_000, swaps: int = 6, progress: Progress = lambda *_: None) -> dict[str, Any]:
    """Make two versions of so many docs, and swap them that often.

    Raises:
        MeasurementFailed: when a refresh fails, or the service does not take a version up.
    """
    with tempfile.TemporaryDirectory(prefix="callsmith-refresh-scale-") as work:
        settings = Settings(
            var=Path(work, "var"), embedding_model=HashingEncoder.name, watch_seconds=1, log_format="json"
        )
        steps = swaps + 2
        whole, small = make_versions(settings, Path(work, "docs"), docs)
        progress(2, steps)
        with StandInService(settings) as service:
            before = service.memory_mib()
            swapping = _swapped(
                settings,
                service,
                [index.version for index in (whole, small)],
                swaps,
                lambda done: progress(2 + done, steps),
            )
            windows = asyncio.run(swapping)
            after = service.memory_mib()
    swapped, quiet = (Window.joined(kind) for kind in zip(*windows, strict=True))
    return {
        "docs": docs,
        "encoder": "a stand-in that hashes texts: embedding is not what is measured",
        "refresh": {
            "peak_mib": small.peak_mib,
            "peak_mib_at_most": PEAK_AT_MOST,
            "one_percent": small.figures(),
            "from_nothing": whole.figures(),
        },
        "swap": {
            "added_to_the_slowest_ms": round(swapped.slowest_ms - quiet.slowest_ms, 1),
            "added_at_most_ms": ADDED_AT_MOST,
            "callers": CALLERS,
            "pause_ms": 1000 * PAUSE,
            "while_swapping": swapped.figures(),
            "quiet": quiet.figures(),
            "each": [{"while_swapping": one.figures(), "quiet": other.figures()} for one, other in windows],
            "versions_seen": len(swapped.versions | quiet.versions),
            "service_mib": {"before": before, "after": after},
        },
    }


def make_versions(settings: Settings, folder: Path, count: int) -> tuple[Ran, Ran]:
    """A refresh that brings all docs but three, and one that brings a few changed ones."""
    docs = mixed_docs(count)
    there = docs[:: count // 3]
    publish_first(settings, there, HashingEncoder())
    write_docs(docs, folder)
    whole = refreshed(settings, folder, count - len(there))
    docs, some = changed(docs, SHARE, 1)
    write_docs(docs, folder)
    return whole, refreshed(settings, folder, some)


async def _swapped(
    settings: Settings,
    service: StandInService,
    versions: Sequence[str],
    swaps: int,
    progress: Callable[[int], None],
) -> list[tuple[Window, Window]]:
    """By swap, what callers saw while it went on, and for as long afterwards."""
    watched = Watched(service.url, instructions(2_000, seed=31))
    found = []
    gc.collect()
    gc.freeze()  # or the callers' own collector of garbage would be measured, a sixth of a second at a time
    async with going_on(watched.ask, CALLERS):
        await asyncio.sleep(WARM)
        for number in range(swaps):
            watched.next_window()
            began = time.monotonic()
            version = versions[number % 2]
            _name(settings, version)
            served = index_version(version, settings.embedding_model)
            await asyncio.to_thread(service.took_up, served, number // 2 + 1)
            await asyncio.sleep(AFTER)
            swapped = watched.next_window()
            await asyncio.sleep(time.monotonic() - began)
            found.append((swapped, watched.next_window()))
            progress(number + 1)
    return found


def _name(settings: Settings, version: str) -> None:
    """Do what publishing does last."""
    current = Current(catalogue=version, published=datetime.now(UTC).replace(microsecond=0))
    write_file(var.current_file(settings), current.model_dump_json().encode())
