"""A campaign, as campaign-service returns it, and a fan's account, as user-service returns it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.markets import MarketId


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The conditions that a fan must meet to register."""

    invite_only: bool = False
    linked_accounts: tuple[str, ...] = ()
    verified_card: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """A fan's account."""

    id: UserId
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    phone_verified: bool = False
    linked_accounts: tuple[str, ...] = ()
    verified_card: bool = False
    invite_codes: Mapping[CampaignId, tuple[str, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    id: CampaignId
    name: str
    status: CampaignStatus
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    needs_phone_confirmation: bool = False
    gates: Gates = Gates()
    markets: tuple[MarketId, ...] = ()
    market_names: Mapping[MarketId, str] = field(default_factory=dict, compare=False)
    """For people to read. A market may have none."""
    default_region: str | None = None
    sms_countries: tuple[str, ...] = ()
    """The countries of the numbers that codes are sent to. Empty: all countries."""

    def sends_to(self, country: str | None) -> bool:
        """May codes be sent to numbers of this country? None: the number has no country (a satellite phone)."""
        return not self.sms_countries or country in self.sms_countries

    def takes_registrations(self, now: datetime) -> bool:
        """Is the campaign open, and is ``now`` within its times? (entry-service REQ-001, REQ-004)"""
        begun = self.opens_at is None or self.opens_at <= now
        ended = self.closes_at is not None and self.closes_at <= now
        return self.status is CampaignStatus.OPEN and begun and not ended

    def closed_for(self, time: timedelta, now: datetime) -> bool:
        """Did it close so long ago? One that does not say when it closes never did."""
        closed = self.closes_at is not None and self.closes_at <= now - time
        return closed and not self.takes_registrations(now)

    def closed_gates(self, fan: Fan, invite_code: str | None) -> list[str]:
        """The codes of all gates that this fan does not pass."""
        closed = []
        if self.gates.invite_only and invite_code not in fan.invite_codes.get(self.id, ()):
            closed.append("gate.invite_required")
        if not set(self.gates.linked_accounts) <= set(fan.linked_accounts):
            closed.append("gate.linked_account_required")
        if self.gates.verified_card and not fan.verified_card:
            closed.append("gate.card_required")
        return closed
