"""Confirmation of phones: codes, attempts, and their hashes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.model.ids import CampaignId
from domain.model.registrations.confirmation import (
    MAX_ATTEMPTS,
    ConfirmationRules,
    new_code,
    phone_digest,
    typed_code,
)
from tests.support.registrations import BOB, DAY, KEY, MINUTE, NOON, OTHER_PHONE, PHONE, TICK, a_challenge

CODES = st.integers(0, 999_999).map(lambda number: f"{number:06}")


def test_the_code_that_was_sent_is_right() -> None:
    assert a_challenge("012345").answered_by("012345", KEY)


@pytest.mark.parametrize("guess", ["012346", "12345", "012345 ", " 012345", "０12345", "", "012345\0", "\ud7ff"])  # noqa: RUF001  # full-width digits
def test_other_codes_are_wrong(guess: str) -> None:
    assert not a_challenge("012345").answered_by(guess, KEY)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(sent=CODES, guess=CODES)
def test_an_attempt_with_the_right_code_is_recorded_as_answered(sent: str, guess: str) -> None:
    assert a_challenge(sent).answered_by(guess, KEY) == (sent == guess)


def test_the_code_is_wrong_under_another_key() -> None:
    assert not a_challenge("012345").answered_by("012345", KEY[::-1])


@pytest.mark.parametrize(
    "moved",
    [
        {"id": "another"},
        {"user_id": BOB},
        {"campaign_id": CampaignId("another")},
        {"phone": OTHER_PHONE},
    ],
    ids=["challenge", "fan", "campaign", "phone"],
)
def test_a_code_is_wrong_for_another_challenge_fan_campaign_or_phone(moved: dict[str, Any]) -> None:
    assert not replace(a_challenge("012345"), **moved).answered_by("012345", KEY)


def test_two_challenges_with_the_same_code_have_different_hashes() -> None:
    assert a_challenge("012345").code_hash != a_challenge("012345").code_hash


def test_a_challenge_is_valid_until_just_before_its_deadline() -> None:
    challenge = a_challenge()

    assert not challenge.expired(NOON + 10 * MINUTE - TICK)
    assert challenge.expired(NOON + 10 * MINUTE)


def test_five_attempts_exhaust_a_challenge() -> None:
    challenges = [replace(a_challenge(), attempts=attempts) for attempts in range(7)]

    assert MAX_ATTEMPTS == 5
    assert [challenge.attempts_left for challenge in challenges] == [5, 4, 3, 2, 1, 0, 0]
    assert [challenge.exhausted for challenge in challenges] == [False] * 5 + [True] * 2


def test_codes_have_six_digits_and_vary() -> None:
    codes = [new_code() for _ in range(2_000)]

    assert all(len(code) == 6 and code.isdecimal() and code.isascii() for code in codes)
    assert len(set(codes)) > 1_900
    assert {code[0] for code in codes} == set("0123456789")


def test_a_digest_differs_between_numbers_and_does_not_contain_them() -> None:
    digest = phone_digest(PHONE, KEY)

    assert digest == phone_digest(PHONE, KEY)
    assert digest != phone_digest(OTHER_PHONE, KEY)
    assert digest != phone_digest(PHONE, KEY[::-1])
    assert PHONE[1:] not in digest


def test_representations_have_no_phone_code_or_key() -> None:
    challenge = a_challenge("012345")
    rules = ConfirmationRules(key=KEY, ttl=10 * MINUTE, phone_block_ttl=DAY)
    shown = repr(challenge) + repr(rules)

    for secret in (PHONE[1:], "012345", repr(challenge.code_hash), KEY.decode()):
        assert secret not in shown


@pytest.mark.parametrize(
    "text",
    [
        "123456", "123 456", "123-456", "G-123456", "G-123-456", "12 34 56", "1 2 3 4 5 6", " 123456\n",
        "123456\r\n", "123.456", "123 \u2013 456", "123\u00a0456", "\u202a123456\u202c", "123\u200b456",
        "\u200f123\u2011456",
        *("".join(chr(zero + digit) for digit in range(1, 7)) for zero in (0xFF10, 0x0660, 0x0966)),
        "code: 123456", "(123456)", "FANGATE123456",
        "Your code is 123456. It is good for 10 minutes.", "Your code is 123 456, good for 10 minutes",
        "<#> 123456 is your code. FA+9qCX9VSu", "123456 is your code.\n\n@tickets.example #123456",
        "123-456 (that is 123456)", "Call +1 212 555 0123 if 123456 is not yours", "123456 " + "x" * 1_993,
    ],
    ids=ascii,
)  # fmt: skip
def test_a_code_is_read_as_people_type_and_paste_it(text: str) -> None:
    assert typed_code(text) == "123456"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "12345", "1234567", "12345a", "-12345", "1e5", "123456789012", "123456 or 654321", "123 456 789",
        "Call +1 212 555 0123", "no digits at all", "123456" + " " * 2_000, "1" * 2_000, "123,456", "\ud7ff\0",
    ],
    ids=lambda text: ascii(text)[:30],
)  # fmt: skip
def test_text_without_exactly_one_number_of_six_digits_is_refused(text: str) -> None:
    assert typed_code(text) is None


@settings(derandomize=True, deadline=None, max_examples=300)
@given(code=CODES, before=st.text("ab .-\u00a0\n", max_size=20), after=st.text("ab .-\u200b\n", max_size=20))
def test_the_code_is_found_in_any_text_around_it(code: str, before: str, after: str) -> None:
    for typed in (code, f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}"):
        assert typed_code(before + typed + after) == code
