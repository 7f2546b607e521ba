"""Budgets and paces, by a clock of their own."""

from __future__ import annotations

import anyio
import pytest

from finetune.teacher.spending import Budget, Pace, Prices, Purse, Usage


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def sent_at(pace: Pace, clock: Clock, *sizes: int) -> list[float]:
    """When each of several requests with so many tokens goes, in seconds from the first."""

    async def send() -> list[float]:
        times = []
        for size in sizes:
            await pace.wait(size)
            times.append(clock.now - 1000.0)
        return times

    return anyio.run(send)


def paced(**limits: int) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(clock=clock, sleep=clock.sleep, **limits), clock


def test_no_minute_has_more_requests_than_it_may() -> None:
    pace, clock = paced(requests=3)
    assert sent_at(pace, clock, *[1] * 7) == [0, 0, 0, 60, 60, 60, 120]


def test_no_minute_has_more_tokens_than_it_may() -> None:
    pace, clock = paced(tokens=100)
    assert sent_at(pace, clock, 60, 40, 1, 99, 100) == [0, 0, 60, 60, 120]


def test_a_request_larger_than_a_minute_goes_alone() -> None:
    pace, clock = paced(tokens=100)
    assert sent_at(pace, clock, 10, 500, 10) == [0, 60, 120]


def test_without_limits_nothing_waits() -> None:
    pace, clock = paced()
    assert sent_at(pace, clock, *[10**9] * 5) == [0] * 5
    assert pace.minutes(10**6, 10**9) == 0


def test_minutes_are_those_of_the_tighter_limit() -> None:
    assert Pace(10, 1_000).minutes(50, 2_000) == 5
    assert Pace(10, 1_000).minutes(5, 8_000) == 8


def test_a_purse_never_gives_more_than_its_tokens() -> None:
    purse = Purse(Budget(tokens=100), Prices())
    assert purse.reserve(Usage(50, 30))
    assert not purse.reserve(Usage(10, 11))
    assert purse.reserve(Usage(10, 10))
    purse.settle(Usage(50, 30), Usage(20, 5))
    assert purse.spent == Usage(20, 5)
    assert purse.reserve(Usage(0, 55))
    assert not purse.reserve(Usage(0, 1))


def test_a_purse_counts_money_by_its_prices() -> None:
    purse = Purse(Budget(money=1.0), Prices(prompt=2.0, completion=10.0))
    purse.count(Usage(200_000, 20_000))
    assert purse.cost == pytest.approx(0.6)
    assert not purse.reserve(Usage(0, 40_001))
    assert purse.reserve(Usage(0, 40_000))
    assert purse.has_reserved
    purse.settle(Usage(0, 40_000), Usage())
    assert not purse.has_reserved
