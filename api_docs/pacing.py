"""Long loops that let others go on: whoever opens very many docs beside requests rests now and then.

A loop over all docs says `for doc in paced(docs)`. It costs nothing unless somebody asked for pauses around
it; who does, and how long they are, is no business of the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

_Item = TypeVar("_Item")

_pause: ContextVar[Callable[[], None] | None] = ContextVar("callsmith_pause", default=None)


@contextmanager
def pausing(pause: Callable[[], None]) -> Iterator[None]:
    """Call `pause`, which may wait, between any two items of the long loops within this block."""
    token = _pause.set(pause)
    try:
        yield
    finally:
        _pause.reset(token)


def paced(items: Iterable[_Item]) -> Iterable[_Item]:
    """The items, with a pause between any two where one was asked for."""
    pause = _pause.get()
    return items if pause is None else _with_pauses(items, pause)


def _with_pauses(items: Iterable[_Item], pause: Callable[[], None]) -> Iterator[_Item]:
    for item in items:
        pause()
        yield item
