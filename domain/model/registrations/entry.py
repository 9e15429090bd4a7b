"""A fan's registration for a campaign, with all its changes (entry-service REQ-002 to REQ-006, REQ-010).

Each published change raises the revision by one and leaves a message. Entry and messages are stored in one write:
no event is published for a change that was not stored, and no event of a stored change is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from domain.model.ids import BallotId, CampaignId, DrawId, UserId, new_ballot_id, new_id
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.markets import MarketId, Preferences, Transfer
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.withdrawal import Withdrawn


class EntryStatus(StrEnum):
    PENDING = "pending_confirmation"
    CONFIRMED = "confirmed"


class Selection(StrEnum):
    NONE = "none"
    SELECTED = "selected"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"


class FraudStatus(StrEnum):
    CLEAR = "clear"
    REVIEW = "review"
    FLAGGED = "flagged"
    UNAVAILABLE = "unavailable"
    NOT_ASKED = "not_asked"


FanscoreStatus = Literal["scored", "pending", "not_asked"]


class EntryEvent(StrEnum):
    """Events for the stream. The CloudEvents type is ``fangate.entry.`` followed by the value."""

    CREATED = "created"
    UPDATED = "updated"
    PHONE_CONFIRMED = "phone_confirmed"
    TRANSFERRED = "transferred"
    SELECTED = "selected"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class BackgroundTask(StrEnum):
    """Work that a stored change asks for. The worker does it later."""

    SEND_RECEIPT = "send_receipt"
    RETRY_FANSCORE = "retry_fanscore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Stored with the entry, in order, until the worker has passed it on. ``id`` is also the dedupe key."""

    id: str
    about: EntryEvent | BackgroundTask
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fraud:
    """The assessment by Nudetect, 0 to 100. No score when Nudetect was not asked or did not answer."""

    status: FraudStatus = FraudStatus.UNAVAILABLE
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatedPlace:
    """The place that a draw gave to the fan."""

    market: MarketId
    draw_id: DrawId


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The part of a registration that the fan can change."""

    phone: PhoneNumber = field(repr=False)
    markets: Preferences
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    opt_ins: Mapping[str, bool] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The state of the confirmation while the phone is not confirmed."""

    challenge: Challenge | None
    """The challenge of the last code. None while no code could be sent."""
    sends: int
    resend_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fan in one campaign. ``revision`` counts the published changes, ``version`` counts all changes."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    ballot_id: BallotId | None = None
    """The entry's name in draws: random, made with the entry, never changed. None in entries of earlier releases
    that were not given one yet."""
    details: Details
    phone_confirmed_at: datetime | None = None
    fanscore: float | None = None
    """The score of the account, 0 to 1. None while it is not known."""
    fanscore_asked: bool = True
    """False when no account scoring is configured."""
    fraud: Fraud = Fraud()
    selection: Selection = Selection.NONE
    allocation: AllocatedPlace | None = None
    """None where no draw gave a place, or the fan is not selected any more."""
    score: float | None = None
    """The score that staff uploaded for the fan, 0 to 100. It is stored with the phone and the markets, so that a
    query for eligible fans sees all three at the same instant."""
    verification: Verification | None = None
    receipt_due: bool = True
    """True until the entry is confirmed for the first time."""
    revision: int = 0
    version: int = 0
    created_at: datetime
    updated_at: datetime
    messages: tuple[Message, ...] = ()
    """Messages of this and earlier changes that are not passed on yet. A store may load none of them."""

    @classmethod
    def register(cls, campaign_id: CampaignId, user_id: UserId, details: Details, now: datetime) -> "Entry":
        """A new entry, not confirmed. Its first event gives it revision 1."""
        return cls(
            id=new_id(),
            campaign_id=campaign_id,
            user_id=user_id,
            ballot_id=new_ballot_id(),
            details=details,
            created_at=now,
            updated_at=now,
        )

    @property
    def status(self) -> EntryStatus:
        return EntryStatus.PENDING if self.phone_confirmed_at is None else EntryStatus.CONFIRMED

    @property
    def confirmed(self) -> bool:
        return self.phone_confirmed_at is not None

    @property
    def eligible(self) -> bool:
        """Scored, and the phone confirmed (entry-service REQ-006)."""
        return self.confirmed and self.score is not None

    def has_telephone(self, phone: PhoneNumber) -> bool:
        """Is ``phone`` the entry's number, in this or another spelling?"""
        return phone_key(self.details.phone) == phone_key(phone)

    def revise(self, details: Details) -> "Entry":
        """Apply changes of the fan. A new phone number is not confirmed (entry-service REQ-003).

        Another spelling of a confirmed telephone stays confirmed. Before the confirmation, it counts as a new
        number: a code may reach the telephone under this spelling only.
        """
        if details.phone == self.details.phone or (self.confirmed and self.has_telephone(details.phone)):
            return replace(self, details=details)
        return replace(self, details=details, phone_confirmed_at=None, verification=None)

    def confirm(self, now: datetime) -> "Entry":
        """The fan has proved that the phone is theirs."""
        if self.confirmed:
            return self
        return replace(self, phone_confirmed_at=now, verification=None)

    def free_phone(self, now: datetime) -> "Entry":
        """Unset the confirmation. As after a change, the phone must be confirmed again (entry-service REQ-003)."""
        waiting = Verification(challenge=None, sends=0, resend_after=now)
        return replace(self, phone_confirmed_at=None, verification=waiting)

    @property
    def fanscore_status(self) -> FanscoreStatus:
        if self.fanscore is not None:
            return "scored"
        return "pending" if self.fanscore_asked else "not_asked"

    def account_scored(self, fanscore: float) -> "Entry":
        """Set the account score."""
        return replace(self, fanscore=fanscore)

    def select(self, selection: Selection, allocation: AllocatedPlace | None = None) -> "Entry":
        """Set the selection. Only a selected fan has a place; without a new one, an earlier one stays."""
        if selection is not Selection.SELECTED:
            return replace(self, selection=selection, allocation=None)
        return replace(self, selection=selection, allocation=allocation or self.allocation)

    def transfer(self, transfer: Transfer) -> "Entry":
        """Move the fan to another market. The order of the other markets is kept (entry-service REQ-005)."""
        return replace(self, details=replace(self.details, markets=transfer.apply(self.details.markets)))

    def with_event(self, event: EntryEvent, now: datetime, *tasks: BackgroundTask) -> "Entry":
        """The next revision, with its event, and the receipt when it is due."""
        now = max(now, self.updated_at)  # Parallel changes may be stored in any order, and clocks differ.
        due = self.receipt_due and self.confirmed
        about = (event, *tasks, *((BackgroundTask.SEND_RECEIPT,) if due else ()))
        return replace(
            self,
            revision=self.revision + 1,
            version=self.version + 1,
            updated_at=now,
            receipt_due=self.receipt_due and not due,
            messages=(*self.messages, *(Message(id=new_id(), about=what, at=now) for what in about)),
        )

    def withdraw(self, now: datetime) -> Withdrawn:
        """Give the registration up: nothing personal is left, and the number is free."""
        return Withdrawn(
            id=self.id,
            campaign_id=self.campaign_id,
            user_id=self.user_id,
            revision=self.revision + 1,
            version=self.version + 1,
            created_at=self.created_at,
            withdrawn_at=max(now, self.updated_at),
            event_id=new_id(),
        )

    def erase(self, now: datetime) -> Withdrawn:
        """Give the registration up, because its person is erased."""
        return replace(self.withdraw(now), erased=True)

    def after(self, withdrawn: Withdrawn) -> "Entry":
        """This new entry of a fan who had withdrawn an earlier one: revision and version go on from there."""
        return replace(self, revision=withdrawn.revision + self.revision, version=withdrawn.version + self.version)
