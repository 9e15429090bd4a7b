"""A registration and its changes (entry-service)."""

import re
from dataclasses import replace

import pytest

from domain.model.ids import DrawId
from domain.model.registrations.entry import (
    AllocatedPlace,
    BackgroundTask,
    Details,
    Entry,
    EntryEvent,
    EntryStatus,
    Selection,
    Verification,
)
from domain.model.registrations.markets import Transfer
from tests.support.registrations import (
    ANN,
    BOB,
    BOS,
    LAX,
    MINUTE,
    NOON,
    NYC,
    OTHER_PHONE,
    PHONE,
    TOUR,
    a_challenge,
    a_confirmed_entry,
    an_entry,
    some_details,
)

LATER = NOON + MINUTE


def _waiting(entry: Entry) -> Entry:
    """An entry with a code that was sent and not answered yet."""
    verification = Verification(challenge=a_challenge(), sends=1, resend_after=LATER)
    return replace(entry, verification=verification)


def test_a_new_entry_waits_for_its_confirmation() -> None:
    entry = an_entry()

    assert (entry.campaign_id, entry.user_id) == (TOUR, ANN)
    assert (entry.status, entry.confirmed, entry.phone_confirmed_at) == (EntryStatus.PENDING, False, None)
    assert (entry.created_at, entry.updated_at) == (NOON, NOON)
    assert (entry.revision, entry.version, entry.messages) == (0, 0, ())


def test_entries_have_different_ids() -> None:
    assert an_entry().id != an_entry().id


def test_each_registration_has_a_ballot_of_its_own() -> None:
    """Also that of a fan who registers again."""
    ballots = [an_entry(user_id).ballot_id or "" for user_id in (ANN, ANN, BOB)]

    assert all(re.fullmatch("[0-9a-f]{32}", ballot) for ballot in ballots)
    assert len(set(ballots)) == 3


def test_changes_leave_the_ballot_as_it_is() -> None:
    entry = an_entry()

    changed = (
        entry.confirm(LATER).revise(some_details(BOS, phone=OTHER_PHONE)).with_event(EntryEvent.UPDATED, LATER)
    )

    assert changed.ballot_id == entry.ballot_id


def test_a_place_goes_with_the_selection() -> None:
    place, other = (AllocatedPlace(market=market, draw_id=DrawId("draw-1")) for market in (NYC, BOS))
    selected = an_entry().select(Selection.SELECTED, place)

    assert (selected.selection, selected.allocation) == (Selection.SELECTED, place)
    assert selected.select(Selection.SELECTED).allocation == place
    assert selected.select(Selection.SELECTED, other).allocation == other
    for selection in (Selection.DECLINED, Selection.WAITLISTED, Selection.NONE):
        assert selected.select(selection).allocation is None


def test_a_confirmation_has_its_time_and_ends_the_challenge() -> None:
    entry = _waiting(an_entry()).confirm(LATER)

    assert (entry.status, entry.phone_confirmed_at) == (EntryStatus.CONFIRMED, LATER)
    assert entry.verification is None


def test_a_repeated_confirmation_changes_nothing() -> None:
    entry = a_confirmed_entry()

    assert entry.confirm(LATER) == entry


# REQ-003


def test_a_new_phone_is_not_confirmed() -> None:
    entry = a_confirmed_entry().revise(some_details(NYC, phone=OTHER_PHONE))

    assert (entry.details.phone, entry.confirmed) == (OTHER_PHONE, False)


def test_a_code_that_was_sent_to_the_old_phone_is_not_valid() -> None:
    assert _waiting(an_entry()).revise(some_details(NYC, phone=OTHER_PHONE)).verification is None


@pytest.mark.parametrize(
    "changed",
    [
        Details(phone=PHONE, markets=(LAX,)),
        Details(phone=PHONE, markets=(NYC, BOS), email="ann@example.org"),
        Details(phone=PHONE, markets=(NYC, BOS), opt_ins={"news": True}, attributes={"seat": "front"}),
    ],
    ids=["markets", "email", "opt-ins"],
)
def test_any_other_change_keeps_the_confirmation_and_the_challenge(changed: Details) -> None:
    for entry in (a_confirmed_entry(), _waiting(an_entry())):
        assert entry.revise(changed) == replace(entry, details=changed)


# REQ-006


def test_only_a_scored_and_confirmed_entry_is_eligible() -> None:
    scored = replace(a_confirmed_entry(), score=0.0)

    assert scored.eligible
    assert not a_confirmed_entry().eligible
    assert not replace(an_entry(), score=90.0).eligible


def test_with_a_new_phone_the_entry_is_not_eligible_until_it_is_confirmed() -> None:
    scored = replace(a_confirmed_entry(), score=90.0)

    changed = scored.revise(some_details(NYC, phone=OTHER_PHONE))

    assert not changed.eligible
    assert changed.confirm(LATER).eligible
    assert changed.confirm(LATER).score == 90.0


# REQ-005


def test_a_transfer_changes_the_markets_and_nothing_else() -> None:
    entry = an_entry(markets=(NYC, LAX, BOS))

    moved = entry.transfer(Transfer(source=NYC, target=BOS))

    assert moved.details.markets == (BOS, LAX)
    assert replace(moved, details=entry.details) == entry


# Messages and REQ-008


def test_a_change_with_an_event_is_the_next_revision() -> None:
    entry = an_entry().with_event(EntryEvent.CREATED, NOON).with_event(EntryEvent.UPDATED, LATER)

    assert (entry.revision, entry.version) == (2, 2)
    assert (entry.created_at, entry.updated_at) == (NOON, LATER)
    assert [(message.about, message.at) for message in entry.messages] == [
        (EntryEvent.CREATED, NOON),
        (EntryEvent.UPDATED, LATER),
    ]
    assert len({message.id for message in entry.messages}) == 2


def test_background_tasks_follow_their_event() -> None:
    entry = an_entry().with_event(EntryEvent.CREATED, NOON, BackgroundTask.RETRY_FANSCORE)

    assert [message.about for message in entry.messages] == [EntryEvent.CREATED, BackgroundTask.RETRY_FANSCORE]
    assert entry.revision == 1


def test_the_receipt_is_due_at_the_first_confirmation() -> None:
    pending = an_entry().with_event(EntryEvent.CREATED, NOON)
    confirmed = pending.confirm(LATER).with_event(EntryEvent.PHONE_CONFIRMED, LATER)

    assert BackgroundTask.SEND_RECEIPT not in [message.about for message in pending.messages]
    assert confirmed.messages[-1].about is BackgroundTask.SEND_RECEIPT


def test_the_receipt_is_due_once_also_after_another_confirmation() -> None:
    entry = a_confirmed_entry().with_event(EntryEvent.CREATED, NOON)
    entry = entry.with_event(EntryEvent.UPDATED, LATER)
    entry = entry.revise(some_details(NYC, phone=OTHER_PHONE)).with_event(EntryEvent.UPDATED, LATER)
    entry = entry.confirm(LATER).with_event(EntryEvent.PHONE_CONFIRMED, LATER)

    assert [message.about for message in entry.messages].count(BackgroundTask.SEND_RECEIPT) == 1


def test_a_new_entry_has_no_selection() -> None:
    assert an_entry().selection is Selection.NONE


def test_the_representation_of_an_entry_has_no_personal_data() -> None:
    entry = _waiting(an_entry()).revise(
        Details(
            phone=PHONE,
            markets=(NYC,),
            email="ann@example.org",
            first_name="Ann",
            last_name="Øye",
            attributes={"seat": "front row"},
        )
    )

    for personal in (PHONE[1:], "example.org", "Ann", "Øye", "front row", "123456"):
        assert personal not in repr(entry)
