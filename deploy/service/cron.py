"""Run the lines of a crontab in the foreground, as whoever starts this: what the `refresh` container does.

The crons of Debian and of BusyBox want to be root, only to become somebody else again. A line is what
crontab(5) says, read by `cronsim`: five fields, then a command for `sh`. Times are those of the container,
UTC. Jobs run one after the other; a minute that passes while one runs is skipped.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cronsim import CronSim, CronSimError

FIELDS = 5
CRONTAB = Path("/etc/callsmith/crontab")
FAILED = Path("/tmp/failed")  # noqa: S108 - the container's own
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Job:
    """A command and when it is due."""

    when: str
    command: str

    def is_due(self, minute: datetime) -> bool:
        """Whether the job is due in this minute."""
        return next(CronSim(self.when, minute - MINUTE), None) == minute


def parse(crontab: str) -> list[Job]:
    """The jobs of a crontab, in its order.

    Raises:
        ValueError: naming the line that can't be read.
    """
    lines = [line.strip() for line in crontab.splitlines()]
    return [_job(line) for line in lines if line and not line.startswith("#")]


def due(jobs: Sequence[Job], now: Callable[[], datetime], sleep: Callable[[float], None]) -> Iterator[Job]:
    """Jobs as they become due, for ever; a minute is looked at once, even if the clock is set back."""
    seen = _minute(now())
    while True:
        moment = now()
        sleep(60 - moment.second - moment.microsecond / 1e6)
        minute = _minute(now())
        if minute <= seen:
            continue
        seen = minute
        yield from (job for job in jobs if job.is_due(minute))


def run(job: Job, failed: Path) -> int:
    """Run the job's command and give its exit status; `failed` lies there while the last run is a failure."""
    print(f"cron: {job.command}", flush=True)
    code = subprocess.run(["/bin/sh", "-c", job.command], check=False).returncode  # noqa: S603 - the crontab's own
    print(f"cron: exit status {code} of {job.command}", flush=True)
    if code:
        failed.write_text(f"exit status {code} of {job.command}\n", encoding="utf-8")
    else:
        failed.unlink(missing_ok=True)
    return code


def main() -> int:
    """Run the crontab's jobs when they are due, or all of them once."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--crontab", type=Path, default=CRONTAB)
    parser.add_argument("--failed", type=Path, default=FAILED, help="lies there after a job that failed")
    parser.add_argument("--now", action="store_true", help="run every job once, then exit")
    given = parser.parse_args()
    try:
        jobs = parse(given.crontab.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        print(f"cron: {exc}", file=sys.stderr)
        return 2
    if given.now:
        return max((run(job, given.failed) for job in jobs), default=0)
    print(f"cron: {len(jobs)} job(s) of {given.crontab}, times in UTC", flush=True)
    for job in due(jobs, lambda: datetime.now(UTC), time.sleep):
        run(job, given.failed)
    return 0


def _job(line: str) -> Job:
    *fields, command = line.split(maxsplit=FIELDS)
    if len(fields) != FIELDS:
        raise ValueError(f"the line {line!r} has fewer than five fields and a command")
    when = " ".join(fields)
    try:
        CronSim(when, datetime.now(UTC))
    except CronSimError as exc:
        raise ValueError(f"the line {line!r} can't be read: {exc}") from exc
    return Job(when, command)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


if __name__ == "__main__":
    sys.exit(main())
