"""What every EntryStore and Outbox promises."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.model.confirmation import MAX_ATTEMPTS, Challenge
from domain.model.entries import Details, Entry, EntryEvent, Errand, Fraud, FraudStatus
from domain.model.errors import DomainError, EntryNotFound, PhoneUnavailable
from domain.model.events import StoredMessage, entry_data
from domain.model.ids import CampaignId
from domain.model.phones import PhoneNumber
from tests.contracts.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    EntryPorts,
    becoming,
    challenged,
    existing,
    fan,
    phone,
    registered,
    store,
    without_messages,
)

pytest_plugins = ["tests.contracts.entry_fixtures"]

RACERS = 50


def _noted(name: str, value: str) -> Callable[[Entry], Entry]:
    """A change others may see, and that can be told from every other."""

    def note(entry: Entry) -> Entry:
        attributes = {**entry.details.attributes, name: value}
        revised = entry.revise(replace(entry.details, attributes=attributes))
        return revised.told(EntryEvent.UPDATED, entry.updated_at + timedelta(seconds=1))

    return note


async def _confirm(ports: EntryPorts, entry: Entry) -> Entry | DomainError:
    """The entry, confirmed; or why that was refused."""

    def confirm(current: Entry) -> Entry:
        return current.confirm(NOW).told(EntryEvent.PHONE_CONFIRMED, NOW)

    try:
        return await ports.entries.change(TOUR, entry.user_id, existing(confirm))
    except DomainError as refusal:
        return refusal


async def _create(ports: EntryPorts, entry: Entry) -> Entry | DomainError:
    try:
        return await ports.entries.change(TOUR, entry.user_id, becoming(entry))
    except DomainError as refusal:
        return refusal


def _refusals(outcome: Sequence[Entry | DomainError]) -> list[type[DomainError]]:
    return [type(one) for one in outcome if isinstance(one, DomainError)]


async def _challenge(ports: EntryPorts) -> Challenge:
    entry = challenged(registered(fan(1), phone(1)))
    await store(ports, entry)
    assert entry.verification is not None
    assert entry.verification.challenge is not None
    return entry.verification.challenge


async def test_nobody_is_registered_at_first(entry_ports: EntryPorts) -> None:
    assert await entry_ports.entries.get(TOUR, fan(1)) is None


async def test_an_entry_comes_back_as_it_was_stored(entry_ports: EntryPorts) -> None:
    details = Details(
        phone=phone(1),
        markets=MARKETS[:4],
        email="fan@example.com",
        first_name="Åsa",
        last_name="O'Neill",
        opt_ins={"news.letter": True, "$sms": False, "": True},
        attributes={"a.b": "1", "$where": "x", "__proto__": "{}"},
    )
    entry = replace(
        challenged(registered(fan(1), phone(1)), attempts=2),
        details=details,
        fanscore=0.82,
        fraud=Fraud(status=FraudStatus.REVIEW, score=41.5),
        score=99.25,
    )
    stored = await entry_ports.entries.change(TOUR, fan(1), becoming(entry))

    assert stored == without_messages(entry)
    assert await entry_ports.entries.get(TOUR, fan(1)) == stored


async def test_a_stored_entry_is_no_one_elses_to_change(entry_ports: EntryPorts) -> None:
    attributes = {"size": "M"}
    entry = registered(fan(1), phone(1))
    await store(entry_ports, replace(entry, details=replace(entry.details, attributes=attributes)))

    attributes["size"] = "XL"

    stored = await entry_ports.entries.get(TOUR, fan(1))
    assert stored is not None
    assert stored.details.attributes == {"size": "M"}


async def test_entries_of_different_campaigns_are_strangers(entry_ports: EntryPorts) -> None:
    other = CampaignId("tour-2")
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))
    await store(entry_ports, registered(fan(2), phone(1), campaign_id=other, confirmed=True))

    assert await entry_ports.entries.get(other, fan(1)) is None
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) == fan(1)
    assert await entry_ports.entries.confirmed_owner(other, phone(1)) == fan(2)


async def test_a_refused_change_leaves_everything_as_it_is(entry_ports: EntryPorts) -> None:
    def refuse(_: Entry | None) -> Entry:
        raise EntryNotFound

    with pytest.raises(EntryNotFound):
        await entry_ports.entries.change(TOUR, fan(1), refuse)
    assert await entry_ports.entries.get(TOUR, fan(1)) is None


async def test_a_change_that_makes_the_same_stores_nothing(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    before = await entry_ports.entries.get(TOUR, fan(1))

    same = await entry_ports.entries.change(TOUR, fan(1), existing(lambda entry: entry))
    many = await entry_ports.entries.change_many(TOUR, [fan(1)], lambda entry: entry)

    assert before == same == many[fan(1)] == await entry_ports.entries.get(TOUR, fan(1))
    assert len(await entry_ports.outbox.pending(10)) == 1


async def test_a_change_that_does_not_raise_the_version_is_a_bug(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))

    with pytest.raises(AssertionError, match="version"):
        await entry_ports.entries.change(TOUR, fan(1), existing(lambda entry: replace(entry, score=1.0)))


async def test_a_confirmed_number_is_taken(entry_ports: EntryPorts) -> None:
    """REQ-002."""
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True), registered(fan(2), phone(1)))

    refused = await _confirm(entry_ports, registered(fan(2), phone(1)))
    created = await _create(entry_ports, registered(fan(3), phone(1), confirmed=True))

    assert _refusals([refused, created]) == [PhoneUnavailable, PhoneUnavailable]
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) == fan(1)
    assert await entry_ports.entries.get(TOUR, fan(3)) is None


async def test_a_refusal_does_not_tell_the_number(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))

    with pytest.raises(PhoneUnavailable) as refused:
        await store(entry_ports, registered(fan(2), phone(1), confirmed=True))

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert phone(1) not in str(refused.value)


async def test_numbers_that_are_not_confirmed_may_be_shared(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)), registered(fan(2), phone(1)))

    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) is None
    assert await entry_ports.entries.get(TOUR, fan(2)) is not None


async def test_another_number_frees_the_old_one(entry_ports: EntryPorts) -> None:
    """REQ-003."""
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True))

    await entry_ports.entries.change(
        TOUR,
        fan(1),
        existing(lambda entry: entry.revise(replace(entry.details, phone=phone(2))).told(EntryEvent.UPDATED, NOW)),
    )

    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) is None
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(2)) is None
    await store(entry_ports, registered(fan(2), phone(1), confirmed=True))
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) == fan(2)


@pytest.mark.parametrize("confirmed_at_once", [False, True])
async def test_one_number_one_fan(entry_ports: EntryPorts, confirmed_at_once: bool) -> None:
    """REQ-002: fifty fans confirm, or register with, the same number in the same instant."""
    entries = [registered(fan(one), phone(1), confirmed=confirmed_at_once) for one in range(RACERS)]
    if confirmed_at_once:
        outcome = await asyncio.gather(*(_create(entry_ports, entry) for entry in entries))
    else:
        await store(entry_ports, *entries)
        outcome = await asyncio.gather(*(_confirm(entry_ports, entry) for entry in entries))

    winners = [one for one in outcome if isinstance(one, Entry)]
    assert _refusals(outcome) == [PhoneUnavailable] * (RACERS - 1)
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) == winners[0].user_id
    counts = await entry_ports.queries.count(TOUR, [])
    assert [counts.by_status[status] for status in counts.by_status] == (
        [0, 1] if confirmed_at_once else [RACERS - 1, 1]
    )


async def test_changes_at_once_are_all_made(entry_ports: EntryPorts) -> None:
    """Revisions without gap, one event each, in order."""
    await store(entry_ports, registered(fan(1), phone(1)))

    changes = [existing(_noted(f"n{one}", "x")) for one in range(20)]
    await asyncio.gather(*(entry_ports.entries.change(TOUR, fan(1), change) for change in changes))

    entry = await entry_ports.entries.get(TOUR, fan(1))
    assert entry is not None
    assert set(entry.details.attributes) == {f"n{one}" for one in range(20)}
    assert entry.revision == 21
    messages = await entry_ports.outbox.pending(100)
    assert [message.revision for message in messages] == list(range(1, 22))
    assert messages[-1].data == entry_data(entry)


async def test_registering_twice_at_once_makes_one_entry(entry_ports: EntryPorts) -> None:
    def register_or_revise(entry: Entry | None) -> Entry:
        return registered(fan(1), phone(1)) if entry is None else _noted("again", str(entry.revision))(entry)

    await asyncio.gather(*(entry_ports.entries.change(TOUR, fan(1), register_or_revise) for _ in range(10)))

    entry = await entry_ports.entries.get(TOUR, fan(1))
    assert entry is not None
    assert entry.revision == 10
    about = [message.about for message in await entry_ports.outbox.pending(100)]
    assert about == [EntryEvent.CREATED] + [EntryEvent.UPDATED] * 9


async def test_many_are_changed_and_the_unknown_left_out(entry_ports: EntryPorts) -> None:
    await store(entry_ports, *(registered(fan(one), phone(one)) for one in range(3)))

    changed = await entry_ports.entries.change_many(
        TOUR, [fan(2), fan(9), fan(0), fan(2)], lambda entry: _noted("by", entry.user_id)(entry)
    )

    assert set(changed) == {fan(0), fan(2)}
    assert [entry.details.attributes for entry in changed.values()] == [{"by": user_id} for user_id in changed]
    for one in range(3):
        stored = await entry_ports.entries.get(TOUR, fan(one))
        assert stored is not None
        assert stored == changed.get(fan(one), stored)
        assert stored.revision == (1 if one == 1 else 2)


async def test_many_changes_of_many_at_once_are_all_made(entry_ports: EntryPorts) -> None:
    """Each exactly once: the changes would show if one were made again."""
    everyone = [fan(one) for one in range(30)]
    await store(entry_ports, *(registered(fan(one), phone(one), confirmed=True) for one in range(30)))

    def one_more(entry: Entry) -> Entry:
        return _noted("times", str(int(entry.details.attributes.get("times", "0")) + 1))(entry)

    await asyncio.gather(
        *(entry_ports.entries.change_many(TOUR, everyone, one_more) for _ in range(4)),
        *(entry_ports.entries.change(TOUR, user_id, existing(one_more)) for user_id in everyone),
    )

    for user_id in everyone:
        entry = await entry_ports.entries.get(TOUR, user_id)
        assert entry is not None
        assert (entry.details.attributes["times"], entry.revision) == ("5", 6)
    assert len(await entry_ports.outbox.pending(1_000)) == 30 * (6 + 1), (
        "the receipts of those who began confirmed"
    )


async def test_an_attempt_is_counted(entry_ports: EntryPorts) -> None:
    """As a change like any other, so that none under way writes an older count back."""
    challenge = await _challenge(entry_ports)
    before = await entry_ports.entries.get(TOUR, fan(1))

    counted = await entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id)

    assert counted == replace(challenge, attempts=1)
    after = await entry_ports.entries.get(TOUR, fan(1))
    assert before is not None
    assert after is not None
    assert after.verification is not None
    assert after.verification.challenge == counted
    assert after.version == before.version + 1


async def test_attempts_are_only_counted_for_the_challenge_that_stands(entry_ports: EntryPorts) -> None:
    await _challenge(entry_ports)
    await store(entry_ports, registered(fan(2), phone(2)))

    assert await entry_ports.entries.count_attempt(TOUR, fan(1), "another") is None
    assert await entry_ports.entries.count_attempt(TOUR, fan(2), "another") is None
    assert await entry_ports.entries.count_attempt(TOUR, fan(3), "another") is None


async def test_guessing_at_once_gains_nothing(entry_ports: EntryPorts) -> None:
    challenge = await _challenge(entry_ports)

    attempts = await asyncio.gather(
        *(entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id) for _ in range(200))
    )

    counted = [one.attempts for one in attempts if one is not None]
    assert sorted(counted) == list(range(1, MAX_ATTEMPTS + 1))


async def test_no_change_takes_an_attempt_back(entry_ports: EntryPorts) -> None:
    challenge = await _challenge(entry_ports)

    attempts, _ = await asyncio.gather(
        asyncio.gather(*(entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id) for _ in range(20))),
        asyncio.gather(
            *(entry_ports.entries.change(TOUR, fan(1), existing(_noted(f"n{one}", "x"))) for one in range(20))
        ),
    )

    assert len([one for one in attempts if one is not None]) == MAX_ATTEMPTS
    assert await entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id) is None


async def test_messages_wait_with_what_the_change_made(entry_ports: EntryPorts) -> None:
    """REQ-010: the event is stored with the state it tells of."""
    entry = Entry.register(TOUR, fan(1), Details(phone=phone(1), markets=MARKETS[:2]), NOW).confirm(NOW)
    entry = entry.told(EntryEvent.CREATED, NOW, Errand.RETRY_FANSCORE)
    await store(entry_ports, entry)

    created, retry, receipt = await entry_ports.outbox.pending(10)

    assert [message.id for message in (created, retry, receipt)] == [message.id for message in entry.messages]
    assert created == StoredMessage(
        id=entry.messages[0].id,
        about=EntryEvent.CREATED,
        at=NOW,
        campaign_id=TOUR,
        user_id=fan(1),
        revision=1,
        data=entry_data(entry),
    )
    assert (retry.about, retry.data) == (Errand.RETRY_FANSCORE, None)
    assert (receipt.about, receipt.data) == (Errand.SEND_RECEIPT, None)


async def test_what_is_done_waits_no_more(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    for one in range(3):
        await entry_ports.entries.change(TOUR, fan(1), existing(_noted("n", str(one))))
    first, second, *rest = await entry_ports.outbox.pending(10)

    await entry_ports.outbox.done([second])
    assert await entry_ports.outbox.pending(10) == [first, *rest]
    await entry_ports.outbox.done([first, second])
    assert await entry_ports.outbox.pending(10) == rest
    await entry_ports.outbox.done(rest)
    await entry_ports.outbox.done([])

    assert await entry_ports.outbox.pending(10) == []
    await entry_ports.entries.change(TOUR, fan(1), existing(_noted("n", "last")))
    assert [message.revision for message in await entry_ports.outbox.pending(10)] == [5]


async def test_who_waits_longest_comes_first(entry_ports: EntryPorts) -> None:
    for one in (2, 0, 1):
        await store(entry_ports, registered(fan(one), phone(one), at=NOW + timedelta(minutes=one)))
    await entry_ports.entries.change(TOUR, fan(0), existing(_noted("n", "0")))

    waiting = await entry_ports.outbox.pending(10)

    assert [(message.user_id, message.revision) for message in waiting] == [
        (fan(0), 1),
        (fan(0), 2),
        (fan(1), 1),
        (fan(2), 1),
    ]
    assert await entry_ports.outbox.pending(3) == waiting[:3]
    await entry_ports.outbox.done(waiting[:1])
    assert [message.user_id for message in await entry_ports.outbox.pending(10)] == [fan(0), fan(1), fan(2)]


async def test_nothing_private_shows_in_a_message(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), PhoneNumber("+46701234567")))

    assert "+46701234567" not in repr(await entry_ports.outbox.pending(10))
