"""What workers share: limits that are exact over real processes, and that survive a broken store."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_docs.errors import ConfigurationError
from service import shared as module
from service.logs import SERVICE
from service.settings import RUN_FOLDER
from service.shared import RETRY_SECONDS, Shared, made_run_folder, run_folder

SECONDS = 120
spawn = multiprocessing.get_context("spawn")


class Clock:
    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def frozen() -> float:
    """A clock that stands, and that another process can be given."""
    return 1_000.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["in memory", "on disk"])
def shared(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Shared]:
    one = Shared(tmp_path if request.param == "on disk" else None, clock)
    yield one
    one.close()


Task = Callable[[Shared], int]


def work(folder: Path, task: Task, pipe: Connection) -> None:
    """One worker process: waits for the others, does its task, and stays until it may go."""
    module._MOST_WAITING = SECONDS  # on a machine that is busy with other things nothing counts as broken
    shared = Shared(folder, frozen)
    pipe.send("ready")
    pipe.recv()
    pipe.send(task(shared))
    pipe.recv()


def started(folder: Path, task: Task) -> tuple[BaseProcess, Connection]:
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=work, args=(folder, task, theirs))
    process.start()
    assert ours.poll(SECONDS)
    assert ours.recv() == "ready"
    return process, ours


def done_by(count: int, folder: Path, task: Task) -> list[int]:
    """What each of `count` processes says after doing a task at the same time as the others."""
    workers = [started(folder, task) for _ in range(count)]
    for _, pipe in workers:
        pipe.send("go")
    said = [pipe.recv() for _, pipe in workers if pipe.poll(SECONDS)]
    for process, pipe in workers:
        pipe.send("stop")
        process.join(SECONDS)
        assert process.exitcode == 0
    return said


def take_300(shared: Shared) -> int:
    return sum(shared.take("team", 5, 200) == 0 for _ in range(300))


def enter_40(shared: Shared) -> int:
    return sum(shared.enter(50) for _ in range(40))


def enter_3(shared: Shared) -> int:
    return sum(shared.enter(3) for _ in range(3))


def enter_and_leave(shared: Shared) -> int:
    entered = 0
    for _ in range(200):
        if shared.enter(2):
            entered += 1
            shared.leave()
    return entered


def test_processes_that_hammer_one_bucket_get_its_burst_and_not_one_more(tmp_path: Path) -> None:
    allowed = done_by(4, tmp_path, take_300)
    assert len(allowed) == 4
    assert sum(allowed) == 200


def test_processes_together_hold_as_many_requests_as_the_limit_says(tmp_path: Path) -> None:
    keeper = Shared(tmp_path, frozen)
    assert sum(keeper.enter(50) for _ in range(20)) == 20
    assert sum(done_by(2, tmp_path, enter_40)) == 30


def test_requests_that_come_and_go_leave_nothing_behind(tmp_path: Path) -> None:
    assert min(done_by(3, tmp_path, enter_and_leave)) > 0
    last = Shared(tmp_path, frozen)
    assert [last.enter(2) for _ in range(3)] == [True, True, False]


def test_a_killed_process_holds_no_requests(tmp_path: Path) -> None:
    process, pipe = started(tmp_path, enter_3)
    other = Shared(tmp_path, frozen)
    pipe.send("go")
    assert pipe.recv() == 3
    assert not other.enter(3)
    process.kill()
    process.join(SECONDS)
    assert other.enter(3)
    assert len(list(tmp_path.glob("worker-*"))) == 1, "the dead worker's file is removed"


def test_a_worker_that_takes_the_place_of_a_killed_one_frees_its_requests(tmp_path: Path) -> None:
    process, pipe = started(tmp_path, enter_3)
    pipe.send("go")
    assert pipe.recv() == 3
    process.kill()
    process.join(SECONDS)
    Shared(tmp_path, frozen)
    with sqlite3.connect(tmp_path / "shared.sqlite") as database:
        assert database.execute("SELECT * FROM in_flight").fetchall() == []
    database.close()


def test_as_many_requests_are_in_flight_as_the_limit_says(shared: Shared) -> None:
    assert [shared.enter(2), shared.enter(2), shared.enter(2)] == [True, True, False]
    shared.leave()
    assert [shared.enter(2), shared.enter(2)] == [True, False]


def test_a_worker_that_stops_takes_its_requests_along(tmp_path: Path) -> None:
    one, other = Shared(tmp_path), Shared(tmp_path)
    assert one.enter(1)
    assert not other.enter(1)
    one.close()
    assert other.enter(1)


def test_a_bucket_fills_at_its_rate_up_to_its_burst(shared: Shared, clock: Clock) -> None:
    def allowed() -> int:
        return sum(shared.take("a", 60, 5) == 0 for _ in range(20))

    assert allowed() == 5
    clock.now += 3
    assert allowed() == 3
    clock.now += 3_600
    assert allowed() == 5


def test_the_wait_that_is_told_is_the_wait_that_is_needed(shared: Shared, clock: Clock) -> None:
    assert shared.take("a", 5, 1) == 0
    clock.now += 2
    wait = shared.take("a", 5, 1)
    assert wait == pytest.approx(10)
    clock.now += wait - 0.01
    assert shared.take("a", 5, 1) == pytest.approx(0.01, abs=1e-3)
    clock.now += 0.01
    assert shared.take("a", 5, 1) == 0


def test_buckets_are_of_one_name_each(shared: Shared) -> None:
    assert [shared.take(name, 1, 1) for name in ("a", "b")] == [0, 0]
    assert shared.take("a", 1, 1) > 0


def test_a_clock_that_steps_back_costs_nobody_an_hour(shared: Shared, clock: Clock) -> None:
    assert shared.take("a", 60, 1) == 0
    clock.now -= 3_600
    assert shared.take("a", 60, 1) == pytest.approx(1)
    clock.now += 1
    assert shared.take("a", 60, 1) == 0


@given(
    st.lists(st.floats(0, 30, allow_nan=False), max_size=40),
    st.integers(1, 600),
    st.integers(1, 20),
)
def test_no_more_is_allowed_than_burst_and_rate_give(pauses: list[float], rate: int, burst: int) -> None:
    clock = Clock(0)
    shared = Shared(None, clock)
    allowed = 0
    for pause in pauses:
        clock.now += pause
        allowed += shared.take("a", rate, burst) == 0
        assert allowed <= burst + clock.now * rate / 60 + 1e-3
    wait = 1.0
    while wait > 0:  # after the wait that is told it is always allowed, so this ends
        wait = shared.take("a", rate, burst)
        clock.now += wait
    shared.close()


def test_a_broken_store_lets_requests_through_and_says_so_once(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "run"
    shared = Shared(folder, clock)  # there is no such folder
    with caplog.at_level(logging.WARNING, SERVICE):
        assert [shared.take("a", 1, 1) for _ in range(3)] == [0, 0, 0]
        clock.now += RETRY_SECONDS
        assert shared.take("a", 1, 1) == 0
        assert len(caplog.messages) == 1
        folder.mkdir()
        assert shared.take("a", 1, 1) == 0, "the store is left alone for a while"
        clock.now += RETRY_SECONDS
        assert shared.take("a", 1, 1) == 0
        assert shared.take("a", 1, 1) > 0
    assert caplog.messages[1:] == ["limits hold over all workers again"]
    shared.close()


def test_what_is_wrong_with_the_store_is_told(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "shared.sqlite").write_text("no database, but long enough to be looked at" * 100)
    with caplog.at_level(logging.WARNING, SERVICE):
        shared = Shared(tmp_path, clock)
        assert shared.enter(1)
    assert len(caplog.messages) == 1
    assert "not a database" in caplog.messages[0]
    assert "TMPDIR" in caplog.messages[0]
    shared.close()


def test_a_broken_store_leaves_each_worker_its_own_limit(tmp_path: Path, clock: Clock) -> None:
    shared = Shared(tmp_path / "nowhere", clock)
    assert [shared.enter(2) for _ in range(3)] == [True, True, False]
    shared.leave()
    assert shared.enter(2)


def test_requests_of_an_outage_are_counted_when_it_is_over(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "run"
    shared = Shared(folder, clock)
    assert shared.enter(9)
    folder.mkdir()
    clock.now += RETRY_SECONDS
    assert shared.enter(9)
    other = Shared(folder, clock)
    assert not other.enter(2)
    shared.leave()
    assert other.enter(2)


def test_a_lock_that_is_never_let_go_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("service.shared._MOST_WAITING", 0.0)
    shared = Shared(tmp_path, clock)
    other = sqlite3.connect(tmp_path / "shared.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert [shared.take("a", 1, 1), shared.take("a", 1, 1)] == [0, 0]
    assert shared.enter(1)
    other.execute("ROLLBACK")
    other.close()
    clock.now += RETRY_SECONDS
    shared.leave()
    assert shared.take("a", 1, 1) == 0
    assert shared.take("a", 1, 1) > 0


def test_a_full_disk_stops_nobody(tmp_path: Path, clock: Clock) -> None:
    shared = Shared(tmp_path, clock)
    assert shared._connection is not None
    shared._connection.execute("PRAGMA max_page_count = 1")
    names = [f"{number}-{'x' * 900}" for number in range(50)]
    assert [shared.take(name, 1, 1) for name in names] == [0] * 50
    assert shared.enter(1)


def test_the_run_folder_is_its_owners_alone_named_for_workers_and_removed() -> None:
    assert run_folder() is None
    with made_run_folder() as folder:
        assert run_folder() == folder
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        Shared(folder).close()
    assert not folder.exists()
    assert RUN_FOLDER not in os.environ


def test_a_run_folder_that_is_gone_already_is_no_failure() -> None:
    with made_run_folder() as folder:
        shutil.rmtree(folder)


def test_no_place_for_temporary_files_is_told_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    with pytest.raises(ConfigurationError, match="No space left.*TMPDIR"), made_run_folder():
        pass
