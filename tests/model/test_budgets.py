"""How many numbers, codes and failures one fan may have."""

from datetime import datetime, timedelta

import pytest

from domain.model.ids import CampaignId
from domain.model.registrations.budgets import HOLD, FanLimits, FanUsage, NumberDigest, number_digest
from domain.model.registrations.errors import BudgetUsedUp
from domain.model.registrations.phones import PhoneNumber
from tests.support.registrations import DAY, HOUR, KEY, MINUTE, NOON, SECOND, TOUR

LIMITS = FanLimits(numbers_per_day=10, codes_per_day=10)
A, B, *OTHERS = (NumberDigest(f"number-{name}") for name in "abcdefghijklmnop")


def used(usage: FanUsage, *numbers: NumberDigest, campaign: str = TOUR, at: datetime = NOON) -> FanUsage:
    for number in numbers:
        usage = usage.use(CampaignId(campaign), number, LIMITS, at)
    return usage


def sent(usage: FanUsage, number: NumberDigest, at: datetime) -> FanUsage:
    usage, permit = usage.send(number, LIMITS, at)
    assert permit.granted
    return usage


def wait(usage: FanUsage, number: NumberDigest, at: datetime) -> timedelta:
    """The time from ``at`` until a code may be sent."""
    _, permit = usage.send(number, LIMITS, at)
    return timedelta() if permit.granted else permit.resend_after - at


def test_a_fan_can_use_five_numbers_in_a_campaign() -> None:
    usage = used(FanUsage(), *OTHERS[:5])

    with pytest.raises(BudgetUsedUp) as refused:
        used(usage, A, at=NOON + 30 * DAY)
    assert refused.value.context == {"budget": "numbers_per_campaign", "retryAfter": 86_400}
    assert used(usage, OTHERS[0], at=NOON + 30 * DAY).numbers[-1].number == OTHERS[0]


def test_a_fan_can_use_ten_numbers_a_day_over_all_campaigns() -> None:
    usage = used(used(FanUsage(), *OTHERS[:5]), *OTHERS[5:10], campaign="second", at=NOON + HOUR)

    with pytest.raises(BudgetUsedUp) as refused:
        used(usage, A, campaign="third", at=NOON + 2 * HOUR)
    assert refused.value.context == {"budget": "numbers_per_day", "retryAfter": 22 * 3_600}
    used(usage, OTHERS[0], campaign="third", at=NOON + 2 * HOUR)
    used(usage, A, campaign="third", at=NOON + DAY)


def test_a_repeated_number_counts_once() -> None:
    usage = FanUsage()
    for minute in range(50):
        usage = used(usage, A, B, at=NOON + minute * MINUTE)

    assert len(usage.numbers) == 2


def test_pauses_to_one_number_grow_with_other_sends_between_them() -> None:
    usage = sent(sent(FanUsage(), A, NOON), B, NOON + SECOND)

    assert wait(usage, A, NOON + 2 * SECOND) == 28 * SECOND
    usage = sent(usage, A, NOON + 30 * SECOND)
    assert wait(usage, A, NOON + 30 * SECOND) == MINUTE
    assert wait(usage, B, NOON + 31 * SECOND) == timedelta()


def test_one_fan_can_have_three_codes_an_hour_and_five_a_day_sent_to_a_number() -> None:
    usage, now = FanUsage(), NOON
    for _ in range(3):
        usage, now = sent(usage, A, now), now + 5 * MINUTE
    assert wait(usage, A, now) == NOON + HOUR - now
    for _ in range(2):
        now += HOUR
        usage = sent(usage, A, now)
    assert wait(usage, A, now + 2 * HOUR) == NOON + DAY - (now + 2 * HOUR)


def test_one_fan_can_have_ten_codes_a_day_sent_to_all_numbers_together() -> None:
    usage = FanUsage()
    for minute, number in enumerate(OTHERS[:10]):
        usage = sent(usage, number, NOON + minute * MINUTE)

    with pytest.raises(BudgetUsedUp) as refused:
        usage.send(A, LIMITS, NOON + HOUR)
    assert refused.value.context == {"budget": "codes_per_day", "retryAfter": 23 * 3_600}
    sent(usage, A, NOON + DAY)


def test_a_held_send_counts_until_it_is_sent_or_the_hold_ends() -> None:
    usage = FanUsage()
    for number in OTHERS[:9]:
        usage = sent(usage, number, NOON)
    usage, first = usage.hold(A, LIMITS, NOON)
    usage, joined = usage.hold(A, LIMITS, NOON + SECOND)

    assert first.granted
    assert joined.granted
    with pytest.raises(BudgetUsedUp):
        usage.hold(B, LIMITS, NOON + SECOND)
    assert usage.hold(B, LIMITS, NOON + HOLD)[1].granted
    assert [send.held for send in sent(usage, A, NOON).sends] == [False] * 10


def test_a_send_without_a_sent_code_is_removed() -> None:
    usage = sent(FanUsage(), A, NOON)

    assert usage.take_back(usage.sends[0]) == FanUsage()


def test_after_five_exhausted_challenges_a_day_no_more_attempts_and_codes() -> None:
    usage = FanUsage()
    for minute in range(5):
        usage = usage.exhaust(NOON + minute * MINUTE)

    for asked in (lambda: usage.check_failures(NOON + HOUR), lambda: usage.send(A, LIMITS, NOON + HOUR)):
        with pytest.raises(BudgetUsedUp) as refused:
            asked()
        assert refused.value.context == {"budget": "failures_per_day", "retryAfter": 23 * 3_600}
    usage.check_failures(NOON + DAY)


def test_a_digest_is_the_same_for_all_spellings_and_depends_on_the_key() -> None:
    spellings = [PhoneNumber("+541155551234"), PhoneNumber("+5491155551234")]

    assert len({number_digest(spelling, KEY) for spelling in spellings}) == 1
    assert number_digest(spellings[0], KEY) != number_digest(spellings[0], KEY[1:])
    assert number_digest(PhoneNumber("+12015550123"), KEY) != number_digest(PhoneNumber("+12015550124"), KEY)
