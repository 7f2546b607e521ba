"""How long the steps of a request take; each step is a span of its trace, where traces are collected."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace

_tracer = trace.get_tracer("callsmith")


class Stopwatch:
    """Milliseconds per step, and in all; it runs from the start."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.laps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        began = time.perf_counter()
        with _tracer.start_as_current_span(name):
            try:
                yield
            finally:
                self.laps[name] = _milliseconds(began)

    @property
    def total(self) -> float:
        """Milliseconds since the start."""
        return _milliseconds(self._began)


def _milliseconds(since: float) -> float:
    return round(1000 * (time.perf_counter() - since), 3)
