"""What callers see while things break: the engine, what it sends, the index, and the callers themselves.

A real engine behind a proxy that can spoil its answers, a real service, and callers who keep asking. Every
fault begins under load and ends under load; the service is never restarted.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from api_docs.catalogue import Catalogue
from api_docs.errors import MeasurementFailed
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue, write_catalogue
from evaluation.engine.faulty_proxy import Fault, FaultyProxy
from evaluation.engine.load import Came, Load, Seen, counted
from evaluation.engine.vllm import Vllm
from evaluation.served import Service

TIMEOUT: Final = 8.0
"""Seconds that the service lets the engine take."""
LIMIT: Final = TIMEOUT + 4.0
"""Seconds beyond which a request counts as hanging: the engine's, and what a full machine adds to them."""
CALLERS: Final = 8
AT_ONCE: Final = 500
LEAVING: Final = 40
_LASTS: Final = 15.0
"""Seconds that a fault lasts."""
_RECOVERS: Final = 120.0
"""Seconds after which a service that has not found back is given up."""
_LATE: Final = 2.0
"""Seconds that answers of a slow engine begin late; of one that is too slow, twice the timeout."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Stage:
    """Everything that plays a part."""

    engine: Vllm
    proxy: FaultyProxy
    service: Service
    load: Load
    work: Path  # an empty folder

    @property
    def fewer_docs(self) -> Path:
        """The catalogue that is published while the load goes on."""
        return self.work / "fewer"


async def measure(stage: Stage, progress: Progress, told: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Every fault in turn; `rows` say what callers saw, and `told` hears each as soon as it is known."""
    await _index_of_fewer_docs(stage)
    await _until_by_engine(stage.load, CALLERS)
    faults: dict[str, Callable[[Stage], Awaitable[float | None]]] = {
        "none": _nothing,
        "engine hung (SIGSTOP)": _hung,
        "engine slow, within the timeout": lambda s: _spoilt(s, Fault.SLOW, _LATE),
        "engine slower than the timeout": lambda s: _spoilt(s, Fault.SLOW, 2 * TIMEOUT),
        "engine answers 500": lambda s: _spoilt(s, Fault.ERROR),
        "engine sends malformed JSON": lambda s: _spoilt(s, Fault.MALFORMED),
        "engine's answers cut off": lambda s: _spoilt(s, Fault.CUT),
        "engine killed (SIGKILL), restarted": _killed,
        "index swapped": _swapped,
    }
    crowds: dict[str, Callable[[Stage], Awaitable[float | None]]] = {
        f"{AT_ONCE} callers at once": _crowd,
        f"{LEAVING} callers leave": _leaving,
    }
    rows, said = [], {}
    for number, (name, fault) in enumerate((faults | crowds).items(), start=1):
        stage.load.seen.clear()
        callers = stage.load.going_on(CALLERS) if name in faults else contextlib.nullcontext()
        async with callers:
            recovery = await fault(stage)
        rows.append({"fault": name, **counted(stage.load.seen, LIMIT), "recovery s": recovery})
        said[name] = _reasons(stage.load.seen)
        told(rows[-1])
        progress(number, len(faults) + len(crowds))
    return {
        "callers": CALLERS,
        "engine_timeout_s": TIMEOUT,
        "hangs_are_longer_than_s": LIMIT,
        "fault_lasts_s": _LASTS,
        "service_restarted": False,
        "rows": rows,
        "reasons": said,
    }


def _reasons(seen: list[Seen]) -> dict[str, int]:
    """What was said where it was not the engine's verified call, the most frequent first."""
    return dict(Counter(f"{one.came}: {one.said}" for one in seen if one.said).most_common(5))


# --- the faults: each begins, lasts, ends, and gives the seconds from its end to the engine's next answer --


async def _nothing(stage: Stage) -> float | None:
    del stage
    await asyncio.sleep(_LASTS)
    return None


async def _hung(stage: Stage) -> float:
    stage.engine.stop()
    try:
        await asyncio.sleep(_LASTS)
    finally:
        stage.engine.cont()
    return await _recovery(stage.load)


async def _spoilt(stage: Stage, fault: Fault, delay: float = 0.0) -> float:
    stage.proxy.delay, stage.proxy.fault = delay, fault
    met = stage.proxy.met
    try:
        await asyncio.sleep(_LASTS)
    finally:
        stage.proxy.fault = Fault.NONE
    if stage.proxy.met == met:
        raise MeasurementFailed(f"no request met the fault {fault.value!r}: nothing was measured")
    return await _recovery(stage.load)


async def _killed(stage: Stage) -> float:
    await asyncio.to_thread(stage.engine.kill)
    await asyncio.sleep(_LASTS)
    await asyncio.to_thread(stage.engine.start)
    return await _recovery(stage.load)


async def _index_of_fewer_docs(stage: Stage) -> None:
    """Build beforehand what is published under load: on two cores building takes them from all the rest."""
    snapshot = load_catalogue(SNAPSHOT_FOLDER)
    write_catalogue(Catalogue(snapshot.docs[:-100]), stage.fewer_docs)
    await stage.service.callsmith("index", "build", catalogue=stage.fewer_docs)


async def _swapped(stage: Stage) -> float:
    """A catalogue with fewer docs is published; seconds from then until it is what answers."""
    before = await _index_version(stage.service)
    await stage.service.callsmith("docs", "publish", str(stage.fewer_docs))
    published = time.monotonic()
    while await _index_version(stage.service) == before:
        if time.monotonic() > published + _RECOVERS:
            raise MeasurementFailed(f"what was published was not taken up within {_RECOVERS:g} s")
        await asyncio.sleep(0.1)
    return round(time.monotonic() - published, 2)


async def _crowd(stage: Stage) -> float:
    await stage.load.at_once(AT_ONCE)
    return await _idle(stage.engine)


async def _leaving(stage: Stage) -> float:
    """Seconds from when they have left until the engine works on nothing."""
    await stage.load.leaving(LEAVING, after=0.7)
    return await _idle(stage.engine)


# --- waiting ----------------------------------------------------------------------------------------------


async def _recovery(load: Load) -> float:
    """Seconds from now until a request that begins later has been answered by the engine."""
    since = time.monotonic()
    while (found := load.first_by_engine(since)) is None:
        if time.monotonic() > since + _RECOVERS:
            raise MeasurementFailed(f"the engine was not taken up again within {_RECOVERS:g} s")
        await asyncio.sleep(0.05)
    return round(found.ended - since, 2)


async def _until_by_engine(load: Load, callers: int) -> None:
    async with load.going_on(callers):
        await _recovery(load)


async def _idle(engine: Vllm) -> float:
    since = time.monotonic()
    while await asyncio.to_thread(engine.running):
        if time.monotonic() > since + _RECOVERS:
            raise MeasurementFailed(f"the engine still worked {_RECOVERS:g} s after its callers had gone")
        await asyncio.sleep(0.05)
    return round(time.monotonic() - since, 2)


async def _index_version(service: Service) -> str:
    async with httpx2.AsyncClient(timeout=30) as client:
        return str((await client.get(f"{service.url}/readyz")).json()["index"]["version"])


@contextlib.asynccontextmanager
async def proxied(engine: Vllm) -> AsyncIterator[FaultyProxy]:
    """The engine behind a proxy."""
    async with FaultyProxy(engine.port).running() as proxy:
        yield proxy


def total(rows: list[dict[str, Any]]) -> dict[str, int]:
    """What must not be: sums over all faults."""
    bad = (str(Came.FAILED), str(Came.REFUSED), str(Came.LOST), "hangs")
    return {name: sum(row[name] for row in rows) for name in bad}
