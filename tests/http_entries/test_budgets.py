"""What one fan may use up: numbers, codes, and the patience of a number's owner."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.http_entries.answers import assert_problem
from tests.http_entries.scene import Scene, a_phone


def test_one_account_has_codes_sent_to_five_numbers_of_a_campaign_and_not_to_three_hundred(scene: Scene) -> None:
    ann = scene.fan()
    phones = [a_phone() for _ in range(300)]

    answers = [ann.register(phone=phone) for phone in phones]

    assert [answer.status_code for answer in answers[:6]] == [201, 200, 200, 200, 200, 429]
    for refused in answers[5:]:
        problem = assert_problem(refused, 429, "confirmation.budget")
        assert problem["budget"] == "numbers_per_campaign"
        assert refused.headers["retry-after"] == str(problem["retryAfter"])
    assert [len(scene.platform.codes_sent_to(phone)) for phone in phones] == [1] * 5 + [0] * 295
    assert ann.get("entries/me").json()["phone"] == phones[4], "nothing was stored"
    assert ann.register(phone=phones[0]).status_code == 200, "one of the five is none more"


def test_a_day_has_ten_numbers_and_ten_codes_over_all_campaigns(scene: Scene) -> None:
    campaigns = [Scene(scene.service, scene.platform, scene.http).opens() for _ in range(3)]
    ann = scene.fan()
    phones = [a_phone() for _ in range(11)]
    everywhere = [replace(ann, scene=campaigns[number // 5]) for number in range(11)]

    answers = [fan.register(phone=phone) for fan, phone in zip(everywhere, phones, strict=True)]

    assert [answer.status_code for answer in answers] == [201, *[200] * 4, 201, *[200] * 4, 429]
    assert sum(len(scene.platform.codes_sent_to(phone)) for phone in phones) == 10
    assert_problem(answers[-1], 429, "confirmation.budget")
    assert everywhere[-1].get("entries/me").status_code == 404, "nothing was stored"
    assert_problem(everywhere[0].post("entries/confirm/resend", None), 429, "confirmation.too_soon")


def test_a_number_that_is_refused_is_used_all_the_same(scene: Scene) -> None:
    """Otherwise one account could ask for thousands of numbers which of them are registered."""
    owners = [scene.fan(f"owner-{number}") for number in range(5)]
    for owner in owners:
        owner.confirmed()
    ann = scene.fan("ann")

    asked = [ann.register(phone=owner.phone) for owner in owners]

    assert {assert_problem(answer, 409, "phone.unavailable")["status"] for answer in asked} == {409}
    assert_problem(ann.register(), 429, "confirmation.budget")


def test_going_to_another_number_and_back_forgets_no_pause(scene: Scene) -> None:
    ann, other = scene.fan(), a_phone()
    ann.registered()
    ann.registered(phone=other)

    back = ann.registered()

    assert back["phone"] == ann.phone
    assert (back["confirmation"]["token"], back["confirmation"]["expiresAt"]) == (None, None)
    wait = datetime.fromisoformat(back["confirmation"]["resendAfter"]) - datetime.now(UTC)
    assert 0 < wait.total_seconds() <= 30
    assert_problem(ann.post("entries/confirm/resend", None), 429, "confirmation.too_soon")
    assert len(ann.codes()) == 1


def test_one_stranger_neither_blocks_numbers_nor_goes_on_guessing(scene: Scene) -> None:
    """A stranger fails in one campaign on five numbers, and is told to stop before the sixth."""
    stranger, owner = scene.fan("stranger"), scene.fan("owner")
    for phone in (owner.phone, *(a_phone() for _ in range(4))):
        theirs = replace(stranger, phone=phone)
        theirs.use_up_all_tries(theirs.registered())
    elsewhere = replace(stranger, scene=Scene(scene.service, scene.platform, scene.http).opens())

    refused = [elsewhere.register(), stranger.register(phone=owner.phone, markets=["sfo"])]

    assert assert_problem(refused[0], 429, "confirmation.budget")["budget"] == "failures_per_day"
    assert_problem(refused[1], 429, "confirmation.budget")
    assert owner.confirmed()["status"] == "confirmed"
