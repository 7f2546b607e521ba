"""How long the steps of a request take; each step is a span of its trace, where traces are collected."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode

from api_docs.errors import CallsmithError

_tracer = trace.get_tracer("callsmith")


class Stopwatch:
    """Milliseconds per step, and in all; it runs from the start."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.laps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step.

        The span of one that fails says the kind of error; its message may repeat people's words.
        """
        began = time.perf_counter()
        with _tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as exc:
                kind = exc.code if isinstance(exc, CallsmithError) else type(exc).__qualname__
                fail(span, kind)
                raise
            finally:
                self.laps[name] = _milliseconds(began)

    @property
    def total(self) -> float:
        """Milliseconds since the start."""
        return _milliseconds(self._began)


def fail(span: Span, kind: str) -> None:
    """Mark a span as failed, with the kind of error and without its words."""
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)


def _milliseconds(since: float) -> float:
    return round(1000 * (time.perf_counter() - since), 3)
