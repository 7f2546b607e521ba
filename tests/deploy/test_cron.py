"""The scheduler of the refresh container, against a calendar that is walked minute by minute."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "service" / "cron.py"
CRONTAB = ROOT / "deploy" / "crontab"
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("callsmith_cron", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where a dataclass looks for its module
    spec.loader.exec_module(module)
    return module


cron = _load()


class Clock:
    """A clock that only sleeping moves; it may wake too early, and be set."""

    def __init__(self, start: datetime) -> None:
        self.time = start
        self.early = timedelta()

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 60
        self.time += timedelta(seconds=seconds) - self.early
        self.early = timedelta()


def looked_at() -> list[datetime]:
    """Some minutes of every hour of three weeks that have a February, weekends and odd days in them."""
    start = datetime(2026, 1, 25, tzinfo=UTC)
    hours = (start + timedelta(hours=n) for n in range(21 * 24))
    return [hour + timedelta(minutes=n) for hour in hours for n in (0, 1, 5, 17, 20, 30, 40, 55)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("17 3 * * *", lambda t: (t.hour, t.minute) == (3, 17)),
        ("*/20 8-10 * * *", lambda t: t.minute in (0, 20, 40) and t.hour in (8, 9, 10)),
        ("5/25 0 1 * *", lambda t: t.minute in (5, 30, 55) and t.hour == 0 and t.day == 1),
        ("0 0,12 * 2 *", lambda t: t.minute == 0 and t.hour in (0, 12) and t.month == 2),
        ("0 4 * * 0", lambda t: (t.hour, t.minute) == (4, 0) and t.strftime("%a") == "Sun"),
        ("0 4 * * 7", lambda t: (t.hour, t.minute) == (4, 0) and t.strftime("%a") == "Sun"),
        ("0 4 * * 1-5", lambda t: (t.hour, t.minute) == (4, 0) and t.strftime("%a") not in ("Sat", "Sun")),
        ("0 4 13 * 5", lambda t: (t.hour, t.minute) == (4, 0) and (t.day == 13 or t.strftime("%a") == "Fri")),
        (
            "0 4 */2 * 5",
            lambda t: (t.hour, t.minute) == (4, 0) and t.day % 2 == 1 and t.strftime("%a") == "Fri",
        ),
    ],
)
def test_a_job_is_due_in_the_minutes_that_crontab_5_says(
    fields: str, expected: Callable[[datetime], bool]
) -> None:
    (job,) = cron.parse(f"{fields} true")
    due = [minute for minute in looked_at() if job.is_due(minute)]
    assert due == [minute for minute in looked_at() if expected(minute)]
    assert due


@pytest.mark.parametrize(
    "line",
    ["60 3 * * * true", "* 24 * * * true", "* * 0 * * true", "* * * 13 * true", "* * * * 8 true",
     "5-3 * * * * true", "*/0 * * * * true", "-1 * * * * true", "1, * * * * true",
     "17 3 * * *", "17 3"],
)  # fmt: skip
def test_a_line_that_cant_be_read_is_named(line: str) -> None:
    with pytest.raises(ValueError, match=r"line '") as caught:
        cron.parse(f"# a comment\n\n{line}\n")
    assert repr(line) in str(caught.value)


def test_a_minute_runs_its_jobs_in_order_and_once() -> None:
    jobs = cron.parse("* * * * * first\n*/2 * * * * second\n")
    clock = Clock(MONDAY + timedelta(seconds=30))
    found = [(job.command, clock.time.minute) for job in islice(cron.due(jobs, clock.now, clock.sleep), 4)]
    assert found == [("first", 1), ("first", 2), ("second", 2), ("first", 3)]


def test_a_sleep_that_ends_early_and_a_clock_that_is_set_back_repeat_no_job() -> None:
    jobs = cron.parse("* * * * * job\n")
    clock = Clock(MONDAY)
    coming = cron.due(jobs, clock.now, clock.sleep)
    next(coming)
    clock.early = timedelta(milliseconds=1)
    assert [next(coming).command, clock.time.minute] == ["job", 2]
    clock.time -= timedelta(minutes=2)
    next(coming)
    assert clock.time.minute == 3


def test_minutes_that_pass_while_a_job_runs_are_skipped() -> None:
    jobs = cron.parse("* * * * * job\n")
    clock = Clock(MONDAY)
    coming = cron.due(jobs, clock.now, clock.sleep)
    next(coming)
    clock.time += timedelta(minutes=5, seconds=7)
    next(coming)
    assert clock.time == MONDAY + timedelta(minutes=7)


def test_a_failed_run_leaves_its_mark_until_one_succeeds(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    failed, there = tmp_path / "failed", tmp_path / "there"
    (job,) = cron.parse(f"* * * * * test -e '{there}'")
    assert cron.run(job, failed) == 1
    assert failed.read_text(encoding="utf-8") == f"exit status 1 of test -e '{there}'\n"
    there.touch()
    assert cron.run(job, failed) == 0
    assert not failed.exists()
    assert "exit status 0" in capfd.readouterr().out


def test_now_runs_every_job_once_and_tells_the_worst_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    crontab = tmp_path / "crontab"
    crontab.write_text("0 0 1 1 * echo one\n0 0 1 1 * echo two; exit 3\n", encoding="utf-8")
    monkeypatch.setattr(
        sys, "argv", ["cron.py", "--crontab", str(crontab), "--failed", str(tmp_path / "failed"), "--now"]
    )
    assert cron.main() == 3
    out = capfd.readouterr().out
    assert out.index("one\n") < out.index("two\n")


def test_a_missing_crontab_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cron.py", "--crontab", str(tmp_path / "crontab")])
    assert cron.main() == 2
    assert "No such file" in capsys.readouterr().err


def test_the_crontab_that_ships_runs_one_job_a_night() -> None:
    (job,) = cron.parse(CRONTAB.read_text(encoding="utf-8"))
    night = [MONDAY + timedelta(minutes=n) for n in range(24 * 60)]
    assert len([minute for minute in night if job.is_due(minute)]) == 1
