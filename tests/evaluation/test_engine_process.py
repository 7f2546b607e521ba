"""Programs that measurements start: ready or not, hung, killed, and ended to the last process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from api_docs.errors import MeasurementFailed
from evaluation import process
from evaluation.engine.vllm import Vllm
from evaluation.process import Program, free_port

SECONDS = 60
"""Longer than anything here takes on a slow machine."""
FAMILY = """
import subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('child', flush=True)"
child += "; time.sleep(600)"
subprocess.Popen([sys.executable, "-c", child])
print("parent", flush=True)
time.sleep(600)
"""


def program(code: str, cores: list[int] | None = None) -> Program:
    return Program("test", [sys.executable, "-c", code], os.environ, cores)


def lives(pid: int) -> bool:
    """Whether it does anything yet: one that is dead stays on the table until its parent looks."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def family(monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """A program whose child will not hear of SIGTERM."""
    monkeypatch.setattr(process, "_TERM_SECONDS", 0.2)
    with program(FAMILY) as running:
        running.wait_until(lambda: {"parent", "child"} <= set(running.tail().split()), SECONDS, "there")
        yield running


def test_closing_ends_children_too_that_ignore_sigterm(family: Program) -> None:
    pids = family.pids
    assert len(pids) == 2
    family.close()
    assert not any(map(lives, pids))
    assert not family.log.exists()
    assert family.pids == frozenset()


def test_a_parent_that_is_gone_hides_no_child(family: Program) -> None:
    parent = family.pid
    os.kill(parent, signal.SIGKILL)
    while parent in family.pids:
        pass
    assert len(family.pids) == 1
    family.close()
    assert family.pids == frozenset()


def test_a_killed_program_can_be_started_again(family: Program) -> None:
    before = family.pids
    family.kill()
    assert family.pids == frozenset()
    family.start()
    assert family.pids
    assert not family.pids & before


def test_a_program_hangs_and_goes_on(family: Program) -> None:
    def states() -> set[str]:
        return {psutil.Process(pid).status() for pid in family.pids}

    family.stop()
    family.wait_until(lambda: states() == {psutil.STATUS_STOPPED}, SECONDS, "stopped")
    family.cont()
    family.wait_until(lambda: psutil.STATUS_STOPPED not in states(), SECONDS, "going on")


def test_a_hung_program_can_be_closed(family: Program) -> None:
    family.stop()
    family.close()
    assert family.pids == frozenset()


def test_a_program_that_ends_before_it_is_ready_says_why() -> None:
    with program("import sys; sys.exit('no such model')") as ended:
        with pytest.raises(MeasurementFailed, match="ended with 1 before it was ready") as refused:
            ended.wait_until(lambda: False, SECONDS, "ready")
        assert "no such model" in str(refused.value)
    assert ended.log.exists()  # the message names it
    ended.log.unlink()


def test_a_program_that_is_not_ready_in_time_is_told() -> None:
    told = pytest.raises(MeasurementFailed, match=r"was not ready within 0 s; its log")
    with program("import time; time.sleep(600)") as slow, told:
        slow.wait_until(lambda: False, 0, "ready")
    slow.log.unlink()


def test_a_program_runs_on_the_cores_that_it_is_given() -> None:
    core = sorted(os.sched_getaffinity(0))[-1]
    with program("import os; print('on', *os.sched_getaffinity(0))", [core]) as pinned:
        pinned.wait_until(lambda: pinned.tail() == f"on {core}" or pinned.status == 0, SECONDS, "done")
        assert pinned.tail() == f"on {core}"


def test_a_program_that_was_not_started_has_no_process(tmp_path: Path) -> None:
    idle = program("pass")
    assert idle.status is None
    with pytest.raises(MeasurementFailed, match="does not run"):
        _ = idle.pid
    idle.close()


def test_an_engine_that_is_not_installed_is_told_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(MeasurementFailed, match="make engine"):
        Vllm(tmp_path, python=tmp_path / "python")


def test_a_free_port_can_be_taken() -> None:
    assert 1024 <= free_port() <= 65_535
