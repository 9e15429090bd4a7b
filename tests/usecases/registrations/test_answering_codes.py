"""A code is answered in five attempts, while it is the newest, and typed as people type it."""

import asyncio
from collections import Counter

import pytest

from domain.model.errors import InvalidValue
from domain.model.registrations.confirmation import MAX_ATTEMPTS
from domain.model.registrations.errors import (
    ConfirmationExhausted,
    InvalidConfirmationToken,
    WrongConfirmationCode,
)
from tests.support.registrations import LAX, MINUTE, a_challenge
from tests.usecases.registrations.scene import Scene

WIDE, ARABIC = ({ord("0") + digit: zero + digit for digit in range(10)} for zero in (0xFF10, 0x0660))
"""Digits of other scripts."""


async def test_a_wrong_code_says_how_many_attempts_are_left_and_the_fifth_is_the_last(scene: Scene) -> None:
    ann = scene.fan()
    before = await ann.register()
    wrong, left = await ann.wrong_code(), []
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(WrongConfirmationCode) as refused:
            await ann.confirm(wrong)
        left.append(refused.value.context["attemptsLeft"])

    with pytest.raises(ConfirmationExhausted):
        await ann.confirm()

    assert left == [4, 3, 2, 1, 0]
    assert (await ann.entry()).revision == before.revision
    assert await ann.messages() == ["created"]


async def test_the_last_attempt_may_be_the_right_one(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(WrongConfirmationCode):
            await ann.confirm(await ann.wrong_code())

    assert (await ann.confirm()).confirmed


async def test_an_exhausted_code_gets_no_attempts_by_registering_again(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    await ann.exhaust()

    await ann.register()
    await ann.register(markets=[LAX])

    with pytest.raises(ConfirmationExhausted):
        await ann.confirm()
    assert len(scene.codes(ann.phone)) == 1


async def test_another_code_has_all_attempts_again(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    await ann.exhaust()
    scene.wait(MINUTE)

    await ann.resend()

    assert (await ann.confirm()).confirmed


async def test_of_two_hundred_guesses_at_once_five_are_compared(scene: Scene) -> None:
    """Each is counted before it is compared: the right code among the later ones is too late."""
    ann = scene.fan()
    await ann.register()
    code, token = await ann.code(), await ann.token()
    wrong = [guess for number in range(200) if (guess := f"{number:06}") != code]

    answers = await asyncio.gather(
        *(ann.confirm(guess, token) for guess in [*wrong, code]), return_exceptions=True
    )

    outcomes = Counter(type(answer).__name__ for answer in answers)
    assert outcomes == {"WrongConfirmationCode": 5, "ConfirmationExhausted": len(wrong) - 4}
    assert not (await ann.entry()).confirmed


# What is typed.


@pytest.mark.parametrize(
    "spelled",
    ["{0}{1}", "{0} {1}", "{0}-{1}", "G-{0}{1}", " {0}{1}\n", "{0}{1} is your code for 10 minutes."],
)
@pytest.mark.parametrize("digits", [{}, WIDE, ARABIC], ids=["ascii", "wide", "arabic"])
async def test_a_code_is_read_as_people_type_it(scene: Scene, spelled: str, digits: dict[int, int]) -> None:
    ann = scene.fan()
    await ann.register()
    code = (await ann.code()).translate(digits)

    assert (await ann.confirm(spelled.format(code[:3], code[3:]))).confirmed


async def test_what_holds_no_single_code_uses_up_no_attempt(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    for typed in ("", "12345", "1234567", "code", "12345a", "123456 or 654321", "1" * 10_000) * 3:
        with pytest.raises(InvalidValue) as refused:
            await ann.confirm(typed)
        assert refused.value.field == "code"

    with pytest.raises(WrongConfirmationCode) as wrong:
        await ann.confirm(await ann.wrong_code())
    assert wrong.value.context["attemptsLeft"] == MAX_ATTEMPTS - 1


async def test_a_token_is_good_for_its_fan_and_campaign_only(scene: Scene) -> None:
    ann, bob, cy = scene.fan("ann"), scene.fan("bob"), scene.fan("cy")
    elsewhere = ann.elsewhere(scene.opens("other"))
    for fan in (ann, bob):
        await fan.register()
    await elsewhere.register(phone=scene.a_phone())
    mine = await ann.token()

    for token in (await bob.token(), await elsewhere.token(), "", "a.b.c", mine[:-2], "é", "x" * 5_000):
        with pytest.raises(InvalidConfirmationToken):
            await ann.confirm(token=token)
    with pytest.raises(InvalidConfirmationToken):
        await cy.confirm("123456", mine)
    with pytest.raises(InvalidConfirmationToken):
        await cy.confirm("123456", scene.ports.tokens.issue(a_challenge(user_id=cy.id)))
    assert (await ann.confirm()).confirmed, "no attempt was used up"
