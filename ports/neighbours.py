"""The neighbours: other systems that Fangate asks or informs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from domain.model.cloud_events import OutgoingEvent
from domain.model.draws.beacons import DrandRound
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
        """Is account scoring configured?"""
        ...

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        """The score, 0 to 1. None when it is not known yet, or without an answer within 300 ms. Never raises."""
        ...

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        """The same for the worker, which can wait. None only when the score is not known yet. Raises Unavailable
        without an answer within a few seconds, or when the service refuses all requests."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationAttempt:
    """A registration or change that the fraud detection assesses."""

    campaign_id: CampaignId
    user_id: UserId
    phone: PhoneNumber = field(repr=False)
    email: str | None = field(repr=False)
    session_id: str | None = None
    ip: str | None = field(default=None, repr=False)
    user_agent: str | None = None
    connection_ip: str | None = field(default=None, repr=False)
    """``ip`` and ``user_agent`` are sent by the caller. This field and the next come from the connection."""
    connection_user_agent: str | None = None
    event: Literal["create", "update"]


class FraudDetection(Protocol):
    async def assess(self, attempt: RegistrationAttempt) -> Fraud:
        """The assessment. ``unavailable`` without an answer within 300 ms, ``not_asked`` when no fraud detection
        is configured. Never raises."""
        ...


class Sms(Protocol):
    async def send(self, to: PhoneNumber, body: str) -> None:
        """Send one message. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The content and the address of a receipt. A repeat has the same ``id``."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    email: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    markets: tuple[str, ...] = ()


class Receipts(Protocol):
    async def send(self, receipt: Receipt) -> bool:
        """Send a receipt, once for each ``id`` if the mailer can recognise repeats. False when the mailer refuses
        it for ever (a wrong address). Raises Unavailable when it may work later."""
        ...


class Realtime(Protocol):
    async def send(self, event: OutgoingEvent) -> None:
        """Tell the open pages that an entry changed, with one attempt. Raises Unavailable."""
        ...


class PublicBeacon(Protocol):
    """Publishes random values that no party can know before their time."""

    @property
    def configured(self) -> bool:
        """Is there a beacon? Without one, only randomness that staff give can decide a draw."""
        ...

    def public_address(self, wanted: DrandRound) -> str:
        """Where the public can read the round, as soon as it is published."""
        ...

    async def randomness(self, wanted: DrandRound) -> str | None:
        """The randomness of the round, 32 bytes in hex, lower case. Its signature was verified. None: the round is
        not published yet.

        Raises BeaconNotGenuine for an answer with another round, a false signature or other randomness, and
        Unavailable without an answer within 5 s or without a beacon.
        """
        ...


class LiveUpdates(Protocol):
    def announce(self, events: Sequence[OutgoingEvent]) -> None:
        """Send these to the open pages in the background. Returns at once and never raises; an event that cannot
        be sent is dropped."""
        ...
