"""The ports of registrations as one, and entries to put there."""

import uuid
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.model.errors import DomainError
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.messages import NO_REQUEST, RequestContext, StoredMessage
from domain.model.messaging.relaying import Channel
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import Details, Entry, EntryEvent, Selection, Verification
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from ports.entries import EntryChange, EntryQueries, EntrySearch, EntryStore, Scores, Withdrawals
from ports.messaging import Outbox
from ports.phones import FanBudgets, PhoneBook

NOW = datetime(2096, 11, 21, 12, 0, tzinfo=UTC)
"""Of the future: MongoDB deletes what is over, once a minute, also in the middle of a test."""
TOUR = CampaignId("tour")
MARKETS = tuple(MarketId(market) for market in ("nyc", "bos", "chi", "lax", "sea"))


@dataclass(frozen=True, slots=True)
class Asking:
    """The request behind the changes, one for each task, as in the application."""

    _said: ContextVar[RequestContext] = field(default_factory=lambda: ContextVar("asking", default=NO_REQUEST))

    def say(self, request: RequestContext) -> None:
        self._said.set(request)

    def __call__(self) -> RequestContext:
        return self._said.get()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPorts:
    entries: EntryStore
    queries: EntryQueries
    search: EntrySearch
    scores: Scores
    withdrawals: Withdrawals
    phone_book: PhoneBook
    budgets: FanBudgets
    outbox: Outbox
    asking: Asking
    scoring: Any = None
    """The collection that keeps the uploads; None in memory."""


EVERYWHERE = range(PARTITIONS)


async def waiting(
    ports: EntryPorts, channel: Channel = Channel.EVENTS, limit: int = 1_000
) -> Sequence[StoredMessage]:
    """All messages that wait on this channel, with a clock far beyond every pause."""
    return await ports.outbox.pending(channel, EVERYWHERE, limit, NOW + timedelta(days=1))


def new_campaign() -> CampaignId:
    """A campaign of this example's own."""
    return CampaignId(uuid.uuid4().hex)


def fan(number: int) -> UserId:
    return UserId(f"fan-{number:04}")


def phone(number: int) -> PhoneNumber:
    return PhoneNumber(f"+4670{number:07}")


def registered(
    user_id: UserId,
    number: PhoneNumber,
    *,
    campaign_id: CampaignId = TOUR,
    markets: Sequence[MarketId] = MARKETS[:2],
    confirmed: bool = False,
    at: datetime = NOW,
) -> Entry:
    """An entry with its first revision, as it goes into a store."""
    details = Details(phone=number, markets=tuple(markets), email="fan@example.com")
    entry = Entry.register(campaign_id, user_id, details, at)
    return (entry.confirm(at) if confirmed else entry).with_event(EntryEvent.CREATED, at)


def eligible(
    user_id: UserId,
    number: PhoneNumber,
    score: float | None,
    *,
    campaign_id: CampaignId = TOUR,
    markets: Sequence[MarketId] = MARKETS[:2],
    selection: Selection = Selection.NONE,
    confirmed: bool = True,
) -> Entry:
    entry = registered(user_id, number, campaign_id=campaign_id, markets=markets, confirmed=confirmed)
    return replace(entry, score=score, selection=selection)


WRONG = b"the hash of a wrong code"


def challenged(entry: Entry, *, attempts: int = 0) -> Entry:
    """The entry with a code under way to its number."""
    challenge = Challenge.open(
        entry.campaign_id,
        entry.user_id,
        entry.details.phone,
        code="123456",
        key=b"k",
        expires_at=NOW + timedelta(minutes=10),
    )
    verification = Verification(
        challenge=replace(challenge, attempts=attempts), sends=1, resend_after=NOW + timedelta(seconds=30)
    )
    return replace(entry, verification=verification, version=entry.version + 1)


def becoming(entry: Entry) -> EntryChange:
    """The change that stores ``entry``, whatever is there."""
    return lambda _: entry


def existing(change: Callable[[Entry], Entry]) -> EntryChange:
    """A change of an entry that must be there."""

    def apply(entry: Entry | None) -> Entry:
        assert entry is not None
        return change(entry)

    return apply


async def store(ports: EntryPorts, *entries: Entry) -> None:
    for entry in entries:
        await ports.entries.change(entry.campaign_id, entry.user_id, becoming(entry))


def without_messages(entry: Entry) -> Entry:
    return replace(entry, messages=())


def noted(name: str, value: str) -> Callable[[Entry], Entry]:
    """A visible change that is different from every other one."""

    def note(entry: Entry) -> Entry:
        attributes = {**entry.details.attributes, name: value}
        revised = entry.revise(replace(entry.details, attributes=attributes))
        return revised.with_event(EntryEvent.UPDATED, entry.updated_at + timedelta(seconds=1))

    return note


async def tried_to_confirm(ports: EntryPorts, entry: Entry) -> Entry | DomainError:
    """The confirmed entry, or the reason of the refusal."""

    def confirm(current: Entry) -> Entry:
        return current.confirm(NOW).with_event(EntryEvent.PHONE_CONFIRMED, NOW)

    try:
        return await ports.entries.change(TOUR, entry.user_id, existing(confirm))
    except DomainError as refusal:
        return refusal


async def tried_to_create(ports: EntryPorts, entry: Entry) -> Entry | DomainError:
    try:
        return await ports.entries.change(TOUR, entry.user_id, becoming(entry))
    except DomainError as refusal:
        return refusal


def refusals(outcome: Sequence[Entry | DomainError]) -> list[type[DomainError]]:
    return [type(one) for one in outcome if isinstance(one, DomainError)]


async def challenge_sent(ports: EntryPorts) -> Challenge:
    entry = challenged(registered(fan(1), phone(1)))
    await store(ports, entry)
    assert entry.verification is not None
    assert entry.verification.challenge is not None
    return entry.verification.challenge
