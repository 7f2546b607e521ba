"""A refresh is killed again and again while a service answers: `callsmith evaluate refresh kills`.

A hub of people's own changes from run to run, and every run is ended by SIGKILL: half of them just after each
of the job's steps in turn, a quarter in the midst of the step that follows; the others, which are the real
`callsmith docs refresh`, at a random moment of the time in which it holds the lock. After each kill what is
named has to be whole, with the checksums of the version before or of the one to come, and the next refresh
has to end well and leave nothing half-written. All the while callers ask a real service of two workers, which
follows what is published: no request of theirs may fail.

Embedding, index, canaries and publication are the real ones, over a small catalogue. A process that is to
stop after a step is forked from one that has imported the libraries, which saves seconds a kill; it runs the
function that the command runs.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import psutil

from api_docs.catalogue import Catalogue
from api_docs.errors import MeasurementFailed
from api_docs.upstreams.own import HubKind, OwnHub, add_hub
from evaluation.callers import going_on
from evaluation.process import Program
from evaluation.refresh.jobs import environment, publish_first
from evaluation.refresh.shelf import HUB, Shelf
from evaluation.refresh.steady import Steady
from evaluation.refresh.stepped import Stepped, forking
from evaluation.refresh.usable import Known, State, left_over
from evaluation.served import Service
from evaluation.workload import instructions
from retriever.embedding import limit_threads
from service import var
from service.history import read_history
from service.publishing import LOCK
from service.refresh.report import Result
from service.refreshing import refresh
from service.settings import Settings, load_settings

KILLS: Final = 100
SEED: Final = 4
WORKERS: Final = 2
CALLERS: Final = 4
_PAUSE: Final = 0.2
"""Seconds that a caller waits between two requests: a steady load, and cores left for the refreshes."""
_AT_STEPS: Final = 0.48
"""The share of kills after a step: of a hundred kills, four after each of twelve steps."""
_BETWEEN: Final = 0.24
"""The share of kills in the midst of a step."""
_LOADED: Final = ("torch", "sentence_transformers", __name__)
_TAKEN_UP_WITHIN: Final = 10.0
"""Seconds in which every worker has to serve what is published."""
_PATIENCE: Final = 300.0

Progress = Callable[[int, int], None]
Tell = Callable[[dict[str, Any]], None]
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a refresh is to be killed.

    After a step; or a `moment` later, a share of the time which the step that follows takes; or, without a
    step, when this share of the whole command's time with the lock is over.
    """

    step: str | None = None
    moment: float | None = None

    def __str__(self) -> str:
        """As the table names it."""
        if self.step is None:
            return "the command, at any time"
        return f"after: {self.step}" if self.moment is None else "in the midst of a step"


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill, what it left, and what the next refresh made of it.

    `seconds` is how long it was let go on. `named` says which version was served then, the one `before` or
    the one `to come`. `wrong` is empty where the state was usable, `next_wrong` where the next refresh was
    what it should be.
    """

    place: Place
    seconds: float | None
    named: str
    wrong: tuple[str, ...]
    next_wrong: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """For the file."""
        return {
            "killed": str(self.place),
            "step": self.place.step,
            "seconds": self.seconds,
            "named": self.named,
            "usable": not self.wrong,
            "wrong": [*self.wrong, *self.next_wrong],
        }


def plan(count: int, steps: Sequence[str], draw: random.Random) -> list[Place]:
    """Where that many refreshes are to be killed, in a drawn order; every step as often as any other."""
    shuffled = list(steps)
    draw.shuffle(shuffled)
    after = itertools.cycle(shuffled)
    within = itertools.cycle([step for step in shuffled if step != steps[-1]])
    at_steps = min(count, max(round(count * _AT_STEPS), 1))
    between = min(count - at_steps, round(count * _BETWEEN))
    found = [Place(next(after)) for _ in range(at_steps)]
    found += [Place(next(within), draw.random()) for _ in range(between)]
    found += [Place(moment=draw.random()) for _ in range(count - at_steps - between)]
    draw.shuffle(found)
    return found


def refresh_hub(settings: Settings, hub: str, *, step: Step) -> tuple[Result, str]:
    """What `callsmith docs refresh --hub HUB` does; its result, and the version that there is after it."""
    found = refresh(settings, only=(hub,), step=step)
    return found.result, found.after


def run(kills: int, seed: int, progress: Progress, tell: Tell) -> dict[str, Any]:
    """Kill that many refreshes; `rows` count by where, `each` tells every kill, and `tell` hears it at once.

    Raises:
        MeasurementFailed: when a program can't be started, or nothing can be measured.
    """
    limit_threads(0)  # before torch is imported, here and where processes are forked from
    draw = random.Random(seed)  # noqa: S311 - a draw that can be repeated, no secret
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="callsmith-kills-") as work:
        settings = load_settings(var=Path(work, "var"), watch_seconds=1.0, workers=WORKERS)
        if settings.catalogue is not None:
            raise MeasurementFailed("CALLSMITH_CATALOGUE is set, and nothing else would be served; unset it")
        stage = _Stage(settings, Shelf(Path(work, "hubs")), draw)
        stage.publish_first()
        with Service(var=settings.var, watch_seconds=settings.watch_seconds, workers=WORKERS) as service:
            workers = service.pids
            load = Steady(service.url, instructions(500, seed=seed), _PAUSE)
            killed = asyncio.run(_under_load(stage, load, kills, progress, tell))
            taken_up = _seconds_until_all_serve(service, stage.named[-1])
            restarted = service.pids != workers
            refused = service.log.read_text(encoding="utf-8").count("a new version can't be served")
        history_is_whole, half_written = stage.history_is_whole(), stage.half_written_indexes()
    return {
        "seed": seed,
        "kills": len(killed),
        "usable": sum(not one.wrong for one in killed),
        "next_refresh_as_it_should_be": sum(not one.next_wrong for one in killed),
        "requests": load.requests,
        "failed_requests": len(load.failed),
        "failures": load.failed[:10],
        "versions_published": len(stage.named),
        "versions_that_answered": len(load.answers),
        "answers_of_other_versions": sum(
            times for version, times in load.answers.items() if version not in stage.named
        ),
        "slowest_request_s": round(load.slowest, 2),
        "versions_refused_by_a_worker": refused,
        "last_version_served_by_all_after_s": taken_up,
        "service_restarted": restarted,
        "history_is_whole": history_is_whole,
        "half_written_indexes_left_for_a_day": half_written,
        "docs": {"all": stage.docs, HUB: stage.docs_of_hub},
        "whole_command_holds_the_lock_s": round(stage.span, 2),
        "seconds": round(time.monotonic() - began, 1),
        "rows": rows_of(killed),
        "each": [one.row() for one in killed],
    }


async def _under_load(
    stage: _Stage, load: Steady, kills: int, progress: Progress, tell: Tell
) -> list[Killed]:
    """Kill while callers ask. Who interrupts it waits for the kill that is under way, and for no other."""
    async with going_on(load.ask, CALLERS):
        work = asyncio.ensure_future(asyncio.to_thread(stage.kill_all, kills, progress, tell))
        try:
            return await asyncio.shield(work)
        finally:
            stage.over.set()
            await asyncio.wait([work])


class _Stage:
    """What is refreshed and killed, and what is known of it."""

    def __init__(self, settings: Settings, shelf: Shelf, draw: random.Random) -> None:
        self.settings = settings
        self.named: list[str] = []  # the index versions that were, in their order
        self.span = 0.0
        self.over = threading.Event()
        self.docs = self.docs_of_hub = 0
        self._shelf = shelf
        self._draw = draw
        self._known = Known()
        self._offered: list[str] = []  # the catalogue versions
        self._forks = forking(_LOADED)
        self._seconds_after: dict[str, float] = {}

    def publish_first(self) -> None:
        """What there is before anything is killed, and the hub's entry among people's own."""
        settings, first = self.settings, self._shelf.turn()
        self.docs, self.docs_of_hub = len(first), sum(doc.hub == HUB for doc in first.docs)
        publish_first(settings, first.docs, var.doc_encoder(settings))
        add_hub(settings.hubs_file, HUB, OwnHub(kind=HubKind.JSONL, path=str(self._shelf.path)))
        self._expect(first)
        self._look()

    def kill_all(self, kills: int, progress: Progress, tell: Tell) -> list[Killed]:
        """First two refreshes that end by themselves, for their steps and their time; then one a kill."""
        steps = self._steps()
        self.span = self._seconds_of_a_command()
        found = []
        for number, place in enumerate(plan(kills, steps, self._draw), start=1):
            if self.over.is_set():
                break
            found.append(self._kill(place))
            tell({"kill": number, **found[-1].row()})
            progress(number, kills)
        return found

    def history_is_whole(self) -> bool:
        """Whether every version that was offered is in the history, once, in its order."""
        return [one.version for one in read_history(self.settings)] == self._offered

    def half_written_indexes(self) -> int:
        """How many half-written indexes lie about."""
        return len(list((self.settings.var / "indexes").glob(".*")))

    def _kill(self, place: Place) -> Killed:
        """Kill a refresh, see what there is, and let the next one go on from there."""
        before, to_come = self._offered[-1], self._turned()
        if place.step is not None:
            seconds = self._kill_at(place.step, place.moment)
        else:
            while (seconds := self._kill_command(place.moment or 0.0)) is None:
                # It was quicker than the one before, and has ended: the next edition, at another moment.
                self._look()
                before, to_come, place = to_come, self._turned(), Place(moment=self._draw.random())
        state = self._look()
        named = {before: "before", to_come: "to come"}.get(state.version or "", "another")
        return Killed(place, seconds, named, state.wrong, tuple(self._next(state, to_come)))

    def _kill_at(self, step: str, moment: float | None) -> float | None:
        """Kill after a step, or in the midst of the next; after how many seconds of that."""
        with self._stepped() as one:
            one.until(step)
            seconds = None
            if moment is not None:
                seconds = round(moment * self._seconds_after[step], 4)
                one.go_on()
                time.sleep(seconds)
            one.kill()
        return seconds

    def _next(self, left: State, to_come: str) -> list[str]:
        """What is wrong with the refresh after a kill: nothing, where it takes the version to its end."""
        try:
            with self._stepped() as one:
                one.to_the_end()
                result, after = one.result()
        except MeasurementFailed as exc:
            return [f"the next refresh failed: {exc}"]
        expected = Result.UNCHANGED if left.version == to_come else Result.PUBLISHED
        state = self._look()
        found = list(state.wrong)
        if (result, after, state.version) != (expected, to_come, to_come):
            found.append(f"the next refresh is {result}, {after}; expected {expected}, {to_come}")
        # A half-written index may be in work without the lock, so a publication lets it lie for a day.
        half_written = [path for path in left_over(self.settings.var) if not path.startswith("indexes/")]
        return [*found, *(f"left over: {path}" for path in half_written)]

    def _kill_command(self, moment: float) -> float | None:
        """Kill the real command; after how many seconds with the lock, None where it had ended by then."""
        seconds = round(moment * self.span, 3)
        with self._command() as command:
            self._wait_for_lock(command)
            time.sleep(seconds)
            if command.status is not None:
                self.span = min(self.span, seconds)  # the machine has more time now than when it was taken
                return None
            command.kill()
        return seconds

    def _steps(self) -> list[str]:
        """The steps of a refresh that publishes; notes how long each takes that follows one."""
        self._turned()
        steps: list[str] = []
        with self._stepped() as one:
            began = time.monotonic()
            while (name := one.next_step()) is not None:
                if steps:
                    self._seconds_after[steps[-1]] = time.monotonic() - began
                steps.append(name)
                began = time.monotonic()
            one.result()
        self._look()
        return steps

    def _seconds_of_a_command(self) -> float:
        """How long the real command holds the lock."""
        self._turned()
        with self._command() as command:
            self._wait_for_lock(command)
            began = time.monotonic()
            command.wait_until(lambda: command.status is not None, _PATIENCE, "at its end")
            seconds = time.monotonic() - began
            if command.status:
                raise MeasurementFailed(f"a refresh ended with {command.status}:\n{command.tail()}")
        self._look()
        return seconds

    def _stepped(self) -> Stepped:
        return Stepped(self._forks, refresh_hub, self.settings, HUB)

    def _command(self) -> Program:
        arguments = [sys.executable, "-m", "service.cli", "docs", "refresh", "--hub", HUB]
        return Program("refresh", arguments, environment(self.settings))

    def _wait_for_lock(self, command: Program) -> None:
        lock = str(self.settings.var / LOCK)

        def held() -> bool:
            return any(file.path == lock for file in psutil.Process(command.pid).open_files())

        command.wait_until(held, _PATIENCE, "at work")

    def _turned(self) -> str:
        """The version that has to come of the next edition."""
        to_come = self._shelf.turn()
        self._expect(to_come)
        return to_come.version

    def _expect(self, catalogue: Catalogue) -> None:
        self._known.expect(catalogue)
        self._offered.append(catalogue.version)

    def _look(self) -> State:
        """Look at what is named, and note its index as one that may answer."""
        state = self._known.look(self.settings)
        if state.index_version is not None and state.index_version not in self.named:
            self.named.append(state.index_version)
        return state


def rows_of(killed: Sequence[Killed]) -> list[dict[str, Any]]:
    """Kills by where they were, and all of them."""
    groups: dict[str, list[Killed]] = defaultdict(list)
    for one in killed:
        groups[str(one.place)].append(one)
    return [_row(where, group) for where, group in [*sorted(groups.items()), ("all", list(killed))]]


def _row(where: str, killed: Sequence[Killed]) -> dict[str, Any]:
    return {
        "killed": where,
        "kills": len(killed),
        "version before": sum(one.named == "before" for one in killed),
        "version to come": sum(one.named == "to come" for one in killed),
        "usable": sum(not one.wrong for one in killed),
        "next refresh as it should be": sum(not one.next_wrong for one in killed),
    }


def _seconds_until_all_serve(service: Service, version: str) -> float | None:
    """How long until each of some new connections is answered by a version; None where it takes too long."""
    began = time.monotonic()
    while (seconds := time.monotonic() - began) < _TAKEN_UP_WITHIN:
        if all(_version_of(service) == version for _ in range(8 * WORKERS)):
            return round(seconds, 2)
        time.sleep(0.1)
    return None


def _version_of(service: Service) -> str:
    return str(httpx2.get(f"{service.url}/readyz", timeout=_PATIENCE).json()["index"]["version"])
