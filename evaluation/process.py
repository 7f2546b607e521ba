"""Programs that measurements and tests start: in a session of their own, watched, ended to the last process.

Knows processes, ports and affinity. What the programs are is told elsewhere (`served`, `engine.vllm`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from api_docs.errors import MeasurementFailed

TAIL_LINES: Final = 20
"""Lines of a program's log that an error quotes."""
_POLL: Final = 0.1
"""Seconds between two looks at what a program does."""
_TERM_SECONDS: Final = 20.0
"""What a program gets between SIGTERM and SIGKILL."""
_KILL_SECONDS: Final = 20.0
"""What the kernel gets to take killed processes away; a process in uninterruptible sleep takes a while."""
_PIN: Final = (
    "import os, sys; os.sched_setaffinity(0, map(int, sys.argv[1].split(','))); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)
"""Pins itself to cores, then becomes the program: so that no thread of it ever runs elsewhere."""


def free_port() -> int:
    """A port of loopback that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A command that runs in a session of its own, from `start` until `close`; a context manager does both.

    `cores` are those it may run on, all where it is None. Its output goes to a file, `log`.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        cores: Collection[int] | None = None,
    ) -> None:
        self.name = name
        self.command = tuple(command)
        self.environment = dict(environment)
        self._cores = cores
        self._process: subprocess.Popen[bytes] | None = None
        handle, path = tempfile.mkstemp(prefix=f"callsmith-{name}-", suffix=".log")
        os.close(handle)
        self.log = Path(path)
        self._keep_log = False

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it and wait until it is ready; `ready` says when."""
        command = list(self.command)
        if self._cores is not None:
            command = [sys.executable, "-c", _PIN, ",".join(map(str, self._cores)), *command]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the commands are ours
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def close(self) -> None:
        """End every process of it, and remove its log unless an error has named it.

        Raises:
            MeasurementFailed: naming the processes that are left.
        """
        left = self.end()
        if not self._keep_log:
            self.log.unlink(missing_ok=True)
        if left:
            shown = ", ".join(map(str, sorted(left)))
            raise MeasurementFailed(
                f"{self.name}: processes {shown} outlived SIGKILL; look at them with `ps`"
            )

    def end(self) -> frozenset[int]:
        """SIGTERM, then SIGKILL; the ids of processes that are left even so. The log is kept."""
        if self._process is None:
            return frozenset()
        self.signal(signal.SIGCONT)  # one that is stopped would not see SIGTERM
        self.signal(signal.SIGTERM)
        if not self._gone(_TERM_SECONDS):
            self.signal(signal.SIGKILL)
            self._gone(_KILL_SECONDS)
        left = self.pids
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_POLL)
        self._process = None
        return left

    @property
    def pid(self) -> int:
        """The id of the process that was started, and of its session.

        Raises:
            MeasurementFailed: when it was not started.
        """
        if self._process is None:
            raise MeasurementFailed(f"{self.name} does not run; start it")
        return self._process.pid

    @property
    def pids(self) -> frozenset[int]:
        """The ids of all its processes that live: those of its session."""
        if self._process is None:
            return frozenset()
        self._process.poll()  # takes a dead one off the table
        return frozenset(filter(self._is_ours, psutil.pids()))

    @property
    def status(self) -> int | None:
        """The exit status, None while it runs."""
        return None if self._process is None else self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of it."""
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self) -> None:
        """Hang it: SIGSTOP. Connections stay open, nothing answers."""
        self.signal(signal.SIGSTOP)

    def cont(self) -> None:
        """Let it run on."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL to all of it, as a machine that loses power.

        Raises:
            MeasurementFailed: when something is left.
        """
        self.signal(signal.SIGKILL)
        if not self._gone(_KILL_SECONDS):
            raise MeasurementFailed(f"{self.name}: processes {sorted(self.pids)} outlived SIGKILL")

    def wait_until(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until `ready` says so, as long as the program lives.

        Raises:
            MeasurementFailed: with the end of its log, when it ends or takes longer than `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if (status := self.status) is not None:
                raise self._failure(f"ended with {status} before it was {what}")
            if time.monotonic() > deadline:
                raise self._failure(f"was not {what} within {seconds:g} s")
            time.sleep(_POLL)

    def _failure(self, what: str) -> MeasurementFailed:
        self._keep_log = True
        return MeasurementFailed(f"{self.name} {what}; its log, {str(self.log)!r}, ends with:\n{self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])

    def _is_ours(self, pid: int) -> bool:
        try:
            return os.getsid(pid) == self.pid and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except (ProcessLookupError, PermissionError, psutil.Error):
            return False

    def _gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pids:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        return True
