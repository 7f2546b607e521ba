"""A steady load: callers who ask, wait a little, and ask again; which version answered each of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2


@dataclass(slots=True)
class Steady:
    """What callers of a service saw: `answers` by index version, and what was said where there was none.

    `pause` is how many seconds a caller waits between two requests.
    """

    url: str
    instructions: Sequence[str]
    pause: float
    answers: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    slowest: float = 0.0

    async def ask(self, client: httpx2.AsyncClient, number: int) -> None:
        """One request, and what came of it: anything but an answer with status 200 is a failure."""
        body = {"instruction": self.instructions[number % len(self.instructions)]}
        began = time.monotonic()
        try:
            response = await client.post(f"{self.url}/generate_call", json=body)
        except httpx2.TransportError as exc:
            self.failed.append(f"{type(exc).__name__}: {exc}")
        else:
            if response.status_code == 200:
                self.answers[str(response.json()["index_version"])] += 1
            else:
                self.failed.append(f"{response.status_code}: {response.text[:500]}")
        self.slowest = max(self.slowest, time.monotonic() - began)
        await asyncio.sleep(self.pause)

    @property
    def requests(self) -> int:
        """How many there were."""
        return self.answers.total() + len(self.failed)
