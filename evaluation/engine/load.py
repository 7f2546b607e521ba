"""Callers that keep asking the service, and what each of their requests came to."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx2
import orjson

from evaluation.callers import any_number, going_on


class Came(StrEnum):
    """What became of a request."""

    BY_ENGINE = "by engine"  # a verified call that the engine wrote
    DEGRADED = "degraded"  # a verified call by `grounded`, which stood in and said so
    OTHER = "other 200"  # unverified, or no match
    BUSY = "429"
    REFUSED = "other 4xx"
    FAILED = "5xx"
    LEFT = "left"  # the caller left on purpose
    LOST = "lost"  # no response, or one that breaks off


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as its caller saw it; times in seconds of the monotonic clock."""

    came: Came
    began: float
    ended: float
    said: str = ""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


@dataclass(slots=True)
class Load:
    """Callers of one service. They ask for instructions in turn; every other request streams."""

    url: str
    instructions: Sequence[str]
    max_tokens: int = 256
    seen: list[Seen] = field(default_factory=list)

    def going_on(self, callers: int) -> AbstractAsyncContextManager[None]:
        """Keep that many callers asking while the block runs; every request is waited for at the end."""
        return going_on(self.ask, callers)

    async def at_once(self, count: int) -> None:
        """That many requests in one moment."""
        async with any_number() as client:
            await asyncio.gather(*(self.ask(client, number) for number in range(count)))

    async def leaving(self, count: int, after: float) -> None:
        """That many requests in one moment, whose callers close the connection after so many seconds."""

        async def one(client: httpx2.AsyncClient, number: int) -> None:
            began = time.monotonic()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(after):
                    await self.ask(client, number)
                    return
            self.seen.append(Seen(Came.LEFT, began, time.monotonic()))

        async with any_number() as client:
            await asyncio.gather(*(one(client, number) for number in range(count)))

    async def ask(self, client: httpx2.AsyncClient, number: int) -> None:
        """One request, and what came of it."""
        body = {
            "instruction": self.instructions[number % len(self.instructions)],
            "max_tokens": self.max_tokens,
            "temperature": 1.0,
            "stream": number % 2 == 1,
        }
        began = time.monotonic()
        try:
            async with client.stream("POST", f"{self.url}/generate_call", json=body) as response:
                content = await response.aread()
            came, said = _came(response.status_code, content, streamed=bool(body["stream"]))
        except httpx2.TransportError as exc:
            came, said = Came.LOST, f"{type(exc).__name__}: {exc}"
        self.seen.append(Seen(came, began, time.monotonic(), said))
        if came in (Came.BUSY, Came.LOST):
            await asyncio.sleep(0.2)  # a caller that was turned away doesn't hammer

    def first_by_engine(self, since: float) -> Seen | None:
        """The first request begun since then that the engine answered."""
        return next((one for one in self.seen if one.began >= since and one.came is Came.BY_ENGINE), None)


def counted(seen: Iterable[Seen], limit: float) -> dict[str, Any]:
    """How many requests came to what; `hangs` took longer than `limit` seconds."""
    every = list(seen)
    came = Counter(one.came for one in every)
    return {
        "requests": len(every),
        **{str(kind): came[kind] for kind in Came},
        "hangs": sum(one.seconds > limit for one in every),
        "max s": round(max((one.seconds for one in every), default=0.0), 2),
    }


def _came(status: int, content: bytes, *, streamed: bool) -> tuple[Came, str]:
    if status == 429:
        return Came.BUSY, ""
    if status >= 400:
        return Came.FAILED if status >= 500 else Came.REFUSED, content.decode(errors="replace")[:500]
    if streamed:
        name, answer = _last_event(content)
        if name == "error":
            return Came.FAILED, str(answer)[:500]
        if name != "result":
            return Came.LOST, f"the stream ended after {name!r}"
    else:
        answer = orjson.loads(content)
    if answer["status"] != "verified":
        return Came.OTHER, str(answer["verification"])[:500]
    degraded = answer["generator"]["degraded"]
    return (Came.DEGRADED, str(answer["generator"]["reason"])) if degraded else (Came.BY_ENGINE, "")


def _last_event(content: bytes) -> tuple[str, Any]:
    whole, _, _ = content.decode().rpartition("\n\n")
    name, answer = "", None
    for line in whole.rpartition("\n\n")[2].splitlines():
        kind, _, value = line.partition(": ")
        if kind == "event":
            name = value
        elif kind == "data":
            answer = orjson.loads(value)
    return name, answer
