"""What every PhoneBook promises."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.model.ids import CampaignId
from domain.model.registrations.phones import DAY, HOUR, Failure, PhoneRecord, SendLimits
from tests.contracts.registrations.entry_stores import NOW, TOUR, EntryPorts, fan, phone

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

LIMITS = SendLimits(per_hour=5, per_day=10)


async def _take(ports: EntryPorts, times: int, now: datetime) -> list[datetime | None]:
    return [await ports.phone_book.take_send(phone(1), LIMITS, now) for _ in range(times)]


async def test_a_number_has_its_sends_of_the_hour(entry_ports: EntryPorts) -> None:
    first = await _take(entry_ports, 2, NOW)
    later = await _take(entry_ports, 4, NOW + timedelta(minutes=1))

    assert first + later == [None] * 5 + [NOW + HOUR]
    assert await _take(entry_ports, 1, NOW + HOUR) == [None]


async def test_and_its_sends_of_the_day(entry_ports: EntryPorts) -> None:
    for hour in range(2):
        assert await _take(entry_ports, 5, NOW + hour * HOUR) == [None] * 5

    assert await _take(entry_ports, 1, NOW + 5 * HOUR) == [NOW + DAY]
    assert await _take(entry_ports, 1, NOW + DAY) == [None]


async def test_a_send_that_was_refused_is_not_counted(entry_ports: EntryPorts) -> None:
    await _take(entry_ports, 9, NOW)

    assert await _take(entry_ports, 5, NOW + HOUR) == [None] * 5


async def test_numbers_do_not_share_their_sends(entry_ports: EntryPorts) -> None:
    await _take(entry_ports, 5, NOW)

    assert await entry_ports.phone_book.take_send(phone(2), LIMITS, NOW) is None


async def test_twenty_at_once_get_exactly_the_limit(entry_ports: EntryPorts) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    taken = await asyncio.gather(*(entry_ports.phone_book.take_send(phone(1), LIMITS, now) for _ in range(20)))

    assert sorted(taken, key=str) == sorted([None] * 5 + [now + HOUR] * 15, key=str)


async def test_twenty_at_once_in_two_processes_get_exactly_the_limit(
    entry_peers: tuple[EntryPorts, EntryPorts],
) -> None:
    books = [entry_peers[one % 2].phone_book for one in range(20)]

    taken = await asyncio.gather(*(book.take_send(phone(1), LIMITS, NOW) for book in books))

    assert taken.count(None) == 5
    assert [await peer.phone_book.take_send(phone(1), LIMITS, NOW) for peer in entry_peers] == [NOW + HOUR] * 2


async def test_at_first_no_fan_has_failed_on_a_number(entry_ports: EntryPorts) -> None:
    assert await entry_ports.phone_book.record(TOUR, phone(1)) == PhoneRecord()


async def test_failures_are_remembered_for_one_campaign_and_number(entry_ports: EntryPorts) -> None:
    """REQ-009."""
    failures = PhoneRecord(failures=(Failure(by=fan(1), at=NOW), Failure(by=fan(2), at=NOW)))

    await entry_ports.phone_book.change(TOUR, phone(1), lambda _: failures)

    assert await entry_ports.phone_book.record(TOUR, phone(1)) == failures
    assert await entry_ports.phone_book.record(TOUR, phone(2)) == PhoneRecord()
    assert await entry_ports.phone_book.record(CampaignId("tour-2"), phone(1)) == PhoneRecord()


async def test_a_block_can_be_lifted_and_come_again(entry_ports: EntryPorts) -> None:
    failures = PhoneRecord(failures=(Failure(by=fan(1), at=NOW),))
    await entry_ports.phone_book.change(TOUR, phone(1), lambda _: PhoneRecord())
    await entry_ports.phone_book.change(TOUR, phone(1), lambda _: failures)

    await entry_ports.phone_book.change(TOUR, phone(1), lambda _: PhoneRecord())
    assert await entry_ports.phone_book.record(TOUR, phone(1)) == PhoneRecord()

    await entry_ports.phone_book.change(TOUR, phone(1), lambda _: failures)
    assert await entry_ports.phone_book.record(TOUR, phone(1)) == failures


async def test_failures_at_once_are_all_remembered(entry_ports: EntryPorts) -> None:
    ttl = timedelta(days=1)

    def failed_by(number: int) -> asyncio.Future[None]:
        return asyncio.ensure_future(
            entry_ports.phone_book.change(TOUR, phone(1), lambda record: record.failed(fan(number), NOW, ttl))
        )

    await asyncio.gather(*(failed_by(number) for number in range(20)))

    record = await entry_ports.phone_book.record(TOUR, phone(1))
    assert {failure.by for failure in record.failures} == {fan(number) for number in range(20)}
    assert len(record.failures) == 20
