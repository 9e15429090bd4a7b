"""Confirming a phone, asking for another code, and giving a blocked number back."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.answers import ENTRY, TIME, assert_problem
from tests.support.fresh import new_phone
from tests.support.scene import Fan, Scene
from tests.support.tokens import token


def token_of(entry: Any) -> str:
    return str(entry["confirmation"]["token"])


def wait_for(moment: str) -> None:
    while datetime.now(UTC) <= datetime.fromisoformat(moment):
        time.sleep(0.05)


def test_the_code_from_the_message_confirms_the_phone(scene: Scene) -> None:
    ann = scene.fan()
    entry = ann.registered()

    answer = ann.confirm(entry)

    confirmed = answer.json()
    assert (answer.status_code, set(confirmed)) == (200, ENTRY)
    assert (confirmed["status"], confirmed["confirmation"]) == ("confirmed", None)
    assert TIME.fullmatch(confirmed["phoneConfirmedAt"])
    assert confirmed["updatedAt"] == confirmed["phoneConfirmedAt"] > entry["createdAt"]
    assert confirmed["revision"] == 2
    assert ann.get("entries/me").json() == confirmed


def test_the_message_says_the_code_and_goes_to_the_number(scene: Scene) -> None:
    ann = scene.fan()
    ann.registered()

    (message,) = [
        request.json() for request in scene.platform.gateway.requests if ann.phone in str(request.json())
    ]

    assert set(message) == {"to", "body"}
    assert message["to"] == ann.phone
    assert len(ann.codes()) == 1


def test_a_wrong_code_says_how_many_tries_are_left(scene: Scene) -> None:
    ann = scene.fan()
    entry = ann.registered()
    wrong = ann.wrong_code()

    left = []
    for _ in range(5):
        refused = ann.confirm(entry, wrong)
        left.append(assert_problem(refused, 422, "confirmation.wrong_code")["attemptsLeft"])
        assert wrong not in refused.text
        assert ann.codes()[0] not in refused.text

    assert left == [4, 3, 2, 1, 0]
    exhausted = ann.confirm(entry)
    assert_problem(exhausted, 429, "confirmation.exhausted")
    assert ann.get("entries/me").json()["status"] == "pending_confirmation"


def test_a_token_that_is_not_this_fans_for_this_campaign_is_refused(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    other = scene.elsewhere().opens()
    elsewhere = Fan(other, ann.id, ann.phone)
    mine, theirs, there = ann.registered(), bob.registered(), elsewhere.registered()
    whole = token_of(mine)
    head, payload, signature = whole.split(".")

    for forged in (
        token_of(theirs), token_of(there), whole[:-2], f"{head}.{payload}.", f"{head}..{signature}", "x", "a.b.c",
        token(ann.id, supreme=False), whole.upper(), "é.é.é", "x" * 2_048,
    ):  # fmt: skip
        refused = ann.post("entries/confirm", {"token": forged, "code": ann.codes()[0]})
        assert_problem(refused, 422, "confirmation.invalid_token")
        assert forged not in refused.text or len(forged) < 10
    assert ann.get("entries/me").json() == mine
    stranger = scene.fan("cy").post("entries/confirm", {"token": whole, "code": ann.codes()[0]})
    assert_problem(stranger, 422, "confirmation.invalid_token")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", ""), ("code", "12345"), ("code", "1234567"), ("code", "12345a"), ("code", "-12345"),
        ("code", "123456 or 654321"), ("code", "code"), ("code", 123456),
        ("code", None), ("code", ["123456"]), ("code", "1" * 100_000), ("token", ""), ("token", None),
        ("token", 7), ("token", "x" * 4_097), ("token", "x" * 500_000), ("more", "x"),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
def test_what_cannot_be_a_code_or_a_token_is_a_422_and_no_try(scene: Scene, field: str, value: Any) -> None:
    ann = scene.fan()
    entry = ann.registered()
    body = {"token": token_of(entry), "code": ann.codes()[0]}

    assert_problem(ann.post("entries/confirm", body | {field: value}), 422, "request.invalid", f"/{field}")
    assert_problem(ann.confirm(entry, ann.wrong_code()), 422, "confirmation.wrong_code")
    assert ann.confirm(entry).status_code == 200


def test_what_holds_no_code_is_refused_with_the_way_to_mend_it(scene: Scene) -> None:
    ann = scene.fan()
    refused = assert_problem(ann.confirm(ann.registered(), "12345"), 422, "request.invalid", "/code")

    assert "type the six digits of the message" in refused["errors"][0]["detail"]


def test_a_token_for_the_number_before_is_superseded(scene: Scene) -> None:
    """entry-service REQ-003."""
    ann = scene.fan()
    before = ann.registered()
    after = ann.registered(phone=new_phone())

    assert_problem(ann.confirm(before), 409, "confirmation.superseded")
    code = scene.platform.codes_sent_to(after["phone"])[0]
    assert_problem(ann.confirm(before, code), 409, "confirmation.superseded")
    assert ann.confirm(after, code).status_code == 200
    assert_problem(ann.confirm(before), 409, "confirmation.superseded")


def test_an_old_code_is_expired_whether_or_not_it_is_exhausted_or_right(hasty_scene: Scene) -> None:
    ann, bob = hasty_scene.fan("ann"), hasty_scene.fan("bob")
    exhausted, fresh = ann.registered(), bob.registered()
    ann.use_up_all_tries(exhausted)

    wait_for(fresh["confirmation"]["expiresAt"])

    assert_problem(ann.confirm(exhausted), 410, "confirmation.expired")
    assert_problem(bob.confirm(fresh), 410, "confirmation.expired")
