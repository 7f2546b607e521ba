"""What a teacher may cost: prices, a budget that is never gone past, and so many requests a minute.

Knows tokens, money and time. Knows nothing about requests or connections.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import anyio

_MILLION: Final = 1_000_000
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that were read and written."""

    prompt: int = 0
    completion: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.completion

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion)

    def __sub__(self, other: Usage) -> Usage:
        return Usage(self.prompt - other.prompt, self.completion - other.completion)


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in whatever money the budget is in."""

    prompt: float = 0.0
    completion: float = 0.0

    def cost(self, usage: Usage) -> float:
        """What these tokens cost."""
        return (usage.prompt * self.prompt + usage.completion * self.completion) / _MILLION


@dataclass(frozen=True, slots=True)
class Budget:
    """What all answers together may cost; None where there is no limit."""

    tokens: int | None = None
    money: float | None = None


class Purse:
    """Counts what was spent, and what requests on their way may cost at most."""

    def __init__(self, budget: Budget, prices: Prices) -> None:
        self.budget = budget
        self.prices = prices
        self.spent = Usage()
        self._reserved = Usage()

    @property
    def cost(self) -> float:
        """What was spent, as money."""
        return self.prices.cost(self.spent)

    @property
    def has_reserved(self) -> bool:
        """Whether anything is set aside."""
        return self._reserved.total > 0

    def reserve(self, most: Usage) -> bool:
        """Set aside what a request may cost at most; False where the budget doesn't have it."""
        together = self.spent + self._reserved + most
        tokens, money = self.budget.tokens, self.budget.money
        if (tokens is not None and together.total > tokens) or (
            money is not None and self.prices.cost(together) > money
        ):
            return False
        self._reserved += most
        return True

    def settle(self, most: Usage, used: Usage) -> None:
        """Put what a request did cost in the place of what was set aside for it."""
        self._reserved -= most
        self.spent += used

    def count(self, used: Usage) -> None:
        """Count what an answer cost that an earlier run got."""
        self.spent += used


class Pace:
    """Lets requests through so that no minute has more of them, or of their tokens, than it may.

    None: as many as come. A request with more tokens than a minute may have goes alone.
    """

    def __init__(
        self,
        requests: int | None = None,
        tokens: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.requests = requests
        self.tokens = tokens
        self._clock = clock
        self._sleep = sleep
        self._sent: deque[tuple[float, int]] = deque()  # when, and how many tokens
        self._turn = anyio.Lock()

    async def wait(self, tokens: int) -> None:
        """Wait until one more request with so many tokens may be sent, and count it."""
        async with self._turn:  # first come, first served
            while (pause := self._pause(tokens)) > 0:
                await self._sleep(pause)
            self._sent.append((self._clock(), tokens))

    def minutes(self, requests: int, tokens: int) -> float:
        """How long so much takes at least."""
        return max(
            requests / self.requests if self.requests else 0.0, tokens / self.tokens if self.tokens else 0.0
        )

    def _pause(self, tokens: int) -> float:
        """Seconds until the next request may go, or until it is worth looking again."""
        now = self._clock()
        while self._sent and self._sent[0][0] <= now - _MINUTE:
            self._sent.popleft()
        if not self._sent:
            return 0.0
        crowded = self.requests is not None and len(self._sent) >= self.requests
        heavy = self.tokens is not None and sum(size for _, size in self._sent) + tokens > self.tokens
        return self._sent[0][0] + _MINUTE - now if crowded or heavy else 0.0
