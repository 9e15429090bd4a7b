"""A person with something in every place of a store, and the erasure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from domain.model.audit.records import AuditRecord, Facts, new_audit_id
from domain.model.codes.code import Code, Refusal
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import NO_REQUEST, RequestContext
from domain.model.messaging.relaying import Channel, Parked, Settlement
from domain.model.privacy.people import Place, pseudonym_of
from domain.model.registrations.budgets import FanLimits, FanUsage, number_digest
from domain.model.registrations.entry import BackgroundTask, Entry, EntryEvent
from domain.model.registrations.phones import SendLimits
from domain.model.registrations.scoring import ScoreRecord
from domain.usecases.privacy.erase_person import Erased, ErasePerson, ErasePersonCommand
from ports.privacy import PersonalData
from ports.stores import Stores
from ports.system import RateLimit, set_current_request
from tests.contracts.privacy.stored_text import text_of
from tests.contracts.registrations.entry_stores import (
    EVERYWHERE,
    NOW,
    TOUR,
    becoming,
    existing,
    fan,
    noted,
    phone,
    registered,
)
from tests.support.codes import MINE, NOON, ManualClock, a_batch, a_claim, an_import

ANN, BOB = UserId("ann.$e/x"), UserId("bob")
"""The first looks like part of an expression, of a key and of a pattern."""
OTHER = CampaignId("other")
KEY = b"the key of the tests"
LATER = NOW + timedelta(minutes=1)
PERSONAL = (ANN, "fan@example.com", "Annabel", "rare-value", phone(1)[1:])
PSEUDONYM = pseudonym_of(ANN, KEY)


def a_person(user_id: UserId, campaign_id: CampaignId, number: int) -> Entry:
    entry = registered(user_id, phone(number), campaign_id=campaign_id, confirmed=True)
    details = replace(entry.details, first_name="Annabel", attributes={"rare": "rare-value"})
    entry = replace(entry, details=details, messages=(), revision=0, version=0, receipt_due=True)
    return entry.with_event(EntryEvent.CREATED, NOW, BackgroundTask.RETRY_FANSCORE)


async def relayed(stores: Stores, *, park: bool = False) -> list[str]:
    """Publish or park all events that wait. Returns their types."""
    messages = await stores.outbox.pending(Channel.EVENTS, EVERYWHERE, 1_000, NOW + timedelta(days=1))
    parked = [Parked(message=one, reason="too large", since=NOW) for one in messages] if park else []
    await stores.outbox.settle(
        Settlement(channel=Channel.EVENTS, at=NOW, passed_on=[] if park else messages, parked=parked)
    )
    return [message.about.value for message in messages]


async def settle_in(stores: Stores, user_id: UserId, number: int) -> None:
    """Leave something of a person in every place."""
    for campaign_id in (TOUR, OTHER):
        await stores.entries.change(campaign_id, user_id, becoming(a_person(user_id, campaign_id, number)))
    await relayed(stores)
    await stores.entries.change(OTHER, user_id, existing(noted("rare", "rare-value")))
    await relayed(stores, park=True)
    await stores.entries.change(OTHER, user_id, existing(noted("rare", "other rare-value")))
    await stores.scores.put(TOUR, [ScoreRecord(user_id=user_id, score=90)], NOW, upload="one")
    limits, digest = FanLimits(numbers_per_day=9, codes_per_day=9), number_digest(phone(number), KEY)

    def use(usage: FanUsage) -> FanUsage:
        return usage.use(TOUR, digest, limits, NOW)

    await stores.budgets.change(user_id, use)
    await stores.phone_book.take_send(phone(number), SendLimits(per_hour=5, per_day=5), NOW)
    await stores.phone_book.change(TOUR, phone(3), lambda record: record.failed(user_id, NOW, timedelta(days=1)))
    await stores.limits.take(f"writes {user_id}", RateLimit(per_minute=9, burst=9), NOW)
    await codes_of(stores, user_id)
    await change_another(stores, user_id, number)
    asked: Facts = {"userIds": (user_id, "carla"), "users": 2}
    for by in (user_id, UserId("staff")):
        row = AuditRecord(
            id=new_audit_id(), at=NOW, by=by, operation="selectEntries", campaign_id=TOUR, request_id="r",
            asked=asked, outcome={"updated": 2},
        )  # fmt: skip
        await stores.audit.append(row)


async def change_another(stores: Stores, by: UserId, number: int) -> None:
    """The person is staff, too, and has changed the registration of another fan."""
    entry = registered(fan(number + 50), phone(number + 50))
    entry = replace(entry, details=replace(entry.details, email=None))
    set_current_request(RequestContext(request_id="r", by=by))
    await stores.entries.change(TOUR, entry.user_id, becoming(entry))
    set_current_request(NO_REQUEST)
    await stores.entries.change(TOUR, entry.user_id, existing(noted("seat", "A1")))


async def codes_of(stores: Stores, user_id: UserId) -> None:
    """One that the person imported, reserved for and was given, and one that is not held."""
    name = f"I-{len(user_id)}"
    batch = replace(a_batch([f"{name}-1", f"{name}-2"], import_id=name), by=user_id)
    await stores.imports.save(replace(an_import(name), by=user_id))
    await stores.pool.add(batch)
    claim = replace(a_claim(2, reserve_id=f"{MINE}-{name}"), by=user_id)
    held = await stores.pool.claim(claim)

    def assign(code: Code) -> Code | Refusal:
        return code.assign(claim.reserve_id, user_id, NOON, user_id)

    await stores.pool.change(TOUR, [held.codes[0]], assign)


def erasing(stores: Stores, places: Mapping[Place, PersonalData] | None = None) -> ErasePerson:
    return ErasePerson(
        places=places or stores.personal_data, reader=stores.person_reader, clock=ManualClock(LATER), key=KEY
    )


async def erase(stores: Stores, *, dry_run: bool = False) -> Erased:
    return await erasing(stores)(ErasePersonCommand(user_id=ANN, dry_run=dry_run))


async def count(stores: Stores, place: Place, user_id: UserId) -> int:
    return await stores.personal_data[place].count(user_id, pseudonym_of(user_id, KEY))


async def traces(stores: Stores) -> list[str]:
    text = await text_of(stores)
    return [one for one in PERSONAL if one in text]
