"""Guessing does not pay: five tries a code, and no way to be sent more codes than a number may get."""

import asyncio
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2

from tests.support.fresh import new_phone
from tests.system.registrations.stage import Asked, Fan, Stage, ok, outcome

GUESSES: Final = 200
CHANGERS: Final = 6
ATTEMPTS: Final = 5
SENDS_AN_HOUR: Final = 5
SHARE_AN_HOUR: Final = 3
WRONG: Final = "422 confirmation.wrong_code"
EXHAUSTED: Final = "429 confirmation.exhausted"


async def test_the_right_code_among_two_hundred_guesses_comes_too_late(crowded: Stage) -> None:
    """It is on its way together with the others, and found nowhere among the first five."""
    campaign, phone = crowded.world.open_campaign(), new_phone()
    asked = await crowded.fan(campaign).asked_for_code(phone)
    await crowded.warm_up(GUESSES)
    compared, enough = 0, asyncio.Event()

    async def guess(code: str) -> httpx2.Response:
        nonlocal compared
        if code == asked.code:
            await enough.wait()
        answer = await asked.answer(code)
        compared += outcome(answer) == WRONG
        if compared == ATTEMPTS:
            enough.set()
        return answer

    guesses = [*asked.wrong[: GUESSES - 1], asked.code]
    answers = await asyncio.gather(*map(guess, guesses))
    assert Counter(map(outcome, answers)) == {WRONG: ATTEMPTS, EXHAUSTED: GUESSES - ATTEMPTS}
    left = sorted(answer.json()["attemptsLeft"] for answer in answers if outcome(answer) == WRONG)
    assert left == [0, 1, 2, 3, 4], "each was counted by itself"
    assert outcome(answers[-1]) == EXHAUSTED
    assert asked.fan.document()["status"] == "pending_confirmation"


async def test_of_two_hundred_guesses_in_any_order_five_are_compared(crowded: Stage) -> None:
    """The right one is somewhere among them; should it be lucky, still no more were compared."""
    campaign, phone = crowded.world.open_campaign(), new_phone()
    asked = await crowded.fan(campaign).asked_for_code(phone)
    await crowded.warm_up(GUESSES)
    guesses = asked.wrong[: GUESSES - 1]
    guesses.insert(GUESSES // 2, asked.code)
    answers = await asyncio.gather(*map(asked.answer, guesses))
    told = Counter(map(outcome, answers))
    found = asked.fan.document()["status"] == "confirmed"
    assert told[WRONG] == ATTEMPTS if not found else told[WRONG] < ATTEMPTS
    # Once the phone is confirmed, saying anything again is no error.
    other = {"200", "409 confirmation.superseded"} if found else set()
    assert told.keys() <= {WRONG, EXHAUSTED, *other}


async def test_a_right_answer_sent_many_times_at_once_is_right_each_time(crowded: Stage) -> None:
    """A fan clicks twice, a browser sends again: the phone is confirmed, and every answer says so."""
    await crowded.warm_up(20)
    for _ in range(5):
        campaign, phone = crowded.world.open_campaign(), new_phone()
        asked = await crowded.fan(campaign).asked_for_code(phone)
        answers = await asyncio.gather(*(asked.answer() for _ in range(20)))
        assert Counter(map(outcome, answers)) == {"200": 20}
        assert asked.fan.document()["revision"] == 2, "confirmed once"


async def test_changes_at_the_same_time_give_no_attempt_back(crowded: Stage) -> None:
    """What a change of the entry has read before a guess, it must not write after it."""
    campaign, phone = crowded.world.open_campaign(), new_phone()
    asked = await crowded.fan(campaign).asked_for_code(phone)
    done = asyncio.Event()

    async def keep_changing(caller: int) -> int:
        for number in itertools.count():
            if done.is_set():
                return number
            ok(await asked.fan.register(phone, firstName=f"Ann {caller}.{number}"))
        raise AssertionError("counting never ends")

    changing = [asyncio.create_task(keep_changing(caller)) for caller in range(CHANGERS)]
    answers = [await asked.answer(code) for code in asked.wrong[: 4 * ATTEMPTS]]
    done.set()
    changes = sum(await asyncio.gather(*changing))
    assert list(map(outcome, answers)) == [WRONG] * ATTEMPTS + [EXHAUSTED] * 3 * ATTEMPTS
    assert [answer.json()["attemptsLeft"] for answer in answers[:ATTEMPTS]] == [4, 3, 2, 1, 0]
    assert asked.fan.document()["revision"] == 1 + changes


async def test_a_number_is_sent_five_codes_an_hour_however_it_is_asked_for(strict: Stage) -> None:
    campaign, phone = strict.world.open_campaign(), new_phone()
    fan, other = strict.fans(campaign, 2)
    asked = await _used_up(fan, phone)
    assert strict.world.texts.count(phone) == SHARE_AN_HOUR
    fan.let_the_pause_pass()
    _is_told_to_wait(await fan.resend())
    await _used_up(other, phone, SENDS_AN_HOUR - SHARE_AN_HOUR)
    other.let_the_pause_pass()
    _is_told_to_wait(await other.resend())
    await _asks_in_every_other_way(fan, phone)
    assert strict.world.texts.count(phone) == SENDS_AN_HOUR
    assert outcome(await asked.answer()) == "409 confirmation.superseded", "the number was changed in between"


async def _used_up(fan: Fan, phone: str, sends: int = SHARE_AN_HOUR) -> Asked:
    """Send all that one fan may be sent; the last of the codes."""
    asked = await fan.asked_for_code(phone)
    for _ in range(sends - 1):
        assert outcome(await fan.resend()) == "429 confirmation.too_soon"
        fan.let_the_pause_pass()
        sent = await fan.resend()
        assert sent.status_code == 202
        asked = Asked(fan, sent.json()["token"], fan.stage.world.texts.code(phone))
    return asked


async def _asks_in_every_other_way(fan: Fan, phone: str) -> None:
    """Another number and back; another fan; another campaign: all are stored, none is sent a code."""
    ok(await fan.register(new_phone()))
    _is_stored_without_code(await fan.register(phone), 200)
    _is_stored_without_code(await fan.stage.fan(fan.campaign).register(phone), 201)
    elsewhere = fan.stage.world.open_campaign()
    _is_stored_without_code(await fan.stage.fan(elsewhere, fan.id).register(phone), 201)


def _is_stored_without_code(answer: httpx2.Response, status: int) -> None:
    assert answer.status_code == status
    body: dict[str, Any] = answer.json()
    confirmation = body["confirmation"]
    assert (confirmation["token"], confirmation["expiresAt"]) == (None, None)
    wait = datetime.fromisoformat(confirmation["resendAfter"]) - datetime.now(UTC)
    assert timedelta(minutes=30) < wait <= timedelta(hours=1)


def _is_told_to_wait(answer: httpx2.Response) -> None:
    assert outcome(answer) == "429 confirmation.too_soon"
    assert 1_800 < int(answer.headers["retry-after"]) <= 3_600
