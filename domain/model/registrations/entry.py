"""A fan's registration for a campaign, and everything that may happen to it.

Every change that others may see raises the revision by one and leaves a message that tells of it; entry and
messages are stored in one write, so nothing is told that did not happen, and nothing that happened is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from domain.model.ids import CampaignId, UserId, new_id
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.markets import Preferences, Transfer
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber


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
    """What the stream hears of; the CloudEvents type is ``fangate.entry.`` and this."""

    CREATED = "created"
    UPDATED = "updated"
    PHONE_CONFIRMED = "phone_confirmed"
    TRANSFERRED = "transferred"
    SELECTED = "selected"


class BackgroundTask(StrEnum):
    """What else a stored change may ask for, to be done by a worker."""

    SEND_RECEIPT = "send_receipt"
    RETRY_FANSCORE = "retry_fanscore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Stored with the entry, in order, until a worker has passed it on. ``id`` is also the dedupe key."""

    id: str
    about: EntryEvent | BackgroundTask
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fraud:
    """What Nudetect thinks of it, 0 to 100; no score where it could not be asked."""

    status: FraudStatus = FraudStatus.UNAVAILABLE
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a fan tells: everything of a registration that its owner can change."""

    phone: PhoneNumber = field(repr=False)
    markets: Preferences
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    opt_ins: Mapping[str, bool] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Where the confirmation of the entry's phone stands, while it is not confirmed."""

    challenge: Challenge | None
    """The code last sent; None while none could be sent."""
    sends: int
    resend_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fan in one campaign. ``revision`` counts the changes others may see, ``version`` all of them."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    details: Details
    phone_confirmed_at: datetime | None = None
    fanscore: float | None = None
    """The account's score, 0 to 1; None while it is not known yet."""
    fanscore_asked: bool = True
    """False where no account scoring is configured."""
    fraud: Fraud = Fraud()
    selection: Selection = Selection.NONE
    score: float | None = None
    """What the scoring service gave the fan, 0 to 100. Kept beside the phone and the markets, so that no answer
    about who is eligible can see one of them older than the others."""
    verification: Verification | None = None
    receipt_due: bool = True
    """Until the entry was confirmed for the first time."""
    revision: int = 0
    version: int = 0
    created_at: datetime
    updated_at: datetime
    messages: tuple[Message, ...] = ()
    """Left by this and earlier changes and not passed on yet; a store may load none of them."""

    @classmethod
    def register(cls, campaign_id: CampaignId, user_id: UserId, details: Details, now: datetime) -> "Entry":
        """A new entry, not confirmed yet, with its first revision still to come."""
        return cls(
            id=new_id(), campaign_id=campaign_id, user_id=user_id, details=details, created_at=now, updated_at=now
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
        """In this or another spelling."""
        return phone_key(self.details.phone) == phone_key(phone)

    def revise(self, details: Details) -> "Entry":
        """The fan changed something. Another phone is an unconfirmed phone (REQ-003).

        Another spelling of a confirmed telephone is no other phone. While a code is on its way it is: the code may
        arrive under this spelling only.
        """
        if details.phone == self.details.phone or (self.confirmed and self.has_telephone(details.phone)):
            return replace(self, details=details)
        return replace(self, details=details, phone_confirmed_at=None, verification=None)

    def confirm(self, now: datetime) -> "Entry":
        """The phone is the fan's own."""
        if self.confirmed:
            return self
        return replace(self, phone_confirmed_at=now, verification=None)

    def free_phone(self, now: datetime) -> "Entry":
        """The confirmation was a mistake. As with a changed phone, it has to be confirmed anew (REQ-003)."""
        waiting = Verification(challenge=None, sends=0, resend_after=now)
        return replace(self, phone_confirmed_at=None, verification=waiting)

    @property
    def fanscore_status(self) -> FanscoreStatus:
        if self.fanscore is not None:
            return "scored"
        return "pending" if self.fanscore_asked else "not_asked"

    def account_scored(self, fanscore: float) -> "Entry":
        """What account scoring thinks of the fan is known."""
        return replace(self, fanscore=fanscore)

    def transfer(self, transfer: Transfer) -> "Entry":
        """The order of the markets that were not moved is kept (REQ-005)."""
        return replace(self, details=replace(self.details, markets=transfer.apply(self.details.markets)))

    def told(self, event: EntryEvent, now: datetime, *tasks: BackgroundTask) -> "Entry":
        """The next revision, with its event, and the receipt when it is due."""
        now = max(now, self.updated_at)  # Changes at once are stored in any order, and clocks differ.
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
