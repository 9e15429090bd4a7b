"""Finding registrations: the filters of staff, and the order of the list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.emails import email_key
from domain.model.registrations.entry import Entry, EntryStatus, FraudStatus, Selection
from domain.model.registrations.history import EntryWithHistory
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """None: any. All that is given must fit."""

    user_id: UserId | None = None
    phone: PhoneNumber | None = field(default=None, repr=False)
    """In any spelling of the telephone."""
    email: str | None = field(default=None, repr=False)
    """Whatever its case."""
    status: EntryStatus | None = None
    market: MarketId | None = None
    selection: Selection | None = None
    fraud: FraudStatus | None = None
    scored: bool | None = None
    """Of confirmed fans: do they have an uploaded score? Others are neither scored nor not scored."""

    def admits(self, entry: Entry) -> bool:
        return (
            (self.user_id is None or entry.user_id == self.user_id)
            and (self.phone is None or entry.has_telephone(self.phone))
            and (self.email is None or _has_email(entry, self.email))
            and (self.status is None or entry.status is self.status)
            and (self.market is None or self.market in entry.details.markets)
            and (self.selection is None or entry.selection is self.selection)
            and (self.fraud is None or entry.fraud.status is self.fraud)
            and (self.scored is None or (entry.confirmed and entry.eligible is self.scored))
        )


def _has_email(entry: Entry, email: str) -> bool:
    return entry.details.email is not None and email_key(entry.details.email) == email_key(email)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ListPosition:
    """A position in the list, which is by time of creation and then by userId, both descending.

    Neither ever changes, so a page begins behind the one before, whatever changes in between.
    """

    created_at: datetime
    user_id: UserId

    @classmethod
    def of(cls, entry: Entry) -> "ListPosition":
        return cls(created_at=entry.created_at, user_id=entry.user_id)


class FoundEntry(NamedTuple):
    """Which registration was found."""

    campaign_id: CampaignId
    user_id: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    entries: Sequence[EntryWithHistory]
    """There may be fewer than asked for, and even none, although more follow."""
    next: ListPosition | None
    """The next page begins behind it. None on the last page."""


def page_of(
    found: Sequence[EntryWithHistory], limit: int, *, searched_to: ListPosition | None = None
) -> EntryPage:
    """``found``: at most one more than ``limit``. ``searched_to``: where the search stopped before its end."""
    if len(found) > limit:
        return EntryPage(entries=found[:limit], next=ListPosition.of(found[limit - 1].entry))
    return EntryPage(entries=found, next=searched_to)
