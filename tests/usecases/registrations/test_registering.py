"""Registering, and changing a registration (REQ-008): what is stored, what stays, and what a repeat does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.model.ids import CampaignId
from domain.model.registrations.entry import Entry, EntryStatus, Selection
from domain.model.registrations.errors import EntryNotFound
from tests.support.registrations import BOS, LAX, MINUTE, NOON, NYC, SECOND, TOUR
from tests.usecases.registrations.scene import Fan, Scene


async def test_a_new_registration_waits_for_its_confirmation(scene: Scene) -> None:
    ann = scene.fan()

    registered = await ann.registered(opt_ins={"news": True}, attributes={"seat": "front"})

    entry = registered.entry
    assert registered.created
    assert (entry.campaign_id, entry.user_id) == (TOUR, ann.id)
    assert (entry.details.phone, entry.details.markets) == (ann.phone, (NYC, BOS))
    assert (entry.details.opt_ins, entry.details.attributes) == ({"news": True}, {"seat": "front"})
    assert (entry.status, entry.phone_confirmed_at) == (EntryStatus.PENDING, None)
    assert (entry.selection, entry.score) == (Selection.NONE, None)
    assert await ann.entry() == entry


async def test_it_is_known_when_a_registration_was_created_and_when_it_changed(scene: Scene) -> None:
    """REQ-008."""
    ann = scene.fan()
    created = await ann.register()
    scene.wait(MINUTE)
    confirmed = await ann.confirm()
    scene.wait(MINUTE)
    changed = await ann.register(markets=[LAX])

    assert [entry.created_at for entry in (created, confirmed, changed)] == [NOON] * 3
    assert [entry.updated_at for entry in (created, confirmed, changed)] == [
        NOON,
        NOON + MINUTE,
        NOON + 2 * MINUTE,
    ]
    assert [entry.revision for entry in (created, confirmed, changed)] == [1, 2, 3]


async def test_a_registration_is_read_by_campaign_and_fan(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    await ann.register()

    for stranger in (bob, ann.elsewhere(scene.opens("other")), ann.elsewhere(CampaignId("unknown"))):
        with pytest.raises(EntryNotFound):
            await stranger.entry()


# What is left out.


async def test_what_a_new_registration_leaves_out_comes_from_the_account(scene: Scene) -> None:
    ann = scene.fan(email="ann@her.example", first_name="Ann", last_name="Bø")

    details = (await ann.register(first_name="Anna")).details

    assert (details.email, details.first_name, details.last_name) == ("ann@her.example", "Anna", "Bø")
    assert (details.opt_ins, details.attributes) == ({}, {})


async def test_a_name_of_the_account_that_must_not_stand_in_a_mail_is_left_out(scene: Scene) -> None:
    ann = scene.fan(first_name="Win at http://bad.example", last_name="Lee")

    details = (await ann.register()).details

    assert (details.first_name, details.last_name) == (None, "Lee")


async def test_what_a_change_leaves_out_stays(scene: Scene) -> None:
    ann = scene.fan()
    given: dict[str, Any] = {
        "email": "ann@example.net",
        "first_name": "Ann",
        "last_name": "Lee",
        "opt_ins": {"news": True},
        "attributes": {"seat": "front"},
    }
    before = await ann.register(**given)
    scene.fan(email="other@example.org", first_name="Other")  # The account changes, the registration does not.

    after = await ann.register(markets=[LAX])

    assert after.details == replace(before.details, markets=(LAX,))


async def test_what_a_change_names_is_replaced_whole(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register(opt_ins={"news": True, "tips": True}, attributes={"seat": "front"})

    details = (await ann.register(opt_ins={"news": False}, attributes={}, last_name="Lee")).details

    assert (details.opt_ins, details.attributes, details.last_name) == ({"news": False}, {}, "Lee")


# Repeats.


async def _stay_as_they_are(scene: Scene, ann: Fan, **same: Any) -> None:
    before, codes = await ann.entry(), scene.codes(ann.phone)
    events, asked = await ann.messages(), len(scene.ports.fraud.attempts)
    scene.wait(SECOND)
    for phone in (ann.phone, f"({ann.phone[2:5]}) {ann.phone[5:8]}-{ann.phone[8:]}"):
        again = await ann.registered(**same | {"phone": phone})
        assert (again.entry, again.created) == (before, False)
    assert await ann.entry() == before
    assert (scene.codes(ann.phone), await ann.messages()) == (codes, events)
    assert len(scene.ports.fraud.attempts) == asked


async def test_an_identical_repeat_changes_nothing_sends_nothing_and_asks_nothing(scene: Scene) -> None:
    ann, same = scene.fan(), {"first_name": "Ann", "opt_ins": {"news": True}}
    await ann.register(**same)
    await _stay_as_they_are(scene, ann, **same)

    await ann.confirm()

    await _stay_as_they_are(scene, ann, **same)
    await _stay_as_they_are(scene, ann)


async def test_registering_twenty_times_at_once_is_registering_once(scene: Scene) -> None:
    ann = scene.fan()

    answers = await asyncio.gather(*(ann.registered() for _ in range(20)))

    assert [answer.created for answer in answers].count(True) == 1
    assert len({answer.entry.id for answer in answers}) == 1
    assert len(scene.codes(ann.phone)) == 1
    assert await ann.messages() == ["created"]
    assert (await ann.confirm()).confirmed


async def test_changes_at_once_of_different_fields_are_all_kept(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed()

    await asyncio.gather(
        ann.register(first_name="Ann"),
        ann.register(last_name="Lee"),
        ann.register(opt_ins={"news": True}),
        ann.register(attributes={"seat": "front"}),
    )

    details = (await ann.entry()).details
    assert (details.first_name, details.last_name) == ("Ann", "Lee")
    assert (details.opt_ins, details.attributes) == ({"news": True}, {"seat": "front"})
    assert (await ann.entry()).revision == 6


@pytest.mark.parametrize("again", [Fan.register, Fan.resend], ids=["registering again", "asking for a code"])
async def test_a_code_that_a_crash_kept_from_being_sent_is_sent_on(
    scene: Scene, again: Callable[[Fan], Awaitable[Entry]]
) -> None:
    ann = scene.fan()
    entry = await ann.register()
    await scene.ports.entries.change(TOUR, ann.id, lambda _: _without_code(entry))
    scene.wait(MINUTE)

    await again(ann)

    assert len(scene.codes(ann.phone)) == 2
    assert (await ann.confirm()).confirmed
    assert await ann.messages() == ["created", "phone_confirmed"]


def _without_code(entry: Entry) -> Entry:
    return replace(entry, verification=None, version=entry.version + 1)
