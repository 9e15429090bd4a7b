"""What tests of registrations are made of: campaigns, fans' accounts, challenges and entries."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.campaigns import Campaign, CampaignStatus, Fan, Gates
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import Details, Entry
from domain.model.registrations.markets import MarketId, Preferences
from domain.model.registrations.phones import PhoneNumber

NOON: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=seconds) for seconds in (1, 60, 3_600, 86_400))
TICK: Final = timedelta(milliseconds=1)
"""The smallest step of a Clock."""

TOUR: Final = CampaignId("tour")
ANN, BOB = UserId("ann"), UserId("bob")
PHONE, OTHER_PHONE = PhoneNumber("+12015550123"), PhoneNumber("+12015550124")
NYC, BOS, LAX, SFO, CHI, MIA = (MarketId(market) for market in ("nyc", "bos", "lax", "sfo", "chi", "mia"))
KEY: Final = b"a confirmation key for tests, long enough"


@dataclass(slots=True)
class Seconds:
    """A clock of seconds that stands still until it is moved."""

    now: float = 1_000

    def __call__(self) -> float:
        return self.now


def a_campaign(id: str = TOUR, **changes: Any) -> Campaign:
    """Open, with four markets, in the United States, and nothing asked of the fan."""
    campaign = Campaign(
        id=CampaignId(id),
        name="The tour",
        status=CampaignStatus.OPEN,
        needs_phone_confirmation=True,
        markets=(NYC, BOS, LAX, SFO),
        default_region="US",
    )
    return replace(campaign, **changes)


def a_gated_campaign() -> Campaign:
    """With everything a campaign can have."""
    gates = Gates(invite_only=True, linked_accounts=("spotify", "x"), verified_card=True)
    return a_campaign("gated", gates=gates, opens_at=NOON, closes_at=NOON + DAY)


def a_fan(id: str = ANN, **changes: Any) -> Fan:
    return replace(Fan(id=UserId(id), email=f"{id}@example.org"), **changes)


def a_vouched_fan() -> Fan:
    """With everything an account can have."""
    return a_fan(
        "bob",
        first_name="Bob",
        last_name="Bøe",
        phone=PHONE,
        phone_verified=True,
        linked_accounts=("spotify", "x"),
        verified_card=True,
        invite_codes={CampaignId("gated"): ("VIP-1", "VIP-2")},
    )


def some_details(*markets: MarketId, phone: PhoneNumber = PHONE) -> Details:
    return Details(phone=phone, markets=markets or (NYC,))


def an_entry(user_id: UserId = ANN, *, markets: Preferences = (NYC, BOS), phone: PhoneNumber = PHONE) -> Entry:
    return Entry.register(TOUR, user_id, some_details(*markets, phone=phone), NOON)


def a_confirmed_entry(user_id: UserId = ANN) -> Entry:
    return an_entry(user_id).confirm(NOON)


def a_challenge(code: str = "123456", *, user_id: UserId = ANN, phone: PhoneNumber = PHONE) -> Challenge:
    return Challenge.open(TOUR, user_id, phone, code, key=KEY, expires_at=NOON + 10 * MINUTE)


def campaign_body(campaign: Campaign) -> dict[str, Any]:
    """As campaign-service says it."""
    return {
        "id": campaign.id,
        "name": campaign.name,
        "status": campaign.status,
        "opensAt": _instant(campaign.opens_at),
        "closesAt": _instant(campaign.closes_at),
        "needsPhoneConfirmation": campaign.needs_phone_confirmation,
        "gates": {
            "inviteOnly": campaign.gates.invite_only,
            "linkedAccounts": list(campaign.gates.linked_accounts),
            "verifiedCard": campaign.gates.verified_card,
        },
        "markets": [{"id": market, "name": market.upper()} for market in campaign.markets],
        "defaultRegion": campaign.default_region,
        "smsCountries": list(campaign.sms_countries),
    }


def fan_body(fan: Fan) -> dict[str, Any]:
    """As user-service says it."""
    return {
        "id": fan.id,
        "email": fan.email,
        "firstName": fan.first_name,
        "lastName": fan.last_name,
        "phone": fan.phone,
        "phoneVerified": fan.phone_verified,
        "linkedAccounts": list(fan.linked_accounts),
        "verifiedCard": fan.verified_card,
        "inviteCodes": {campaign: list(codes) for campaign, codes in fan.invite_codes.items()},
    }


def as_file(bodies: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(bodies))


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
