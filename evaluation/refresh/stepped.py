"""Work in a process of its own that waits after every step until it may go on, and can be killed just there.

Processes are forked from one that has imported what takes seconds to import; no model is loaded in it, and no
thread runs there. Knows nothing of what the work is.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any, Final

from api_docs.errors import MeasurementFailed

PATIENCE: Final = 300.0
"""Seconds in which a step has to be done: the first may load a model beside much other work."""

Work = Callable[..., object]
"""Takes a function to call after each step, by keyword `step`, and other arguments."""


def forking(modules: Sequence[str]) -> ForkServerContext:
    """Where such processes come from; `modules` are imported there, once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    return context


class Stepped:
    """A process that does some work; it stands still after each step until it is told what next.

    A context manager, which leaves no process behind.
    """

    def __init__(self, context: ForkServerContext, work: Work, *arguments: Any) -> None:
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_do, args=(theirs, work, arguments), daemon=True)
        self._process.start()
        theirs.close()
        self._waits = False

    def __enter__(self) -> Stepped:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._ours.close()

    def go_on(self) -> None:
        """Let it go on, and don't wait for the next step."""
        if self._waits:
            self._ours.send("go on")
            self._waits = False

    def next_step(self) -> str | None:
        """Let it go on; the name of the step that is done then, None where the work has come to its end.

        Raises:
            MeasurementFailed: when the process ended by itself, or no step is done in time.
        """
        self.go_on()
        try:
            if not self._ours.poll(PATIENCE):
                raise MeasurementFailed(f"no step was done within {PATIENCE:g} s")
            name = self._ours.recv()
        except (EOFError, ConnectionError) as exc:
            self._process.join()
            raise MeasurementFailed(f"the process ended with {self._process.exitcode}") from exc
        self._waits = name is not None
        return str(name) if self._waits else None

    def until(self, step: str) -> None:
        """Let it go on until this step is done.

        Raises:
            MeasurementFailed: when it comes to its end without it.
        """
        while (name := self.next_step()) != step:
            if name is None:
                raise MeasurementFailed(f"the work ended without the step {step!r}")

    def to_the_end(self) -> list[str]:
        """Let it go on to its end; the names of the steps that were left."""
        found = []
        while (name := self.next_step()) is not None:
            found.append(name)
        return found

    def result(self) -> Any:
        """What the work came to, once it is at its end.

        Raises:
            MeasurementFailed: when it failed.
        """
        try:
            succeeded, value = self._ours.recv()
        except (EOFError, ConnectionError) as exc:
            self._process.join()
            raise MeasurementFailed(f"the process ended with {self._process.exitcode}") from exc
        if not succeeded:
            raise MeasurementFailed(f"the work failed: {value}")
        return value

    def kill(self) -> int | None:
        """SIGKILL; the exit status, which is -9 unless it had ended before."""
        self._process.kill()
        self._process.join()
        return self._process.exitcode


def _do(connection: Connection, work: Work, arguments: Sequence[Any]) -> None:
    def step(name: str) -> None:
        connection.send(name)
        connection.recv()

    try:
        outcome = (True, work(*arguments, step=step))
    except Exception as exc:  # whatever it is, whoever measures has to hear of it
        outcome = (False, f"{type(exc).__name__}: {exc}")
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        connection.send(None)
        connection.send(outcome)
    connection.close()
