"""The circuit breaker that adapters share: when a neighbour is asked, and when it is left alone."""

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


def test_four_failures_in_a_row_are_borne() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit = circuit.asked().failed(NOW)

    assert circuit.admits(NOW)


def test_five_open_it_for_a_second() -> None:
    circuit = _opened()

    assert not circuit.admits(NOW)
    assert not circuit.admits(NOW + 0.999)
    assert circuit.admits(NOW + 1)


def test_a_success_in_between_begins_the_count_anew() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit = circuit.failed(NOW)
    circuit = circuit.succeeded()
    for _ in range(4):
        circuit = circuit.failed(NOW)

    assert circuit.admits(NOW)


def test_after_the_pause_one_question_is_let_through_and_no_more() -> None:
    circuit = _opened().asked()

    assert not circuit.admits(NOW + 100)


def test_where_that_one_is_answered_everybody_may_ask_again() -> None:
    circuit = _opened().asked().succeeded()

    assert circuit == Circuit()


def test_where_it_is_not_the_pause_doubles_up_to_half_a_minute() -> None:
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


# The breaker around real questions


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
    """Is nobody let through? Leaves no trace where somebody would be."""
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


def test_while_one_is_trying_others_are_refused(breaker: Breaker, seconds: Seconds) -> None:
    _fail(breaker, 5)
    seconds.now += 1

    with breaker.watch():
        assert _refused(breaker)
    assert not _refused(breaker)


def test_other_errors_are_nothing_the_neighbour_did(breaker: Breaker) -> None:
    for _ in range(10):
        with pytest.raises(ZeroDivisionError), breaker.watch():
            raise ZeroDivisionError

    assert not _refused(breaker)


def test_questions_that_were_waiting_when_it_opened_do_not_prolong_the_pause(
    breaker: Breaker, seconds: Seconds
) -> None:
    def fail_after_the_others() -> None:
        with breaker.watch():
            _fail(breaker, 5)
            raise NoAnswer("the last")

    with pytest.raises(NoAnswer, match="the last"):
        fail_after_the_others()

    seconds.now += 1
    assert not _refused(breaker)


def test_an_answer_that_was_asked_for_before_it_opened_does_not_close_it(breaker: Breaker) -> None:
    with breaker.watch():
        _fail(breaker, 5)

    assert _refused(breaker)
