"""What every EntryStore promises; under races, see test_entry_races."""

from dataclasses import replace

import pytest

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Details, Entry, EntryEvent, Fraud, FraudStatus
from domain.model.registrations.errors import EntryNotFound, PhoneUnavailable
from tests.contracts.registrations.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    WRONG,
    EntryPorts,
    becoming,
    challenge_sent,
    challenged,
    existing,
    fan,
    noted,
    phone,
    refusals,
    registered,
    store,
    tried_to_confirm,
    tried_to_create,
    waiting,
    without_messages,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]


async def test_at_first_no_fan_is_registered(entry_ports: EntryPorts) -> None:
    assert await entry_ports.entries.get(TOUR, fan(1)) is None


async def test_that_no_service_was_asked_comes_back(entry_ports: EntryPorts) -> None:
    unasked = replace(
        registered(fan(1), phone(1)), fanscore_asked=False, fraud=Fraud(status=FraudStatus.NOT_ASKED)
    )
    await entry_ports.entries.change(TOUR, fan(1), becoming(unasked))

    stored = await entry_ports.entries.get(TOUR, fan(1))
    assert stored is not None
    assert (stored.fanscore_status, stored.fraud.status) == ("not_asked", FraudStatus.NOT_ASKED)


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


async def test_a_stored_entry_cannot_be_changed_from_outside(entry_ports: EntryPorts) -> None:
    attributes = {"size": "M"}
    entry = registered(fan(1), phone(1))
    await store(entry_ports, replace(entry, details=replace(entry.details, attributes=attributes)))

    attributes["size"] = "XL"

    stored = await entry_ports.entries.get(TOUR, fan(1))
    assert stored is not None
    assert stored.details.attributes == {"size": "M"}


async def test_entries_of_different_campaigns_are_independent(entry_ports: EntryPorts) -> None:
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


async def test_a_change_to_an_equal_entry_stores_nothing(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))
    before = await entry_ports.entries.get(TOUR, fan(1))

    same = await entry_ports.entries.change(TOUR, fan(1), existing(lambda entry: entry))
    many = await entry_ports.entries.change_many(TOUR, [fan(1)], lambda entry: entry)

    assert not many
    assert before == same == await entry_ports.entries.get(TOUR, fan(1))
    assert len(await waiting(entry_ports)) == 1


async def test_a_change_that_does_not_raise_the_version_is_a_bug(entry_ports: EntryPorts) -> None:
    await store(entry_ports, registered(fan(1), phone(1)))

    with pytest.raises(AssertionError, match="version"):
        await entry_ports.entries.change(TOUR, fan(1), existing(lambda entry: replace(entry, score=1.0)))


async def test_a_confirmed_number_is_taken(entry_ports: EntryPorts) -> None:
    """REQ-002."""
    await store(entry_ports, registered(fan(1), phone(1), confirmed=True), registered(fan(2), phone(1)))

    refused = await tried_to_confirm(entry_ports, registered(fan(2), phone(1)))
    created = await tried_to_create(entry_ports, registered(fan(3), phone(1), confirmed=True))

    assert refusals([refused, created]) == [PhoneUnavailable, PhoneUnavailable]
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) == fan(1)
    assert await entry_ports.entries.get(TOUR, fan(3)) is None


async def test_a_refusal_does_not_contain_the_number(entry_ports: EntryPorts) -> None:
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
        existing(
            lambda entry: entry.revise(replace(entry.details, phone=phone(2))).with_event(EntryEvent.UPDATED, NOW)
        ),
    )

    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) is None
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(2)) is None
    await store(entry_ports, registered(fan(2), phone(1), confirmed=True))
    assert await entry_ports.entries.confirmed_owner(TOUR, phone(1)) == fan(2)


async def test_many_are_changed_and_unknown_fans_are_left_out(entry_ports: EntryPorts) -> None:
    await store(entry_ports, *(registered(fan(one), phone(one)) for one in range(3)))

    changed: list[UserId] = []

    def note(entry: Entry) -> Entry:
        changed.append(entry.user_id)
        return noted("by", entry.user_id)(entry)

    unwritten = await entry_ports.entries.change_many(TOUR, [fan(2), fan(9), fan(0), fan(2)], note)

    assert not unwritten
    assert sorted(changed) == [fan(0), fan(2)]
    for one in range(3):
        stored = await entry_ports.entries.get(TOUR, fan(one))
        assert stored is not None
        assert stored.details.attributes == ({} if one == 1 else {"by": fan(one)})
        assert stored.revision == (1 if one == 1 else 2)


async def test_an_attempt_is_counted(entry_ports: EntryPorts) -> None:
    """With a new version, so that a concurrent change cannot write an older count back."""
    challenge = await challenge_sent(entry_ports)
    before = await entry_ports.entries.get(TOUR, fan(1))

    counted = await entry_ports.entries.count_attempt(TOUR, fan(1), challenge.id, WRONG)

    assert counted == replace(challenge, attempts=1)
    after = await entry_ports.entries.get(TOUR, fan(1))
    assert before is not None
    assert after is not None
    assert after.verification is not None
    assert after.verification.challenge == counted
    assert after.version == before.version + 1


async def test_attempts_are_only_counted_for_the_current_challenge(entry_ports: EntryPorts) -> None:
    await challenge_sent(entry_ports)
    await store(entry_ports, registered(fan(2), phone(2)))

    assert await entry_ports.entries.count_attempt(TOUR, fan(1), "another", WRONG) is None
    assert await entry_ports.entries.count_attempt(TOUR, fan(2), "another", WRONG) is None
    assert await entry_ports.entries.count_attempt(TOUR, fan(3), "another", WRONG) is None
