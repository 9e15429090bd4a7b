"""What every store promises of registrations that are withdrawn."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from domain.model.ids import UserId
from domain.model.messaging.messages import StoredMessage, instant
from domain.model.messaging.relaying import Channel, Parked, Postponed, Settlement
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import BackgroundTask, Entry, EntryEvent, Selection
from domain.model.registrations.errors import EntryWithdrawn, PhoneUnavailable
from domain.model.registrations.scoring import ScoreRecord, ScoreRefusal
from tests.contracts.registrations.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    WRONG,
    EntryPorts,
    becoming,
    challenge_sent,
    eligible,
    existing,
    fan,
    noted,
    phone,
    registered,
    store,
    waiting,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

LATER = NOW + timedelta(minutes=1)
PERSONAL = ("fan@example.com", str(phone(1)), "Ada", "rare")
CHANNELS = tuple(Channel)


def with_everything(number: int = 1) -> Entry:
    """A confirmed entry with personal data in every field, a receipt and a retry that wait."""
    entry = registered(fan(number), phone(number), confirmed=True)
    details = replace(entry.details, first_name="Ada", last_name="Rare", opt_ins={"news": True})
    told = replace(
        entry, details=replace(details, attributes={"rare": "rare"}), messages=(), revision=0, version=0
    )
    told = replace(told, score=90, selection=Selection.SELECTED, receipt_due=True)
    return told.with_event(EntryEvent.CREATED, NOW, BackgroundTask.RETRY_FANSCORE)


async def withdraw(ports: EntryPorts, number: int = 1) -> bool:
    return await ports.withdrawals.withdraw(TOUR, fan(number), LATER)


async def all_waiting(ports: EntryPorts) -> list[StoredMessage]:
    return [message for channel in CHANNELS for message in await waiting(ports, channel)]


async def everything(ports: EntryPorts) -> str:
    """What waits and what is parked, as text."""
    parked = await ports.outbox.parked(None, 100)
    return "".join(str(message.data) for message in [*await all_waiting(ports), *(one.message for one in parked)])


async def test_nothing_personal_is_left(entry_ports: EntryPorts) -> None:
    await store(entry_ports, with_everything())
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("rare", "rare")))
    before = await entry_ports.entries.get(TOUR, fan(1))
    assert before is not None

    assert await withdraw(entry_ports)

    assert await entry_ports.entries.get(TOUR, fan(1)) is None
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) is None
    created, updated, withdrawn = await all_waiting(entry_ports)
    assert [one.about for one in (created, updated, withdrawn)] == ["created", "updated", "withdrawn"]
    personal = [*PERSONAL, str(before.ballot_id)]
    assert not [text for text in personal if text in await everything(entry_ports)]
    ids = {"id": before.id, "campaignId": TOUR, "userId": fan(1), "createdAt": instant(NOW)}
    for message, revision in ((created, 1), (updated, 2), (withdrawn, 3)):
        times = {"revision": revision, "updatedAt": instant(message.at)}
        assert json.loads(message.data or "") == ids | times
        assert message.revision == revision
    assert withdrawn.at == LATER


async def test_it_is_in_no_count_but_its_own(entry_ports: EntryPorts) -> None:
    await store(entry_ports, with_everything(1), eligible(fan(2), phone(2), 50), registered(fan(3), phone(3)))
    await withdraw(entry_ports, 1)
    await withdraw(entry_ports, 3)

    counts = await entry_ports.queries.count(TOUR, MARKETS[:2])
    assert ([*counts.by_status.values()], counts.withdrawn) == ([0, 1], 2)
    assert [market.all.total for market in counts.by_market] == [1, 1]
    every_selection = Query(selections=tuple(Selection))
    assert (await entry_ports.queries.eligible(TOUR, every_selection, [])).total == 1
    ranked = await entry_ports.queries.ranking(TOUR, every_selection, after=None, limit=5)
    assert [one.user_id for one in ranked] == [fan(2)]
    assert [batch async for batch in entry_ports.queries.fans_of_market(TOUR, MARKETS[0])] == [[fan(2)]]


async def test_to_withdraw_again_is_no_error_and_changes_nothing(entry_ports: EntryPorts) -> None:
    await store(entry_ports, with_everything())

    assert [await withdraw(entry_ports) for _ in range(3)] == [True] * 3

    assert len(await all_waiting(entry_ports)) == 2
    assert not await withdraw(entry_ports, 2), "this fan never registered"


async def test_withdrawing_at_once_leaves_one_event(entry_ports: EntryPorts) -> None:
    await store(entry_ports, with_everything())

    assert all(await asyncio.gather(*(withdraw(entry_ports) for _ in range(20))))

    assert [one.revision for one in await all_waiting(entry_ports)] == [1, 2]


async def test_the_number_is_free_at_once(entry_ports: EntryPorts) -> None:
    await store(entry_ports, with_everything())
    with pytest.raises(PhoneUnavailable):
        await store(entry_ports, registered(fan(2), phone(1), confirmed=True))

    await withdraw(entry_ports)

    await store(entry_ports, registered(fan(2), phone(1), confirmed=True))
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) == fan(2)


@pytest.mark.parametrize("confirmed", [False, True])
async def test_the_fan_registers_again_as_new_and_the_revision_goes_on(
    entry_ports: EntryPorts, confirmed: bool
) -> None:
    await store(entry_ports, with_everything())
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", "1")))
    await withdraw(entry_ports)

    again = registered(fan(1), phone(1), confirmed=confirmed, at=LATER)
    stored = await entry_ports.entries.change(TOUR, fan(1), becoming(again))

    assert stored == await entry_ports.entries.get(TOUR, fan(1))
    assert stored.ballot_id == again.ballot_id
    assert (stored.id, stored.revision, stored.created_at) == (again.id, 4, LATER)
    assert stored.details == again.details
    owner = await entry_ports.entries.confirmed_owner(TOUR, phone(1))
    assert owner == (fan(1) if confirmed else None)
    events = await waiting(entry_ports)
    assert [one.revision for one in events] == [1, 2, 3, 4]
    assert str(phone(1)) in str(events[3].data)
    counts = await entry_ports.queries.count(TOUR, [])
    assert (sum(counts.by_status.values()), counts.withdrawn) == (1, 0)

    await withdraw(entry_ports)
    ids = [json.loads(one.data or "")["id"] for one in await waiting(entry_ports)]
    assert ids == [events[0].data and json.loads(events[0].data)["id"]] * 3 + [again.id] * 2


def one_more(entry: Entry) -> Entry:
    return noted("times", "x" * len(entry.details.attributes.get("times", "x")))(entry)


async def test_no_change_under_way_brings_it_back(entry_ports: EntryPorts) -> None:
    """Changes of every kind, and the withdrawal, at once: what is stored after it is another registration."""
    fans = [fan(number) for number in range(30)]
    await store(entry_ports, *(with_everything(number) for number in range(30)))
    scores = [ScoreRecord(user_id=user_id, score=7) for user_id in fans]
    selections = [ScoreRecord(user_id=user_id, score=8, selection=Selection.WAITLISTED) for user_id in fans]

    def of_entry(entry: Entry | None) -> Entry:
        if entry is None:
            raise EntryWithdrawn
        return one_more(entry)

    async def again_and_again(change: Callable[[], Awaitable[object]]) -> None:
        for _ in range(5):
            with suppress(EntryWithdrawn):
                await change()

    await asyncio.gather(
        *(again_and_again(partial(entry_ports.entries.change, TOUR, one, of_entry)) for one in fans),
        again_and_again(lambda: entry_ports.entries.change_many(TOUR, fans, one_more)),
        again_and_again(lambda: entry_ports.scores.put(TOUR, scores, NOW, upload="one")),
        again_and_again(lambda: entry_ports.scores.put(TOUR, selections, NOW, upload="two")),
        *(entry_ports.withdrawals.withdraw(TOUR, one, LATER) for one in fans),
    )

    assert [await entry_ports.entries.get(TOUR, id) for id in fans] == [None] * 30
    counts = await entry_ports.queries.count(TOUR, MARKETS)
    assert (sum(counts.by_status.values()), counts.withdrawn) == (0, 30)
    assert not [text for text in PERSONAL if text in await everything(entry_ports)]
    for id in fans:
        revisions = [one.revision for one in await waiting(entry_ports) if one.user_id == id]
        assert revisions == list(range(1, len(revisions) + 1))
    if entry_ports.scoring is not None:
        assert await entry_ports.scoring.count_documents({}) == 0


async def test_a_withdrawn_entry_takes_no_score_and_no_attempt(entry_ports: EntryPorts) -> None:
    challenge = await challenge_sent(entry_ports)
    await store(entry_ports, with_everything(2))
    await withdraw(entry_ports, 1)
    await withdraw(entry_ports, 2)

    records = [
        ScoreRecord(user_id=fan(1), score=7),
        ScoreRecord(user_id=fan(2), score=7, selection=Selection.WAITLISTED),
    ]
    scored = await entry_ports.scores.put(TOUR, records, NOW, upload="one")

    assert [problem.reason for problem in scored.problems] == [ScoreRefusal.NO_ENTRY] * 2
    assert await entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id, WRONG) is None
    assert not await entry_ports.entries.change_many(TOUR, [fan(1), fan(2)], one_more)
    assert await entry_ports.entries.get(TOUR, fan(2)) is None


def settled(
    passed_on: Collection[StoredMessage] = (),
    *,
    parked: Collection[Parked] = (),
    postponed: Collection[Postponed] = (),
) -> Settlement:
    return Settlement(
        channel=Channel.EVENTS, at=NOW, passed_on=[*passed_on], parked=[*parked], postponed=[*postponed]
    )


def parked(message: StoredMessage) -> Parked:
    return Parked(message=replace(message, attempts=5), reason="too large", since=NOW)


@pytest.mark.parametrize("first", ["parked", "withdrawn"])
async def test_a_parked_event_loses_its_personal_data(entry_ports: EntryPorts, first: str) -> None:
    """Whether it is parked before the withdrawal, or by a worker that had read it before."""
    await store(entry_ports, with_everything())
    await entry_ports.entries.change(TOUR, fan(1), existing(noted("rare", "rare")))
    created, updated = await waiting(entry_ports)
    if first == "withdrawn":
        await withdraw(entry_ports)
    await entry_ports.outbox.settle(settled(parked=[parked(created)]))
    if first == "parked":
        await withdraw(entry_ports)

    assert not [text for text in PERSONAL if text in await everything(entry_ports)]
    assert [one.message.id for one in await entry_ports.outbox.parked(TOUR, 9)] == [created.id]
    await store(entry_ports, registered(fan(1), phone(1), at=LATER))
    assert await entry_ports.outbox.put_back(None) == [created.id]

    events = await waiting(entry_ports)
    assert [one.revision for one in events] == [1, 2, 3, 4]
    assert [str(phone(1)) in str(one.data) for one in events] == [False, False, False, True]
    assert events[1].id == updated.id


async def test_an_event_that_is_put_off_after_the_withdrawal_stays_without_personal_data(
    entry_ports: EntryPorts,
) -> None:
    await store(entry_ports, with_everything())
    (created,) = await waiting(entry_ports)
    await withdraw(entry_ports)

    put_off = Postponed(message=replace(created, attempts=1), until=LATER)
    await entry_ports.outbox.settle(settled(postponed=[put_off]))

    assert not [text for text in PERSONAL if text in await everything(entry_ports)]
    assert [one.attempts for one in await waiting(entry_ports)] == [1, 0]


async def test_a_parked_receipt_is_gone(entry_ports: EntryPorts) -> None:
    await store(entry_ports, with_everything())
    (receipt,) = await waiting(entry_ports, Channel.RECEIPTS)
    settlement = Settlement(channel=Channel.RECEIPTS, at=NOW, parked=[parked(receipt)])

    await entry_ports.outbox.settle(settlement)
    assert len(await entry_ports.outbox.parked(TOUR, 9)) == 1
    await withdraw(entry_ports)
    assert not await entry_ports.outbox.parked(TOUR, 9)
    await entry_ports.outbox.settle(settlement)
    assert not await entry_ports.outbox.parked(TOUR, 9), "parked by a worker that had read it before"


async def test_published_events_leave_nothing_to_wait(entry_ports: EntryPorts) -> None:
    await store(entry_ports, with_everything())
    await withdraw(entry_ports)

    await entry_ports.outbox.settle(settled(await waiting(entry_ports)))

    assert await all_waiting(entry_ports) == []
    assert (await entry_ports.outbox.standing()).oldest_event is None
    assert await withdraw(entry_ports)
    await store(entry_ports, registered(fan(1), phone(1), at=LATER))
    assert [one.revision for one in await waiting(entry_ports)] == [3]


async def test_an_outbox_that_is_full_does_not_keep_a_fan_from_withdrawing(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    for _ in range(9):
        await entry_ports.entries.change(TOUR, fan(1), existing(noted("n", "x" * 100_000)))

    assert await withdraw(entry_ports)

    assert len(await waiting(entry_ports)) == 11


async def test_a_fan_whose_id_looks_like_an_expression_withdraws(entry_ports: EntryPorts) -> None:
    odd = UserId("$userId")
    await store(entry_ports, registered(odd, phone(1)))

    assert await entry_ports.withdrawals.withdraw(TOUR, odd, LATER)

    assert [json.loads(one.data or "")["userId"] for one in await waiting(entry_ports)] == ["$userId"] * 2


async def test_an_entry_that_was_read_before_it_was_withdrawn_is_none(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    read = await entry_ports.entries.get(TOUR, fan(1))
    await withdraw(entry_ports)
    seen: list[Entry | None] = []

    def note(entry: Entry | None) -> Entry:
        seen.append(entry)
        if entry is None:
            raise EntryWithdrawn
        return noted("again", "x")(entry)

    with pytest.raises(EntryWithdrawn):
        await entry_ports.entries.change(TOUR, fan(1), note, read=read)

    assert seen[-1] is None
    assert await entry_ports.entries.get(TOUR, fan(1)) is None


async def test_a_fan_who_has_withdrawn_and_is_not_read_again_goes_on_from_the_revision(
    entry_ports: EntryPorts,
) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    await withdraw(entry_ports)

    again = await entry_ports.entries.change(TOUR, fan(1), becoming(registered(fan(1), phone(1))), read=None)

    assert again.revision > 1
    assert again == await entry_ports.entries.get(TOUR, fan(1))
