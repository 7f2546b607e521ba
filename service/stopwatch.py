"""How long the steps of a request take."""

from __future__ import annotations

import time


class Stopwatch:
    """Milliseconds per step, and in all; it runs from the start."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, step: str) -> None:
        """End a step: what passed since the last one is its time."""
        now = time.perf_counter()
        self.laps[step] = round(1000 * (now - self._last), 3)
        self._last = now

    @property
    def total(self) -> float:
        """Milliseconds since the start."""
        return round(1000 * (time.perf_counter() - self._began), 3)
