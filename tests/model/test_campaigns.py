"""When a campaign takes registrations (entry-service REQ-001, REQ-004), and which gates a fan does not pass."""

from datetime import datetime, timedelta, timezone

import pytest

from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import CampaignStatus, Fan, Gates
from tests.support.registrations import (
    DAY,
    HOUR,
    NOON,
    TICK,
    TOUR,
    a_campaign,
    a_fan,
    a_gated_campaign,
    a_vouched_fan,
)


def test_an_open_campaign_without_times_takes_registrations() -> None:
    assert a_campaign().takes_registrations(NOON)


@pytest.mark.parametrize("status", [CampaignStatus.DRAFT, CampaignStatus.CLOSED])
def test_a_campaign_that_is_not_open_takes_no_registrations(status: CampaignStatus) -> None:
    assert not a_campaign(status=status).takes_registrations(NOON)


@pytest.mark.parametrize(
    ("opens", "closes", "takes"),
    [
        (NOON, None, True),
        (NOON + TICK, None, False),
        (None, NOON, False),
        (None, NOON + TICK, True),
        (NOON - DAY, NOON + DAY, True),
        (NOON + HOUR, NOON - HOUR, False),
    ],
)
def test_it_takes_registrations_from_its_opening_until_just_before_its_closing(
    opens: datetime | None, closes: datetime | None, takes: bool
) -> None:
    assert a_campaign(opens_at=opens, closes_at=closes).takes_registrations(NOON) is takes


@pytest.mark.parametrize("status", [CampaignStatus.DRAFT, CampaignStatus.CLOSED])
def test_a_closed_campaign_is_not_opened_by_its_times(status: CampaignStatus) -> None:
    campaign = a_campaign(status=status, opens_at=NOON - DAY, closes_at=NOON + DAY)

    assert not campaign.takes_registrations(NOON)


def test_the_earliest_and_latest_times_are_valid() -> None:
    far_east, far_west = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))
    campaign = a_campaign(
        opens_at=datetime.min.replace(tzinfo=far_east), closes_at=datetime.max.replace(tzinfo=far_west)
    )

    assert campaign.takes_registrations(NOON)
    assert campaign.takes_registrations(NOON.astimezone(far_east))


# Gates


def test_without_gates_every_fan_passes() -> None:
    assert a_campaign().closed_gates(a_fan(), None) == []


def test_a_fan_who_meets_all_conditions_passes_all_gates() -> None:
    assert a_gated_campaign().closed_gates(a_vouched_fan(), "VIP-2") == []


def test_all_closed_gates_are_returned_at_once() -> None:
    closed = a_gated_campaign().closed_gates(a_fan(), None)

    assert closed == ["gate.invite_required", "gate.linked_account_required", "gate.card_required"]


TWO = CampaignId("two")
INVITED = {TOUR: ("VIP-1",), TWO: ("VIP-2",)}


@pytest.mark.parametrize(
    ("fan", "code", "passes"),
    [
        (a_fan(invite_codes=INVITED), "VIP-1", True),
        (a_fan(invite_codes=INVITED), "VIP-2", False),
        (a_fan(invite_codes=INVITED), "vip-1", False),
        (a_fan(invite_codes=INVITED), "VIP", False),
        (a_fan(invite_codes=INVITED), "", False),
        (a_fan(invite_codes=INVITED), None, False),
        (a_fan(), "VIP-1", False),
        (a_fan(invite_codes={TOUR: ()}), None, False),
    ],
    ids=["listed", "another campaign's", "other case", "a part", "empty", "none", "not invited", "an empty list"],
)
def test_an_invite_code_must_be_listed_for_this_fan_and_campaign(fan: Fan, code: str | None, passes: bool) -> None:
    campaign = a_campaign(gates=Gates(invite_only=True))

    assert campaign.closed_gates(fan, code) == ([] if passes else ["gate.invite_required"])


@pytest.mark.parametrize(
    ("linked", "passes"),
    [(("x", "spotify"), True), (("x", "spotify", "tiktok"), True), (("spotify",), False), ((), False)],
)
def test_every_required_account_must_be_linked(linked: tuple[str, ...], passes: bool) -> None:
    campaign = a_campaign(gates=Gates(linked_accounts=("spotify", "x")))

    closed = campaign.closed_gates(a_fan(linked_accounts=linked), None)

    assert closed == ([] if passes else ["gate.linked_account_required"])


@pytest.mark.parametrize("verified", [True, False])
def test_the_card_must_be_verified(verified: bool) -> None:
    campaign = a_campaign(gates=Gates(verified_card=True))

    assert campaign.closed_gates(a_fan(verified_card=verified), None) == (
        [] if verified else ["gate.card_required"]
    )


def test_the_text_of_an_account_has_no_personal_data() -> None:
    shown = repr(a_vouched_fan())

    assert "bob" in shown
    for personal in ("12015550123", "example.org", "Bob", "Bøe", "VIP"):
        assert personal not in shown
