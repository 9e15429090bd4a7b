"""Campaigns full of registrations, put straight into the database as the service would have stored them."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.mongo.entries.mapping import new_document
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Details, Entry, Fraud, FraudStatus, Selection
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from tests.bench.ground import Database, Ground, Raw, insert
from tests.bench.neighbours import MARKETS

READERS = 1_000
"""Fans who read repeatedly: more fans than callers, so that consecutive answers differ."""
SHARE_OF_OTHERS = 20
"""One of so many fans is not eligible: pending, or already selected or rejected."""
FIRST_DAY = datetime(2026, 11, 2, tzinfo=UTC)
"""The day on which the fans of a crowd registered."""
DAY = timedelta(days=1)
DECIDED = tuple(selection for selection in Selection if selection is not Selection.NONE)

_PHONES = (PhoneNumber(f"+1212{number}") for number in itertools.count(2_000_000))


def next_phone() -> PhoneNumber:
    """A number used once in the whole run: the limit of codes sent to a number counts all campaigns."""
    return next(_PHONES)


def campaign_of(eligible: int) -> str:
    return f"tour-of-{eligible}"


def fan(number: int) -> str:
    return f"fan-{number:07}"


def registered(ground: Ground) -> Database:
    """Three campaigns, with ``size.few_fans``, ``fans`` and ``many_fans`` eligible fans, and some who are not."""
    if ground.registered is None:
        ground.registered = ground.database()
        for eligible in sorted({ground.size.few_fans, ground.size.fans, ground.size.many_fans}):
            insert(ground.registered.entries, crowd(campaign_of(eligible), eligible))
    return ground.registered


def crowd(campaign: str, eligible: int) -> Iterator[Raw]:
    """Fans who registered at any time of one day."""
    for number in range(eligible + eligible // SHARE_OF_OTHERS):
        entry = confirmed(campaign, number, FIRST_DAY + random.random() * DAY)
        if number < eligible:
            yield new_document(replace(entry, score=_score()))
        elif number % 2:
            yield new_document(replace(entry, score=_score(), selection=random.choice(DECIDED)))
        else:
            yield new_document(replace(entry, phone_confirmed_at=None))


def confirmed(campaign: str, number: int, at: datetime | None = None) -> Entry:
    at = at or datetime.now(UTC)
    details = Details(
        phone=PhoneNumber(f"+1213{2_000_000 + number}"),
        markets=tuple(MarketId(market) for market in random.sample(MARKETS, random.randint(1, len(MARKETS)))),
        email=f"{fan(number)}@example.com",
        first_name="Ada",
        last_name="Lovelace",
        opt_ins={"newsletter": True},
    )
    entry = Entry.register(CampaignId(campaign), UserId(fan(number)), details, at).confirm(at)
    assessed = replace(entry, fanscore=0.82, fraud=Fraud(status=FraudStatus.CLEAR, score=3.0))
    return replace(assessed, revision=2, version=4, receipt_due=False)


def _score() -> float:
    return round(random.uniform(0, 100), 2)
