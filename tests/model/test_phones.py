"""How often codes may be sent to a number, the pauses, and blocks by other fans (entry-service REQ-009)."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.model.ids import UserId
from domain.model.registrations.phones import Failure, PhoneRecord, SendLimits, SendLog, resend_at
from tests.support.registrations import ANN, DAY, HOUR, MINUTE, NOON, SECOND, TICK

LIMITS = SendLimits(per_hour=5, per_day=10)
TTL = DAY
BOB, CAT, DAN, EVE = (UserId(name) for name in ("bob", "cat", "dan", "eve"))


def _log(*minutes: int) -> SendLog:
    """A log with sends at these minutes before noon."""
    return SendLog(sent=tuple(NOON - minute * MINUTE for minute in sorted(minutes, reverse=True)))


def test_a_new_number_may_be_sent_a_code_now() -> None:
    assert SendLog().next_at(LIMITS, NOON) == NOON


def test_after_four_codes_in_an_hour_one_is_left() -> None:
    assert _log(1, 2, 3, 4).next_at(LIMITS, NOON) == NOON


def test_after_five_codes_in_an_hour_the_next_waits_until_the_first_is_an_hour_old() -> None:
    assert _log(1, 2, 3, 4, 50).next_at(LIMITS, NOON) == NOON + 10 * MINUTE


def test_a_code_that_is_an_hour_old_does_not_count_for_the_hour() -> None:
    assert _log(1, 2, 3, 4, 60).next_at(LIMITS, NOON) == NOON
    assert _log(1, 2, 3, 4).next_at(LIMITS, NOON - TICK) == NOON - TICK


def test_after_ten_codes_in_a_day_the_next_waits_until_the_first_is_a_day_old() -> None:
    hours = [60 * hour for hour in range(2, 12)]

    assert _log(*hours).next_at(LIMITS, NOON) == NOON - 11 * HOUR + DAY


def test_the_later_of_hour_and_day_decides() -> None:
    both = _log(1, 2, 3, 4, 5, *(60 * hour for hour in range(2, 7)))

    assert both.next_at(LIMITS, NOON) == NOON - 6 * HOUR + DAY


def test_sends_that_are_a_day_old_are_removed() -> None:
    log = _log(24 * 60, 24 * 60 - 1).record(NOON)

    assert log.sent == (NOON - DAY + MINUTE, NOON)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(waits=st.lists(st.integers(0, 7_200), max_size=60), limits=st.tuples(st.integers(1, 6), st.integers(1, 12)))
def test_no_hour_and_no_day_has_more_codes_than_its_limit(waits: list[int], limits: tuple[int, int]) -> None:
    allowed = SendLimits(per_hour=limits[0], per_day=limits[1])
    log, now, sent = SendLog(), NOON, []
    for wait in waits:
        now += wait * SECOND
        if log.next_at(allowed, now) == now:
            log = log.record(now)
            sent.append(now)

    assert all(_within(sent, at, HOUR) <= allowed.per_hour for at in sent)
    assert all(_within(sent, at, DAY) <= allowed.per_day for at in sent)


def _within(sent: list[datetime], end: datetime, window: timedelta) -> int:
    return sum(end - window < at <= end for at in sent)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(minutes=st.lists(st.integers(0, 1_500), max_size=30))
def test_the_time_of_the_next_code_is_right(minutes: list[int]) -> None:
    log = _log(*minutes)
    told = log.next_at(LIMITS, NOON)

    assert log.next_at(LIMITS, told) == told
    if told > NOON:
        assert log.next_at(LIMITS, told - TICK) == told


@pytest.mark.parametrize(("sends", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 300), (5, 300), (50, 300)])
def test_the_pause_before_the_next_code_grows(sends: int, seconds: int) -> None:
    assert resend_at(NOON, sends) == NOON + seconds * SECOND


# REQ-009


def _failed(*by: UserId, each: timedelta = MINUTE) -> PhoneRecord:
    record = PhoneRecord()
    for count, user_id in enumerate(by):
        record = record.failed(user_id, NOON + count * each, TTL)
    return record


def test_a_number_without_failures_is_not_blocked() -> None:
    assert not PhoneRecord().blocked_for(ANN, NOON, TTL)


def test_failures_of_two_other_fans_do_not_block() -> None:
    assert not _failed(BOB, CAT).blocked_for(ANN, NOON + 2 * MINUTE, TTL)


@pytest.mark.parametrize("by", [(BOB, CAT, DAN), (BOB, BOB, CAT, DAN), (BOB, ANN, ANN, CAT, EVE)])
def test_failures_of_three_other_fans_block(by: tuple[UserId, ...]) -> None:
    assert _failed(*by).blocked_for(ANN, NOON + HOUR, TTL)


def test_one_other_fan_never_blocks_a_number_or_prolongs_a_block() -> None:
    """Also with several failures of one fan, as earlier releases stored them."""
    often = PhoneRecord(failures=tuple(Failure(by=BOB, at=NOON + number * MINUTE) for number in range(9)))
    assert not often.blocked_for(ANN, NOON + HOUR, TTL)
    assert not _failed(*[BOB] * 9, CAT).blocked_for(ANN, NOON + HOUR, TTL)

    blocked = _failed(BOB, CAT, DAN).failed(DAN, NOON + HOUR, TTL)
    assert not blocked.blocked_for(ANN, NOON + 2 * MINUTE + TTL, TTL)


@pytest.mark.parametrize("by", [(ANN, BOB, CAT), (ANN, ANN, BOB, ANN, CAT)])
def test_failures_of_a_fan_never_block_the_same_fan(by: tuple[UserId, ...]) -> None:
    record = _failed(*by)

    assert not record.blocked_for(ANN, NOON + HOUR, TTL)
    assert record.blocked_for(EVE, NOON + HOUR, TTL)


def test_the_block_lasts_from_the_third_failure_for_its_time() -> None:
    record = _failed(BOB, CAT, DAN)
    third = NOON + 2 * MINUTE

    assert record.blocked_for(ANN, third, TTL)
    assert record.blocked_for(ANN, third + TTL - TICK, TTL)
    assert not record.blocked_for(ANN, third + TTL, TTL)


def test_another_failure_prolongs_the_block() -> None:
    record = _failed(BOB, CAT, DAN, EVE, each=HOUR)

    assert record.blocked_for(ANN, NOON + 3 * HOUR + TTL - TICK, TTL)


def test_failures_too_far_apart_do_not_add_up() -> None:
    assert not _failed(BOB, CAT, DAN, each=TTL / 2).blocked_for(ANN, NOON + TTL, TTL)
    assert _failed(BOB, CAT, DAN, each=TTL / 2 - TICK).blocked_for(ANN, NOON + TTL, TTL)


def test_after_a_block_was_lifted_three_new_failures_are_needed() -> None:
    lifted = PhoneRecord()

    again = lifted.failed(BOB, NOON, TTL).failed(CAT, NOON, TTL)

    assert not again.blocked_for(ANN, NOON, TTL)
    assert again.failed(DAN, NOON, TTL).blocked_for(ANN, NOON, TTL)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    failures=st.lists(st.tuples(st.sampled_from([ANN, BOB, CAT, DAN, EVE]), st.integers(0, 30)), max_size=25),
    later=st.integers(0, 60),
)
def test_the_removal_of_old_failures_changes_no_answer(failures: list[tuple[UserId, int]], later: int) -> None:
    """The answers are compared with a simple search through all failures."""
    record, now = PhoneRecord(), NOON
    counted: dict[UserId, datetime] = {}
    for by, hours in failures:
        now += hours * HOUR
        record = record.failed(by, now, TTL)
        if by not in counted or counted[by] <= now - 2 * TTL:
            counted[by] = now
    asked = now + later * HOUR

    others = sorted(at for by, at in counted.items() if by != ANN)
    blocked = any(
        last - first < TTL and asked < last + TTL for first, last in zip(others, others[2:], strict=False)
    )
    assert record.blocked_for(ANN, asked, TTL) == blocked


def test_old_failures_are_removed() -> None:
    record = _failed(*(UserId(f"fan-{number}") for number in range(200)), each=HOUR)

    assert len(record.failures) == 48
    assert all(first.at < second.at for first, second in pairwise(record.failures))
