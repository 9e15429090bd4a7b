"""What every EventStream promises: Fangate's own and those of other packages.

A test module that imports all of this and has a fixture ``subject`` runs it over its stream; see
docs/adding-a-stream.md.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from domain.model.cloud_events import OutgoingEvent
from ports.events import BEHIND, EventStream, Refused
from tests.support.servers.reading import Published, first_of_each

LARGE = 900_000
"""Bytes that every stream takes in one event."""
TOO_LARGE = 1_100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    stream: EventStream
    """Empty."""
    read: Callable[[], Awaitable[Sequence[Published]]]
    """Everything in the stream, each key's events in order."""


def event(fan: int, number: int, *, text: str = "") -> OutgoingEvent:
    """The ``number``-th of a fan."""
    id = f"{fan}-{number}"
    body = {"specversion": "1.0", "id": id, "subject": f"tour/fan-{fan}", "data": {"text": text}}
    return OutgoingEvent(id=id, key=f"tour:fan-{fan}", body=json.dumps(body, ensure_ascii=False).encode())


def in_order(events: Sequence[OutgoingEvent]) -> dict[str, list[str]]:
    """What must be read of these."""
    return first_of_each(Published(key=one.key, body=one.body) for one in events)


async def test_all_that_is_published_can_be_read(subject: Subject) -> None:
    events = [event(fan, 1) for fan in range(50)]

    assert list(await subject.stream.publish(events)) == []

    read = await subject.read()
    assert sorted((record.key, record.body) for record in read) == sorted((one.key, one.body) for one in events)


async def test_publishing_no_events_is_no_error(subject: Subject) -> None:
    assert list(await subject.stream.publish([])) == []


async def test_each_key_keeps_its_order(subject: Subject) -> None:
    events = [event(fan, number) for number in range(20) for fan in range(7)]
    for start in range(0, len(events), 33):
        await subject.stream.publish(events[start : start + 33])

    assert first_of_each(await subject.read()) == in_order(events)


async def test_one_key_may_have_many_in_one_call(subject: Subject) -> None:
    events = [event(1, number) for number in range(60)]
    await subject.stream.publish(events)

    assert first_of_each(await subject.read()) == in_order(events)


async def test_more_than_one_request_can_hold(subject: Subject) -> None:
    """Too many bytes for a request of Kinesis at first, then too many events; several batches for Kafka."""
    events = [event(fan, 1, text="x" * 10_000) for fan in range(520)] + [event(fan, 2) for fan in range(520)]
    await subject.stream.publish(events)

    assert first_of_each(await subject.read()) == in_order(events)


async def test_calls_at_once_with_keys_of_their_own(subject: Subject) -> None:
    calls = [[event(fan, number) for number in range(10) for fan in range(ten, ten + 10)] for ten in (0, 10, 20)]
    await asyncio.gather(*(subject.stream.publish(events) for events in calls))

    assert first_of_each(await subject.read()) == {
        key: ids for call in calls for key, ids in in_order(call).items()
    }


async def test_an_event_may_be_published_again(subject: Subject) -> None:
    events = [event(fan, number) for number in range(3) for fan in range(3)]
    await subject.stream.publish(events[:5])
    await subject.stream.publish(events)

    assert first_of_each(await subject.read()) == in_order(events)


async def test_text_of_all_the_world_arrives_as_it_was(subject: Subject) -> None:
    text = "Ærøskøbing, 東京, 🎟️, \u0000 \\ \" ' \u2028 Ω"
    await subject.stream.publish([event(1, 1, text=text)])

    (read,) = await subject.read()
    assert read.event["data"]["text"] == text


async def test_large_events_get_through(subject: Subject) -> None:
    events = [event(fan, number, text="x" * LARGE) for number in range(2) for fan in range(2)]
    assert list(await subject.stream.publish(events)) == []

    assert first_of_each(await subject.read()) == in_order(events)


async def test_an_event_that_is_too_large_is_refused_and_so_are_later_ones_of_its_key(subject: Subject) -> None:
    before, huge, behind = event(1, 1), event(1, 2, text="x" * TOO_LARGE), event(1, 3)
    others = [event(2, number) for number in range(3)]

    refused = await subject.stream.publish([others[0], before, huge, others[1], behind, others[2]])

    assert [one.id for one in refused] == [huge.id, behind.id]
    assert refused[1] == Refused(id=behind.id, reason=BEHIND)
    assert refused[0].reason not in {"", BEHIND}
    assert first_of_each(await subject.read()) == in_order([before, *others])


async def test_a_key_continues_without_the_refused_event(subject: Subject) -> None:
    await subject.stream.publish([event(1, 1, text="x" * TOO_LARGE), event(1, 2)])

    assert list(await subject.stream.publish([event(1, 2), event(1, 3)])) == []
    assert first_of_each(await subject.read()) == in_order([event(1, 2), event(1, 3)])


async def test_a_refusal_does_not_quote_the_event(subject: Subject) -> None:
    refused = await subject.stream.publish([event(1, 1, text="geheim" * TOO_LARGE)])

    assert len(refused) == 1
    assert "geheim" not in repr(refused)
