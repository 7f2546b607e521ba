"""When the engine is left alone, and when it is asked again."""

from __future__ import annotations

import pytest

from api_docs.errors import GeneratorUnavailable
from service.generators.breaker import Circuit, CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(3, clock)


def opened(breaker: CircuitBreaker) -> CircuitBreaker:
    for _ in range(3):
        breaker.check()
        breaker.failed("it is down")
    return breaker


def test_nothing_is_known_before_the_first_contact(breaker: CircuitBreaker) -> None:
    assert breaker.state.up is None
    assert breaker.state.circuit is Circuit.CLOSED
    breaker.check()


def test_failures_in_a_row_open_it_and_the_reason_is_told(breaker: CircuitBreaker) -> None:
    with pytest.raises(GeneratorUnavailable, match=r"3 times.*it is down"):
        opened(breaker).check()
    assert (breaker.state.up, breaker.state.problem) == (False, "it is down")


def test_a_success_between_failures_keeps_it_closed(breaker: CircuitBreaker) -> None:
    for _ in range(10):
        breaker.failed("odd")
        breaker.failed("odd")
        breaker.succeeded()
    breaker.check()
    assert breaker.state.problem is None


def test_after_the_rest_one_request_is_the_trial(breaker: CircuitBreaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 1.0
    breaker.check()
    with pytest.raises(GeneratorUnavailable):
        breaker.check()
    breaker.succeeded()
    breaker.check()
    assert breaker.state.up is True


def test_each_trial_that_fails_makes_the_rest_twice_as_long_up_to_a_limit(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    opened(breaker)
    for rest in (1.0, 2.0, 4.0, 8.0, 8.0):
        clock.now += rest - 0.001
        assert not breaker.may_try()
        clock.now += 0.001
        assert breaker.may_try()
        breaker.failed("still down")
    clock.now += 8.0
    assert breaker.may_try()
    breaker.succeeded()
    opened(breaker)
    clock.now += 1.0
    assert breaker.may_try()


def test_reserved_trials_are_not_made_by_requests(breaker: CircuitBreaker, clock: Clock) -> None:
    opened(breaker).trials_reserved = True
    clock.now += 60.0
    with pytest.raises(GeneratorUnavailable):
        breaker.check()
    assert breaker.may_try()


def test_a_trial_that_was_given_up_may_be_made_again_at_once(breaker: CircuitBreaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 1.0
    assert breaker.may_try()
    breaker.given_up()
    assert breaker.may_try()


def test_requests_that_began_before_it_opened_change_nothing_by_failing(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    opened(breaker)
    for _ in range(50):
        breaker.failed("one of many")
    clock.now += 1.0
    assert breaker.may_try()


def test_being_there_is_no_proof_of_writing(breaker: CircuitBreaker) -> None:
    breaker.reached()
    assert breaker.state.up is True
    breaker.failed("hung")
    breaker.reached()
    assert breaker.state.up is False
    breaker.failed("hung")
    breaker.reached()
    breaker.failed("hung")
    assert breaker.state.circuit is Circuit.OPEN
