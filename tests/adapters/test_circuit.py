"""The circuit breaker that adapters share: when requests go to a neighbour, and when not."""

from contextlib import suppress

import pytest

from adapters.outgoing.breaker import (
    FAILURES_TO_OPEN,
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Breaker,
    Circuit,
    CircuitOpen,
    NoAnswer,
)
from tests.support.registrations import Seconds

NOW = 1_000.0


def _opened(now: float = NOW) -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES_TO_OPEN):
        circuit = circuit.asked().failed(now)
    return circuit


def test_four_failures_in_a_row_leave_the_circuit_closed() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit = circuit.asked().failed(NOW)

    assert circuit.admits(NOW)


def test_five_failures_open_it_for_a_second() -> None:
    circuit = _opened()

    assert not circuit.admits(NOW)
    assert not circuit.admits(NOW + 0.999)
    assert circuit.admits(NOW + 1)


def test_a_success_in_between_resets_the_count() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit = circuit.failed(NOW)
    circuit = circuit.succeeded()
    for _ in range(4):
        circuit = circuit.failed(NOW)

    assert circuit.admits(NOW)


def test_after_the_pause_one_trial_request_is_allowed() -> None:
    circuit = _opened().asked()

    assert not circuit.admits(NOW + 100)


def test_an_answer_to_the_trial_request_closes_the_circuit() -> None:
    circuit = _opened().asked().succeeded()

    assert circuit == Circuit()


def test_a_failed_trial_request_doubles_the_pause_up_to_half_a_minute() -> None:
    circuit, now, pauses = _opened(), NOW, []
    for _ in range(8):
        pauses.append(circuit.retry_at - now)
        now = circuit.retry_at
        circuit = circuit.asked().failed(now)

    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS) == (1, 30)


def test_it_may_stay_open_for_ever() -> None:
    circuit = _opened()
    for _ in range(5_000):
        circuit = circuit.asked().failed(NOW)

    assert circuit.retry_at == NOW + LONGEST_PAUSE_SECONDS


def test_when_the_caller_that_tried_goes_away_the_next_may_try() -> None:
    circuit = _opened().asked().abandoned()

    assert circuit.admits(NOW + 1)
    assert not circuit.admits(NOW)


# The breaker around real calls


@pytest.fixture
def seconds() -> Seconds:
    return Seconds(NOW)


@pytest.fixture
def breaker(seconds: Seconds) -> Breaker:
    return Breaker("part", seconds=seconds)


def _fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(NoAnswer, match="timed out"), breaker.watch():
            raise NoAnswer("timed out")


def _refused(breaker: Breaker) -> bool:
    """Is the circuit open? If it is closed, the check leaves no trace."""
    try:
        _go_away(breaker)
    except CircuitOpen:
        return True
    return False


def _go_away(breaker: Breaker) -> None:
    with suppress(ConnectionAbortedError), breaker.watch():
        raise ConnectionAbortedError


def test_it_learns_from_failures(breaker: Breaker, seconds: Seconds) -> None:
    _fail(breaker, 5)
    assert _refused(breaker)

    seconds.now += 1
    assert not _refused(breaker)

    _fail(breaker)
    seconds.now += 1.9
    assert _refused(breaker)
    seconds.now += 0.1
    with breaker.watch():
        pass
    _fail(breaker, 4)
    assert not _refused(breaker)


def test_during_the_trial_request_others_are_refused(breaker: Breaker, seconds: Seconds) -> None:
    _fail(breaker, 5)
    seconds.now += 1

    with breaker.watch():
        assert _refused(breaker)
    assert not _refused(breaker)


def test_other_errors_are_no_failures_of_the_neighbour(breaker: Breaker) -> None:
    for _ in range(10):
        with pytest.raises(ZeroDivisionError), breaker.watch():
            raise ZeroDivisionError

    assert not _refused(breaker)


def test_calls_in_flight_when_it_opened_do_not_extend_the_pause(breaker: Breaker, seconds: Seconds) -> None:
    def fail_after_the_others() -> None:
        with breaker.watch():
            _fail(breaker, 5)
            raise NoAnswer("the last")

    with pytest.raises(NoAnswer, match="the last"):
        fail_after_the_others()

    seconds.now += 1
    assert not _refused(breaker)


def test_an_answer_to_a_call_from_before_it_opened_does_not_close_it(breaker: Breaker) -> None:
    with breaker.watch():
        _fail(breaker, 5)

    assert _refused(breaker)
