"""What lets a version be opened, and an old one go, beside requests that hardly notice.

All threads of a process share one interpreter. Three things would hold it while very many docs come and go: a
thread that computes keeps it for 5 ms each time another wants it, and a request wants it a dozen times; the
collector of garbage goes through all that lives, of both versions; and whoever leaves a version last frees
all of it in one go. What that is worth with 100,000 docs: `evaluation/results/refresh/`.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final

from api_docs.pacing import pausing
from service.served import Served

TURN: Final = 0.000_05
"""Seconds after which a thread that computes lets another one go on, while a version is opened."""
_WORK, _REST = 0.001, 0.004
"""Seconds of work, and of rest after it, with many docs: requests have the interpreter four fifths of the
time, and the work takes five times as long."""
_WAIT: Final = 2.0
"""Seconds that are waited for the requests which still have an old version, before they are asked again."""
_GIVEN: Final = 60.0
"""Seconds after which a version that is still in use is left to its user to free."""
_LOOK: Final = 0.05
"""Seconds between two looks whether it is."""


@contextlib.contextmanager
def in_short_turns() -> Iterator[None]:
    """Let other threads go on soon while the block runs, and the collector of garbage wait for its end.

    Long loops within it that are `paced` rest when it is time to.
    """
    interval, collecting = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(TURN)
    gc.disable()
    try:
        with pausing(_Resting()):
            yield
        here_to_stay()
    finally:
        sys.setswitchinterval(interval)
        if collecting:
            gc.enable()


class _Resting:
    """Rests after some work, whenever it is called."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + _WORK

    def __call__(self) -> None:
        if time.perf_counter() > self._until:
            time.sleep(_REST)
            self._until = time.perf_counter() + _WORK


def here_to_stay() -> None:
    """Let the collector never look again at what there is now: a version lives for a day, and is no garbage.

    It is freed all the same when the last one lets go of it.
    """
    gc.freeze()


class Remains:
    """What an old version consists of, held so that it is not freed in one go by whoever leaves it last."""

    def __init__(self, served: Served) -> None:
        self._since = time.monotonic()
        self._in_use: list[Callable[[], object | None]] = [weakref.ref(served), weakref.ref(served.catalogue)]
        self._parts: list[Any] = [
            part
            for whole in (served, served.catalogue)
            for part in vars(whole).values()
            if isinstance(part, dict | list | tuple)
        ]

    def let_go(self, ended: threading.Event) -> bool:
        """Free it piece by piece once no request has it any more; says whether there is nothing left to do.

        As long as one has it nothing is touched: it may be reading just that.
        """
        until = time.monotonic() + _WAIT
        while any(one() is not None for one in self._in_use):
            if time.monotonic() > until or ended.wait(_LOOK):
                return ended.is_set() or until - self._since > _GIVEN
        rest = _Resting()
        while self._parts:
            _free(self._parts.pop(), rest)
        return True


def _free(part: Any, rest: Callable[[], None]) -> None:
    """Drop what a container holds, one by one."""
    held = part if isinstance(part, dict) else list(part)
    del part
    drop = held.popitem if isinstance(held, dict) else held.pop
    while held:
        drop()
        rest()
