"""What callers of a service saw within stretches of time."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

PAUSE: Final = 0.1
"""Seconds between an answer and its caller's next question."""


@dataclass(slots=True)
class Window:
    """The requests that ended within a stretch of time: seconds of each, how many failed, which versions."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    versions: set[str] = field(default_factory=set)

    @classmethod
    def joined(cls, windows: Iterable[Window]) -> Window:
        """All of them as one."""
        found = cls()
        for window in windows:
            found.seconds += window.seconds
            found.failed += window.failed
            found.versions |= window.versions
        return found

    @property
    def slowest_ms(self) -> float:
        """Milliseconds of the slowest request, 0 where there was none."""
        return round(1000 * max(self.seconds, default=0.0), 1)

    def figures(self) -> dict[str, Any]:
        """For a result, in milliseconds."""
        ranked = sorted(self.seconds)
        return {
            "requests": len(ranked),
            "failed": self.failed,
            "median_ms": round(1000 * statistics.median(ranked), 1) if ranked else None,
            "p99_ms": round(1000 * ranked[int(0.99 * (len(ranked) - 1))], 1) if ranked else None,
            "slowest_ms": self.slowest_ms,
        }


class Watched:
    """Asks one instruction after the other; what comes of it goes into the window that is open."""

    def __init__(self, url: str, instructions: Sequence[str]) -> None:
        self._url = url
        self._instructions = instructions
        self._window = Window()

    def next_window(self) -> Window:
        """Close the window, and open another; a request belongs to the one in which it ends."""
        closed, self._window = self._window, Window()
        return closed

    async def ask(self, client: httpx2.AsyncClient, number: int) -> None:
        """One request, and the pause of its caller after it."""
        body = {"instruction": self._instructions[number % len(self._instructions)]}
        began = time.perf_counter()
        try:
            response = await client.post(f"{self._url}/generate_call", json=body)
        except httpx2.TransportError:
            self._window.failed += 1
        else:
            self._window.seconds.append(time.perf_counter() - began)
            if response.status_code == 200:
                self._window.versions.add(response.json()["index_version"])
            else:
                self._window.failed += 1
        await asyncio.sleep(PAUSE)
