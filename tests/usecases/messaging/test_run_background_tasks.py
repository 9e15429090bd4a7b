"""Background tasks run on channels of their own: neither the stream nor another channel holds them up."""

import asyncio
from datetime import timedelta

import pytest

from domain.model.errors import Unavailable
from domain.model.ids import UserId
from domain.model.messaging.messages import RequestContext
from domain.model.messaging.relaying import MAX_ATTEMPTS
from domain.model.registrations.campaigns import Fan
from domain.usecases.messaging.send_receipts import RECEIPTS_AT_ONCE, REFUSED
from ports.messaging import Lane
from ports.system import set_current_request
from tests.usecases.messaging.relaying import Relaying

SECOND = timedelta(seconds=1)


@pytest.fixture
def relaying() -> Relaying:
    return Relaying()


async def test_a_stream_that_is_down_holds_up_no_background_task(relaying: Relaying) -> None:
    relaying.stream.down = True
    await relaying.registers("ann", confirmed=True, scored=False)
    with pytest.raises(Unavailable):
        await relaying.events()

    assert (await relaying.mails()).passed_on == 1
    assert (await relaying.retries()).passed_on == 1

    assert [receipt.email for receipt in relaying.receipts.sent] == ["ann@example.com"]
    (delivery,) = await relaying.queue.receive(Lane.NEW, 10, timedelta())
    assert delivery.job.user_id == "ann"
    assert (await relaying.mails()).passed_on == (await relaying.retries()).passed_on == 0


async def test_a_mailer_that_is_down_holds_up_no_event(relaying: Relaying) -> None:
    ids = await relaying.registers("ann", confirmed=True)
    relaying.receipts.answers["ann@example.com"] = Unavailable("receipts")
    assert (await relaying.mails()).postponed == 1

    await relaying.events()

    assert relaying.stream.published == ids[:1]


async def test_a_receipt_is_never_given_up_for_an_outage(relaying: Relaying) -> None:
    await relaying.registers("ann", confirmed=True)
    relaying.receipts.answers["ann@example.com"] = Unavailable("receipts")
    for _ in range(3 * MAX_ATTEMPTS):
        assert (await relaying.mails()).postponed == 1
        assert (await relaying.mails()).postponed == 0, "it is put off"
        relaying.clock.advance(timedelta(minutes=1))

    relaying.receipts.answers.clear()
    assert (await relaying.mails()).passed_on == 1


async def test_a_receipt_that_the_mailer_will_never_have_is_parked(relaying: Relaying) -> None:
    """Once the mailer's settings are mended, the receipt can still be sent."""
    await relaying.registers("ann", confirmed=True)
    await relaying.registers("bob", confirmed=True)
    relaying.receipts.answers |= {"ann@example.com": False, "bob@example.com": ValueError()}

    assert len((await relaying.mails()).parked) == 2
    reasons = {one.message.user_id: one.reason for one in await relaying.outbox.parked(None, 10)}
    assert reasons == {"ann": REFUSED, "bob": "the mailer failed: ValueError"}

    relaying.receipts.answers.clear()
    await relaying.outbox.put_back(None)
    assert (await relaying.mails()).passed_on == 2


async def test_a_few_receipts_are_sent_at_once(relaying: Relaying) -> None:
    for number in range(3 * RECEIPTS_AT_ONCE):
        await relaying.registers(f"fan-{number}", confirmed=True)

    while (await relaying.mails()).more:
        pass

    assert len(relaying.receipts.sent) == 3 * RECEIPTS_AT_ONCE
    assert 1 < relaying.receipts.most_at_once <= RECEIPTS_AT_ONCE


async def test_a_fan_without_an_address_gets_no_mail_and_is_counted_once(relaying: Relaying) -> None:
    await relaying.registers("ann", confirmed=True, addressed=False)

    assert (await relaying.mails()).unaddressed == 1
    assert (await relaying.mails()).unaddressed == 0
    assert relaying.receipts.sent == []


async def test_a_receipt_goes_to_the_address_of_the_account_where_it_has_one(relaying: Relaying) -> None:
    """An address that was typed may belong to a stranger."""
    await relaying.registers("ann", confirmed=True)
    relaying.users.put(Fan(id=UserId("ann"), email="ann@her.example"))

    await relaying.mails()

    assert [receipt.email for receipt in relaying.receipts.sent] == ["ann@her.example"]


async def test_a_receipt_waits_for_the_accounts_and_no_account_gets_none(relaying: Relaying) -> None:
    await relaying.registers("ann", confirmed=True)
    relaying.users.answer(answers=False)
    assert (await relaying.mails()).postponed == 1
    relaying.clock.advance(timedelta(minutes=1))
    relaying.users.answer(answers=True)
    relaying.users.remove(UserId("ann"))

    assert (await relaying.mails()).unaddressed == 1
    assert relaying.receipts.sent == []


async def test_a_receipt_carries_no_name_that_is_none(relaying: Relaying) -> None:
    """Stored by a release that accepted them."""
    await relaying.registers("ann", confirmed=True, first_name="Hi http://bad.example", last_name="Lee")

    await relaying.mails()

    (receipt,) = relaying.receipts.sent
    assert (receipt.first_name, receipt.last_name) == (None, "Lee")


async def test_receivers_get_the_id_of_the_request_that_made_the_task_due(relaying: Relaying) -> None:
    for name in ("ann", "bob"):
        set_current_request(RequestContext(request_id=f"of-{name}"))
        await relaying.registers(name, confirmed=True)
    set_current_request(RequestContext())

    await relaying.mails()
    await relaying.events()
    while len(relaying.realtime.sent) < 2:
        await asyncio.sleep(0)

    assert sorted(relaying.receipts.on_behalf_of) == ["of-ann", "of-bob"]
    assert sorted(relaying.realtime.on_behalf_of) == ["of-ann", "of-bob"]
