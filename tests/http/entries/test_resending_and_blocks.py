"""Asking for another code, and numbers that strangers' failures block (entry-service REQ-009)."""

import time

from domain.model.registrations.campaigns import CampaignStatus
from tests.support.answers import assert_problem
from tests.support.fresh import new_phone
from tests.support.scene import Scene
from tests.support.tokens import bearer


def test_another_code_too_early_is_a_429_that_says_when(scene: Scene) -> None:
    ann = scene.fan()
    entry = ann.registered()

    refused = ann.post("entries/confirm/resend", None)

    problem = assert_problem(refused, 429, "confirmation.too_soon")
    assert refused.headers["retry-after"] == str(problem["retryAfter"])
    assert 0 < problem["retryAfter"] <= 30
    assert len(ann.codes()) == 1
    assert ann.confirm(entry).status_code == 200


def test_no_code_is_sent_again_to_a_fan_who_is_confirmed_or_not_registered(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    ann.confirmed()

    assert_problem(ann.post("entries/confirm/resend", None), 409, "confirmation.not_pending")
    assert_problem(bob.post("entries/confirm/resend", None), 404, "entry.not_found")
    cy = scene.fan("cy")
    cy.registered()
    scene.opens(status=CampaignStatus.CLOSED)
    assert_problem(cy.post("entries/confirm/resend", None), 409, "campaign.not_open")


def strangers_fail(scene: Scene, phone: str, *names: str) -> None:
    """Each registers with the number and guesses until no try is left."""
    for name in names:
        stranger = scene.fan(name, using=phone)
        stranger.use_up_all_tries(stranger.registered())


def test_a_number_three_strangers_failed_to_confirm_is_blocked_until_staff_lifts_it(scene: Scene) -> None:
    """entry-service REQ-009."""
    ann = scene.fan("ann")
    strangers_fail(scene, ann.phone, "x1", "x2")
    assert ann.register(phone=new_phone()).status_code == 201
    assert ann.register().status_code == 200
    assert ann.register(phone=new_phone()).status_code == 200
    strangers_fail(scene, ann.phone, "x3")
    elsewhere = scene.elsewhere().opens(needs_phone_confirmation=False)

    assert_problem(ann.register(), 409, "phone.unavailable")
    assert elsewhere.fan().register(phone=ann.phone).status_code == 201
    lifted = scene.post("phone-blocks/lift", {"phone": f"({ann.phone[2:5]}) {ann.phone[5:]}"})
    assert (lifted.status_code, lifted.content) == (204, b"")
    assert "content-type" not in lifted.headers
    assert ann.register().status_code == 200


def test_a_block_ends_by_itself(hasty_scene: Scene) -> None:
    ann = hasty_scene.fan("ann")
    strangers_fail(hasty_scene, ann.phone, "x1", "x2", "x3")
    assert_problem(ann.register(), 409, "phone.unavailable")

    deadline = time.monotonic() + 60
    while (answer := ann.register()).status_code == 409:
        assert time.monotonic() < deadline, "the block never ended"
        time.sleep(0.1)

    assert answer.status_code == 201


def test_lifting_a_block_that_is_not_there_is_no_error_and_a_wrong_request_is(scene: Scene) -> None:
    assert scene.post("phone-blocks/lift", {"phone": new_phone()}).status_code == 204
    assert_problem(scene.post("phone-blocks/lift", {"phone": "911"}), 422, "request.invalid", "/phone")
    assert_problem(scene.post("phone-blocks/lift", {"phone": 911}), 422, "request.invalid", "/phone")
    assert_problem(scene.post("phone-blocks/lift", {}), 422, "request.invalid", "/phone")
    nowhere = scene.elsewhere()
    assert_problem(nowhere.post("phone-blocks/lift", {"phone": new_phone()}), 404, "campaign.not_found")
    fans = scene.post("phone-blocks/lift", {"phone": new_phone()}, headers=bearer("ann", supreme=False))
    assert_problem(fans, 403, "auth.forbidden")
