"""A client whose time is made: it waits without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from api_docs.upstreams.client import Client


@dataclass
class Clock:
    """Time that passes only while somebody waits. `step` seconds pass with every look at it."""

    time: float = 0.0
    step: float = 0.0
    waits: list[float] = field(default_factory=list)

    def now(self) -> float:
        self.time += self.step
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


class NewClient(Protocol):
    def __call__(self, **options: Any) -> Client: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_client(tmp_path: Path, clock: Clock) -> Iterator[NewClient]:
    """Makes clients that share a cache and a clock, as the runs of several nights do."""
    with ExitStack() as stack:

        def make(**options: Any) -> Client:
            given = {"sleep": clock.sleep, "now": clock.now, **options}
            return stack.enter_context(Client(tmp_path / "cache", **given))

        yield make


@pytest.fixture
def client(new_client: Callable[..., Client]) -> Client:
    return new_client()
