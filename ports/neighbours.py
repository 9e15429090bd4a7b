"""The neighbours: other systems that Fangate asks or informs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from domain.model.cloud_events import OutgoingEvent
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.campaigns import Campaign, Fan
from domain.model.registrations.entry import Fraud
from domain.model.registrations.phones import PhoneNumber


class Campaigns(Protocol):
    async def get(self, campaign_id: CampaignId) -> Campaign:
        """The campaign, at most 30 s old. Raises CampaignNotFound, Unavailable (within 2 s)."""
        ...


class Users(Protocol):
    async def get(self, user_id: UserId) -> Fan:
        """The fan's account as it is now. Raises UserNotFound, Unavailable (within 2 s)."""
        ...


class FanscoreSource(Protocol):
    @property
    def configured(self) -> bool:
        """Is there anyone to ask, now or later?"""
        ...

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        """0 to 1; None when it is not known yet, or nobody answers within 300 ms. Never raises."""
        ...

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        """The same for whoever has time: None only when it is not known yet. Raises Unavailable when nobody
        answers within a few seconds, or nobody at all would be answered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationAttempt:
    """A registration or change, as the fraud detection looks at it."""

    campaign_id: CampaignId
    user_id: UserId
    phone: PhoneNumber = field(repr=False)
    email: str | None = field(repr=False)
    session_id: str | None = None
    ip: str | None = field(default=None, repr=False)
    user_agent: str | None = None
    connection_ip: str | None = field(default=None, repr=False)
    """``ip`` and ``user_agent`` are what the caller told, this and the next what the connection shows."""
    connection_user_agent: str | None = None
    event: Literal["create", "update"]


class FraudDetection(Protocol):
    async def assess(self, attempt: RegistrationAttempt) -> Fraud:
        """What it thinks; ``unavailable`` without an answer within 300 ms, ``not_asked`` where there is nobody to
        ask. Never raises."""
        ...


class Sms(Protocol):
    async def send(self, to: PhoneNumber, body: str) -> None:
        """Hand over one message. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the mail says, and to whom. ``id`` tells a repeat from another receipt."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    email: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    markets: tuple[str, ...] = ()


class Receipts(Protocol):
    async def send(self, receipt: Receipt) -> bool:
        """Send it, once for each ``id`` where the mailer can tell. False if the mailer will not have it, now or
        later (an address that is none). Raises Unavailable when it may work later."""
        ...


class Realtime(Protocol):
    async def send(self, event: OutgoingEvent) -> None:
        """Tell the open pages that an entry changed, with one attempt. Raises Unavailable."""
        ...


class LiveUpdates(Protocol):
    def announce(self, events: Sequence[OutgoingEvent]) -> None:
        """Send these to the open pages in the background. Returns at once and never raises; an event that cannot
        be sent is dropped."""
        ...
