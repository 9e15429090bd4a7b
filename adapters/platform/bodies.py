"""The JSON of campaign-service and user-service, over HTTP or in files.

Unknown fields are ignored; known fields are checked strictly. Fields that open a campaign are required: if a
missing ``needsPhoneConfirmation`` or ``gates`` meant "none", a misspelled field would admit all fans. Fields that
verify a fan may be missing; then the fan is not verified.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from adapters.outgoing.answers import decoded
from domain.model.ids import CAMPAIGN_ID, USER_ID, CampaignId, UserId
from domain.model.registrations.campaigns import Campaign, CampaignStatus, Fan, Gates
from domain.model.registrations.markets import MarketId
from domain.model.registrations.regions import region_of

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _Body(msgspec.Struct, rename="camel", frozen=True):
    """Field names in camel case, as the neighbours spell them."""


class MarketBody(_Body, frozen=True):
    id: Text
    name: object = None
    """Only for people to read: one that is no text does not make the campaign unreadable."""


class GatesBody(_Body, frozen=True):
    invite_only: bool = False
    linked_accounts: tuple[str, ...] | None = None
    verified_card: bool = False


class CampaignBody(_Body, frozen=True, kw_only=True):
    id: Annotated[str, msgspec.Meta(pattern=CAMPAIGN_ID)]
    name: str = ""
    status: CampaignStatus
    opens_at: Instant | None = None
    closes_at: Instant | None = None
    needs_phone_confirmation: bool
    gates: GatesBody
    markets: tuple[MarketBody, ...]
    default_region: str | None = None
    sms_countries: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.default_region and region_of(self.default_region) is None:
            raise ValueError("defaultRegion: must be the two letters of a country, as in US")
        if not all(map(region_of, self.sms_countries or ())):
            raise ValueError("smsCountries: each must be the two letters of a country, as in US")

    def to_campaign(self) -> Campaign:
        return Campaign(
            id=CampaignId(self.id),
            name=self.name,
            status=self.status,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            needs_phone_confirmation=self.needs_phone_confirmation,
            gates=Gates(
                invite_only=self.gates.invite_only,
                linked_accounts=self.gates.linked_accounts or (),
                verified_card=self.gates.verified_card,
            ),
            markets=tuple(MarketId(market.id) for market in self.markets),
            market_names={MarketId(one.id): one.name for one in self.markets if isinstance(one.name, str)},
            default_region=region_of(self.default_region or ""),
            sms_countries=tuple(country for text in self.sms_countries or () if (country := region_of(text))),
        )


class FanBody(_Body, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern=USER_ID)]
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    phone_verified: bool = False
    linked_accounts: tuple[str, ...] | None = None
    verified_card: bool = False
    invite_codes: dict[str, tuple[str, ...]] | None = None

    def to_fan(self) -> Fan:
        codes = self.invite_codes or {}
        return Fan(
            id=UserId(self.id),
            email=self.email,
            first_name=self.first_name,
            last_name=self.last_name,
            phone=self.phone,
            phone_verified=self.phone_verified,
            linked_accounts=self.linked_accounts or (),
            verified_card=self.verified_card,
            invite_codes={CampaignId(campaign): listed for campaign, listed in codes.items()},
        )


_CAMPAIGN: Final = msgspec.json.Decoder(CampaignBody)
_FAN: Final = msgspec.json.Decoder(FanBody)


def read_campaign(content: bytes) -> Campaign:
    """Raises NoAnswer. Its reason is for the log: it names fields, never values."""
    return decoded(_CAMPAIGN, content).to_campaign()


def read_fan(content: bytes) -> Fan:
    """Raises NoAnswer. Its reason is for the log: it names fields, never values."""
    return decoded(_FAN, content).to_fan()
