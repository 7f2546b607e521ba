"""Whether the engine is to be asked at all: a circuit breaker, and what is known of the engine's state.

After some failures in a row the circuit opens: requests are told at once that the engine rests, instead of
waiting for it in vain. After a rest one trial decides whether the circuit closes again or the next rest is
longer. Knows no engine, no HTTP and no event loop.

Source of the pattern: M. Nygard, Release It!, 2nd edition, section 5.2.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from api_docs.errors import GeneratorUnavailable

_FIRST_REST: Final = 1.0
"""Seconds before the first trial; each rest that follows is twice as long."""
_LONGEST_REST: Final = 8.0


class Circuit(StrEnum):
    """Whether requests reach the engine; `HALF_OPEN` while one trial decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class EngineState:
    """What is known of the engine: `up` is None before the first contact, `problem` what was last wrong."""

    up: bool | None
    circuit: Circuit
    problem: str | None
    since: datetime


class CircuitBreaker:
    """Counts failures in a row. For one event loop; opens after `failures` of them.

    With `trials_reserved` only who asks for a trial by `may_try` makes one (a monitor does, so that no
    request has to pay for it); without, the first request after the rest is the trial.
    """

    def __init__(self, failures: int = 5, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._clock = clock
        self._in_a_row = 0
        self._rest = _FIRST_REST
        self._rests_until = 0.0
        self._circuit = Circuit.CLOSED
        self._problem: str | None = None
        self._up: bool | None = None
        self._since = datetime.now(UTC)
        self.trials_reserved = False

    @property
    def state(self) -> EngineState:
        """What is known now."""
        return EngineState(self._up, self._circuit, self._problem, self._since)

    def check(self) -> None:
        """Let a request through, or not.

        Raises:
            GeneratorUnavailable: while the engine rests; the message says what was wrong with it.
        """
        if self._circuit is Circuit.CLOSED or (not self.trials_reserved and self.may_try()):
            return
        raise GeneratorUnavailable(
            f"the engine is left alone after failing {self._limit} times: {self._problem}"
        )

    def may_try(self) -> bool:
        """Whether it is time for a trial, which then has begun; its outcome must be told."""
        if self._circuit is not Circuit.OPEN or self._clock() < self._rests_until:
            return False
        self._circuit = Circuit.HALF_OPEN
        return True

    def reached(self) -> None:
        """The engine was there; that it can write is not shown by that."""
        if self._circuit is Circuit.CLOSED and not self._in_a_row:
            self._is(up=True)

    def succeeded(self) -> None:
        """The engine wrote an answer."""
        self._in_a_row = 0
        self._rest = _FIRST_REST
        self._circuit, self._problem = Circuit.CLOSED, None
        self._is(up=True)

    def failed(self, problem: str) -> None:
        """The engine could not be reached, took too long, or wrote what can't be read."""
        self._in_a_row += 1
        self._problem = problem
        self._is(up=False)
        if self._circuit is Circuit.HALF_OPEN or (
            self._circuit is Circuit.CLOSED and self._in_a_row >= self._limit
        ):
            self._circuit = Circuit.OPEN
            self._rests_until = self._clock() + self._rest
            self._rest = min(2 * self._rest, _LONGEST_REST)

    def given_up(self) -> None:
        """A request was cancelled, so that nothing is known; a trial may be made anew at once."""
        if self._circuit is Circuit.HALF_OPEN:
            self._circuit = Circuit.OPEN

    def _is(self, *, up: bool) -> None:
        if up is not self._up:
            self._up, self._since = up, datetime.now(UTC)
