"""What one fan may use of other people's patience: numbers, codes, and failures."""

import asyncio
from dataclasses import dataclass

import pytest

from domain.model.registrations.confirmation import MAX_ATTEMPTS
from domain.model.registrations.errors import (
    BudgetUsedUp,
    ConfirmationExpired,
    EntryNotFound,
    PhoneUnavailable,
    WrongConfirmationCode,
)
from tests.support.registrations import DAY, LAX, MINUTE, SECOND, TICK
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.wiring import CODE_TTL


@dataclass(frozen=True, slots=True)
class Refusal:
    budget: str
    seconds: int


async def _used_up(fan: Fan, phone: str | None = None) -> Refusal:
    """Which budget a registration with this number finds used up; nothing is sent then."""
    sent = len(fan.scene.ports.sms.sent)
    with pytest.raises(BudgetUsedUp) as refused:
        await fan.register(phone=phone or fan.scene.a_phone())
    assert len(fan.scene.ports.sms.sent) == sent
    return Refusal(str(refused.value.context["budget"]), refused.value.seconds)


async def test_one_fan_uses_five_numbers_of_a_campaign(scene: Scene) -> None:
    ann = scene.fan()
    phones = [scene.a_phone() for _ in range(5)]
    for phone in phones:
        await ann.register(phone=phone)
    before = await ann.entry()

    assert (await _used_up(ann)).budget == "numbers_per_campaign"

    assert await ann.entry() == before
    assert (await ann.register(phone=phones[0])).details.phone == phones[0], "it is one of the five"
    scene.wait(7 * DAY)
    assert (await _used_up(ann)).budget == "numbers_per_campaign"


async def test_one_fan_uses_ten_numbers_a_day_over_all_campaigns(scene: Scene) -> None:
    ann = scene.fan()
    campaigns = [ann.elsewhere(scene.opens(id, needs_phone_confirmation=False)) for id in ("one", "two", "three")]
    for fan in campaigns[:2]:
        for _ in range(5):
            await fan.register(phone=scene.a_phone())
            scene.wait(MINUTE)

    refusal = await _used_up(campaigns[2])

    assert refusal == Refusal("numbers_per_day", int((DAY - 10 * MINUTE).total_seconds()))
    with pytest.raises(EntryNotFound):
        await campaigns[2].entry()
    scene.wait(DAY - 10 * MINUTE)
    assert (await campaigns[2].registered()).created


async def test_a_number_counts_where_no_code_is_needed_too(scene: Scene) -> None:
    scene.opens(needs_phone_confirmation=False)
    ann = scene.fan()
    for _ in range(5):
        await ann.register(phone=scene.a_phone())

    assert (await _used_up(ann)).budget == "numbers_per_campaign"


async def test_a_number_that_is_refused_counts_all_the_same(scene: Scene) -> None:
    """Otherwise one account could ask for thousands of numbers which of them are registered."""
    owners = scene.fans(5)
    for owner in owners:
        await owner.confirmed()
    ann = scene.fan()
    for owner in owners:
        with pytest.raises(PhoneUnavailable):
            await ann.register(phone=owner.phone)

    assert (await _used_up(ann)).budget == "numbers_per_campaign"


async def test_one_number_in_two_spellings_counts_once(scene: Scene) -> None:
    ann = scene.fan()
    for phone in ("+5491123456789", "+541123456789", *(scene.a_phone() for _ in range(4))):
        await ann.register(phone=phone)

    assert (await _used_up(ann)).budget == "numbers_per_campaign"


async def test_one_fan_is_sent_ten_codes_a_day(scene: Scene) -> None:
    ann = scene.fan()
    elsewhere = ann.elsewhere(scene.opens("other"))
    for _ in range(5):
        await ann.register(phone=scene.a_phone())
        scene.wait(30 * SECOND)
        await ann.resend()

    refusal = await _used_up(elsewhere)

    assert refusal == Refusal("codes_per_day", int((DAY - 150 * SECOND).total_seconds()))
    with pytest.raises(EntryNotFound):
        await elsewhere.entry()
    scene.wait(MINUTE)
    with pytest.raises(BudgetUsedUp):
        await ann.resend()
    assert (await ann.confirm()).confirmed, "the code that was sent last is good"


async def test_what_needs_no_code_is_free_when_the_codes_are_used_up(scene: Scene) -> None:
    ann, phone = scene.fan(), scene.a_phone()
    elsewhere = ann.elsewhere(scene.opens("other"))
    await ann.confirmed(phone=phone)
    for number in range(9):
        await (elsewhere if number < 5 else ann).register(phone=scene.a_phone())
    assert len(scene.ports.sms.sent) == 10
    await ann.confirm()

    assert (await ann.register(phone=await _phone(ann), markets=[LAX])).details.markets == (LAX,)


async def _phone(fan: Fan) -> str:
    return (await fan.entry()).details.phone


async def test_one_fan_fails_at_five_challenges_a_day_and_guesses_no_more(scene: Scene) -> None:
    stranger = scene.fan("stranger")
    for _ in range(5):
        await stranger.register(phone=scene.a_phone())
        await stranger.exhaust()
    elsewhere = stranger.elsewhere(scene.opens("other"))

    assert (await _used_up(elsewhere)).budget == "failures_per_day"
    scene.wait(MINUTE)
    with pytest.raises(BudgetUsedUp):
        await stranger.resend()

    scene.wait(DAY - MINUTE - TICK)
    assert await _used_up(elsewhere) == Refusal("failures_per_day", 1)
    scene.wait(TICK)
    assert (await elsewhere.registered()).created


async def test_a_code_that_was_sent_before_the_fifth_failure_cannot_be_guessed_at(scene: Scene) -> None:
    stranger = scene.fan("stranger")
    waiting = stranger.elsewhere(scene.opens("other"))
    await waiting.register(phone=scene.a_phone())
    for _ in range(5):
        await stranger.register(phone=scene.a_phone())
        await stranger.exhaust()

    for fan in (waiting, stranger):
        with pytest.raises(BudgetUsedUp) as refused:
            await fan.confirm()
        assert refused.value.context["budget"] == "failures_per_day"

    scene.wait(CODE_TTL)
    with pytest.raises(ConfirmationExpired):
        await waiting.confirm()
    assert not (await waiting.entry()).confirmed


async def test_of_six_challenges_failed_side_by_side_five_count_against_numbers(scene: Scene) -> None:
    stranger = scene.fan("stranger")
    fans = [stranger.elsewhere(scene.opens(f"campaign-{number}")) for number in range(6)]
    for fan in fans:
        await fan.register(phone=scene.a_phone())

    guesses = [(fan, await fan.wrong_code()) for fan in fans for _ in range(MAX_ATTEMPTS)]
    answers = await asyncio.gather(*(fan.confirm(code) for fan, code in guesses), return_exceptions=True)

    assert {type(answer) for answer in answers} == {WrongConfirmationCode}
    records = [
        await scene.ports.phone_book.record(fan.campaign, (await fan.entry()).details.phone) for fan in fans
    ]
    assert [len(record.failures) for record in records] == [1, 1, 1, 1, 1, 0]


async def test_the_budgets_of_one_fan_are_no_matter_of_another(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    for _ in range(5):
        await ann.register(phone=scene.a_phone())
        await ann.exhaust()

    assert (await bob.confirmed()).confirmed
