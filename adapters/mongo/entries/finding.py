"""Where the entries are that a filter admits, and how MongoDB picks them out.

Three indexes have the order of the list: ``newest`` has all entries, ``searched`` those of a phone or a mail
address, ``suspicious`` those that fraud detection doubts. The indexes of counts and rankings have another order,
so what is found in them must be sorted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.mongo.counting import SNAPSHOT
from adapters.mongo.driver import Raw
from adapters.mongo.entries.choices import CHOICE
from adapters.mongo.entries.known_choices import CHOICES, KnownChoices
from adapters.mongo.entries.search_keys import key_of_email, key_of_phone
from adapters.mongo.entries.statuses import LIVE
from adapters.mongo.keys import key
from domain.model.ids import CampaignId
from domain.model.registrations.entry import EntryStatus, FraudStatus, Selection
from domain.model.registrations.markets import MarketId
from domain.model.registrations.search import EntryFilter, ListPosition

SUSPICIOUS: Final = (FraudStatus.FLAGGED, FraudStatus.REVIEW)
"""As in the filter of the index."""
_ALL: Final = EntryFilter()


@dataclass(frozen=True, slots=True)
class Place:
    """A range of an index that has all entries that the filter admits."""

    index: str
    entries: Raw
    searched: bool = False
    """It may also have many others, in the order of the list."""
    concern: Raw = field(default_factory=lambda: SNAPSHOT)
    """It has them at this instant; by default at any."""


def in_order(campaign_id: CampaignId, wanted: EntryFilter) -> Place:
    of_campaign: Raw = {"campaignId": campaign_id}
    if wanted.phone is not None:
        key = {"searchKeys": key_of_phone(wanted.phone)}
        return Place("searched", of_campaign | key, replace(wanted, phone=None) != _ALL)
    if wanted.email is not None:
        key = {"searchKeys": key_of_email(wanted.email)}
        return Place("searched", of_campaign | key, replace(wanted, email=None) != _ALL)
    if wanted.fraud in SUSPICIOUS:
        doubted = {"fraud.status": wanted.fraud.value}
        return Place("suspicious", of_campaign | doubted, replace(wanted, fraud=None) != _ALL)
    return Place("newest", of_campaign | _status(wanted), replace(wanted, status=None) != _ALL)


def anywhere(campaigns: Sequence[CampaignId], wanted: EntryFilter) -> Place:
    """In all of these campaigns, by the fan, the phone or the mail address."""
    of_campaigns: Raw = {"campaignId": {"$in": [*campaigns]}, "status": {"$in": LIVE}}
    if wanted.user_id is not None:
        keys = {"_id": {"$in": [key(id, wanted.user_id) for id in campaigns]}}
        return Place("_id_", of_campaigns | keys)
    assert wanted.phone is not None or wanted.email is not None, "it names a fan, a phone or a mail address"
    searched = key_of_phone(wanted.phone) if wanted.phone is not None else key_of_email(wanted.email or "")
    return Place("searched", of_campaigns | {"searchKeys": searched})


def market_by_choices(campaign_id: CampaignId, wanted: EntryFilter) -> MarketId | None:
    """The market of the filter, if the choices of the campaign can show where the entries are that have it."""
    return wanted.market if in_order(campaign_id, wanted).index == "newest" else None


def rare(campaign_id: CampaignId, wanted: EntryFilter, known: KnownChoices | None) -> Iterator[Place]:
    """Where there may be so few that they can be sorted. ``known``: the choices that have the market."""
    if in_order(campaign_id, wanted).index != "newest":
        return
    base = {"campaignId": campaign_id} | _status(wanted)
    if known is not None and known.sure and known.names is not None:
        yield Place(CHOICES, base | {CHOICE: {"$in": list(known.names)}}, concern=known.concern)
    if wanted.selection is not None or wanted.scored is not None:
        yield Place("ranking", base | _selection(wanted) | _score(wanted))


def all_of(place: Place, wanted: EntryFilter) -> Raw:
    """The conditions of ``EntryFilter.admits``, and the range of the index."""
    also = _status(wanted) | _score(wanted)
    if wanted.selection is not None:
        also |= _selection(wanted)
    if wanted.market is not None:
        also |= {"markets": wanted.market}
    if wanted.fraud is not None:
        also |= _fraud(wanted.fraud)
    conditions = [place.entries, also]
    if wanted.phone is not None and wanted.email is not None:
        conditions.append({"searchKeys": key_of_email(wanted.email)})
    return {"campaignId": place.entries["campaignId"], "$and": conditions}


def between(after: ListPosition | None, stop: ListPosition | None) -> Raw:
    """Behind ``after``, and up to ``stop``. The times bound the index; entries of the same time are left out."""
    times: dict[str, Any] = {}
    others: list[Raw] = []
    if after is not None:
        times["$lte"] = after.created_at
        others.append({"createdAt": after.created_at, "userId": {"$gte": after.user_id}})
    if stop is not None:
        times["$gte"] = stop.created_at
        others.append({"createdAt": stop.created_at, "userId": {"$lt": stop.user_id}})
    return {"createdAt": times, "$nor": others} if others else {}


def _status(wanted: EntryFilter) -> Raw:
    """A withdrawn entry has a status that is not asked for. Only confirmed ones are scored or not."""
    statuses = LIVE if wanted.status is None else [wanted.status.value]
    if wanted.scored is not None:
        statuses = [status for status in statuses if status == EntryStatus.CONFIRMED.value]
    return {"status": {"$in": statuses}}


def _score(wanted: EntryFilter) -> Raw:
    if wanted.scored is None:
        return {}
    return {"score": {"$type": "number"} if wanted.scored else None}


def _selection(wanted: EntryFilter) -> Raw:
    """All selections by name: so the index goes on with the score."""
    selections = list(Selection) if wanted.selection is None else [wanted.selection]
    return {"selection": {"$in": [one.value for one in selections]}}


def _fraud(status: FraudStatus) -> Raw:
    """As ``not_asked`` is stored."""
    if status is FraudStatus.NOT_ASKED:
        return {"fraud.asked": False}
    asked = {"fraud.asked": {"$ne": False}} if status is FraudStatus.UNAVAILABLE else {}
    return {"fraud.status": status.value} | asked
