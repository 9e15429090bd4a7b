"""Registering, and changing one's registration."""

from typing import Any

import pytest

from domain.model.registrations.campaigns import CampaignStatus, Gates
from tests.support.answers import ENTRY, TIME, as_the_fan_sees_it, assert_problem
from tests.support.fresh import new_phone
from tests.support.registrations import DAY, NOON
from tests.support.scene import Scene
from tests.support.tokens import bearer

GATES = Gates(invite_only=True, linked_accounts=("spotify", "x"), verified_card=True)
LONG_AGO = NOON - 3_650 * DAY


def test_a_new_registration_is_a_201_with_exactly_the_fields_of_the_contract(scene: Scene) -> None:
    """entry-service REQ-008: when it was created and changed."""
    ann = scene.fan(email="ann@example.org", first_name="Ann", last_name="Bø")

    answer = ann.register(optIns={"news": True}, attributes={"seat": "front"})

    entry = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert set(entry) == ENTRY
    assert entry == entry | {
        "campaignId": scene.campaign,
        "userId": ann.id,
        "status": "pending_confirmation",
        "phone": ann.phone,
        "phoneConfirmedAt": None,
        "email": "ann@example.org",
        "firstName": "Ann",
        "lastName": "Bø",
        "markets": ["nyc", "bos"],
        "optIns": {"news": True},
        "attributes": {"seat": "front"},
        "fanscore": {"status": "not_asked", "value": None},
        "fraud": {"status": "not_asked", "score": None},
        "selection": "none",
        "revision": 1,
    }
    assert set(entry["confirmation"]) == {"token", "expiresAt", "resendAfter"}
    assert entry["createdAt"] == entry["updatedAt"]
    times = [entry["createdAt"], entry["confirmation"]["resendAfter"], entry["confirmation"]["expiresAt"]]
    assert all(TIME.fullmatch(time) for time in times)
    assert times == sorted(set(times))


def test_an_identical_repeat_is_a_200_and_changes_nothing(scene: Scene) -> None:
    ann = scene.fan()
    first = ann.registered()

    again = ann.register()

    assert (again.status_code, again.json()) == (200, first)
    assert len(ann.codes()) == 1


def test_a_change_is_a_200_with_the_next_revision(scene: Scene) -> None:
    """Changing anything but the phone keeps the confirmation."""
    ann = scene.fan()
    first = ann.confirmed(optIns={"news": True}, firstName="Ann")

    answer = ann.register(markets=["lax", "nyc"], attributes={"seat": "back"})

    changed = answer.json()
    assert answer.status_code == 200
    own = {"markets": ["lax", "nyc"], "attributes": {"seat": "back"}, "revision": first["revision"] + 1}
    assert changed == first | own | {"updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > first["updatedAt"]


def test_a_number_that_another_fan_has_confirmed_is_a_409(scene: Scene) -> None:
    """entry-service REQ-002."""
    ann, bob = scene.fan("ann"), scene.fan("bob")
    ann.confirmed()

    assert_problem(bob.register(phone=ann.phone), 409, "phone.unavailable")


@pytest.mark.parametrize("changes", [{"status": CampaignStatus.CLOSED}, {"closes_at": LONG_AGO}])
def test_a_campaign_that_takes_no_registrations_is_a_409(scene: Scene, changes: dict[str, Any]) -> None:
    """entry-service REQ-004."""
    ann = scene.opens(**changes).fan()

    assert_problem(ann.register(), 409, "campaign.not_open")
    assert_problem(ann.get("entries/me"), 404, "entry.not_found")


def test_an_unknown_campaign_or_fan_is_a_404(scene: Scene) -> None:
    ann = scene.fan()
    nowhere = scene.elsewhere()

    assert_problem(nowhere.fan().register(), 404, "campaign.not_found")
    unknown = scene.post("entries", {"phone": ann.phone, "markets": ["nyc"], "userId": "nobody"})
    assert_problem(unknown, 404, "user.not_found")


@pytest.mark.parametrize(
    ("account", "failures"),
    [
        ({}, ["gate.invite_required", "gate.linked_account_required", "gate.card_required"]),
        ({"linked_accounts": ("x", "spotify")}, ["gate.invite_required", "gate.card_required"]),
    ],
)  # fmt: skip
def test_all_closed_gates_are_listed_each_with_its_code(
    scene: Scene, account: dict[str, Any], failures: list[str]
) -> None:
    ann = scene.opens(gates=GATES).fan(**account)

    refused = ann.register(inviteCode="VIP-1")

    problem = assert_problem(refused, 403, failures[0])
    assert [error["code"] for error in problem["errors"]] == failures
    assert all(error["detail"] for error in problem["errors"])
    assert "VIP-1" not in refused.text
    assert_problem(ann.get("entries/me"), 404, "entry.not_found")


def test_a_fan_who_passes_every_gate_is_registered(scene: Scene) -> None:
    scene.opens(gates=GATES)
    account: dict[str, Any] = {
        "linked_accounts": ("x", "spotify"),
        "verified_card": True,
        "invite_codes": {scene.campaign: ("VIP-1", "VIP-2")},
    }
    ann, bob = scene.fan("ann", **account), scene.fan("bob", **account)

    assert ann.register(inviteCode="VIP-2").status_code == 201
    assert_problem(bob.register(inviteCode="vip-2"), 403, "gate.invite_required")
    assert_problem(bob.register(), 403, "gate.invite_required")


def test_staff_may_name_any_fan_and_a_fan_only_himself(scene: Scene) -> None:
    """entry-service REQ-007."""
    ann, bob = scene.fan("ann"), scene.fan("bob")

    by_staff = scene.post("entries", {"phone": ann.phone, "markets": ["nyc"], "userId": ann.id})

    assert by_staff.status_code == 201
    assert by_staff.json()["userId"] == ann.id
    assert ann.get("entries/me").json() == by_staff.json()
    assert_problem(bob.register(userId=ann.id, phone=new_phone()), 403, "auth.forbidden")
    assert ann.get("entries/me").json() == by_staff.json()
    assert bob.registered(userId=bob.id)["userId"] == bob.id


def test_a_registration_is_seen_by_its_fan_and_by_staff_only(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    entry = ann.registered()

    assert ann.get("entries/me").json() == entry
    assert ann.get(f"entries/{ann.id}").json() == entry
    assert as_the_fan_sees_it(scene.seen(f"entries/{ann.id}")) == entry
    refused = bob.get(f"entries/{ann.id}")
    assert_problem(refused, 403, "auth.forbidden")
    assert ann.phone not in refused.text
    assert_problem(bob.get("entries/me"), 404, "entry.not_found")
    assert_problem(bob.get(f"entries/{bob.id}"), 404, "entry.not_found")
    assert_problem(scene.get("entries/nobody"), 404, "entry.not_found")
    assert_problem(scene.get("entries/me"), 404, "entry.not_found")
    assert_problem(scene.get("entries/a%09b"), 422, "request.invalid", "/userId")


def test_a_number_that_has_used_up_its_messages_is_registered_all_the_same(hasty_scene: Scene) -> None:
    """It may be sent four an hour: the fifth registration has no token, and says when there may be one."""
    phone = new_phone()
    *fans, last = (hasty_scene.fan(name, using=phone) for name in ("ann", "bob", "cy", "di", "ed"))
    assert all(fan.registered()["confirmation"]["token"] for fan in fans)

    entry = last.registered()

    assert entry["status"] == "pending_confirmation"
    assert (entry["confirmation"]["token"], entry["confirmation"]["expiresAt"]) == (None, None)
    assert entry["confirmation"]["resendAfter"] > entry["createdAt"]
    assert len(last.codes()) == 4
    refused = last.post("entries/confirm/resend", None)
    assert 3_000 < assert_problem(refused, 429, "confirmation.too_soon")["retryAfter"] <= 3_600


def test_registering_needs_the_token_of_a_user(scene: Scene) -> None:
    ann = scene.fan()
    body = {"phone": ann.phone, "markets": ["nyc"]}

    assert_problem(scene.ask("POST", "entries", json=body), 401, "auth.unauthenticated")
    assert scene.post("entries", body, headers=bearer(ann.id, supreme=False)).status_code == 201
