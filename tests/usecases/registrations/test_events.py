"""Each change of a registration leaves its event, in one write with the change (REQ-010)."""

import json
from itertools import chain
from typing import Any

import pytest

from adapters.appsync.live_updates import NoLiveUpdates
from adapters.memory.event_stream import MemoryEventStream
from domain.model.errors import DomainError, Unavailable
from domain.model.messaging.messages import PERSONAL, RequestContext
from domain.model.registrations.entry import Selection
from domain.usecases.messaging.relay_events import RelayEvents
from ports.system import set_current_request
from tests.support.registrations import DAY, LAX, MINUTE, NOON, SFO
from tests.usecases.registrations.scene import EVERYWHERE, Fan, Scene
from tests.usecases.registrations.states import full_outbox

STORY = [
    "created",
    "phone_confirmed",
    "updated",
    "transferred",
    "selected",
    "updated",
    "phone_confirmed",
    "updated",
]


async def _everything_happens_to(ann: Fan) -> None:
    """One minute after the other."""
    scene = ann.scene
    await ann.register()
    for step in (
        ann.confirm,
        lambda: ann.register(markets=[LAX], first_name="Ann"),
        lambda: scene.transfer("lax", "sfo"),
        lambda: scene.select(Selection.SELECTED, ann),
        lambda: ann.register(phone=scene.a_phone()),
        ann.confirm,
    ):
        scene.wait(MINUTE)
        await step()
    scene.wait(MINUTE)
    await scene.free((await ann.entry()).details.phone)


async def test_what_is_published_for_what(scene: Scene) -> None:
    ann = scene.fan()

    await _everything_happens_to(ann)

    assert await ann.messages() == STORY


async def test_an_event_carries_the_registration_as_the_change_made_it(scene: Scene) -> None:
    ann = scene.fan()
    await _everything_happens_to(ann)

    messages = await scene.messages()

    assert [message.revision for message in messages] == list(range(1, len(STORY) + 1))
    assert [message.at for message in messages] == [NOON + number * MINUTE for number in range(len(STORY))]
    assert len({message.id for message in messages}) == len(STORY)
    data = [json.loads(message.data or "") for message in messages]
    assert [one["revision"] for one in data] == [message.revision for message in messages]
    assert [one["markets"] for one in data][:4] == [["nyc", "bos"], ["nyc", "bos"], ["lax"], ["sfo"]]
    assert [one["selection"] for one in data] == ["none"] * 4 + ["selected"] * 4
    assert [one["status"] == "confirmed" for one in data] == [False, *[True] * 4, False, True, False]
    assert {one["createdAt"] for one in data} == {"2026-05-04T12:00:00.000Z"}


async def test_no_event_carries_a_code_or_a_token(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    code, token = await ann.code(), await ann.token()

    (message,) = await scene.messages()

    data = json.loads(message.data or "")
    assert "confirmation" not in data
    assert code not in chain(data.values(), data["attributes"].values())
    assert token not in (message.data or "")


async def test_what_changes_nothing_that_others_see_leaves_no_event(scene: Scene) -> None:
    ann = scene.fan()
    await ann.register()
    with pytest.raises(DomainError):
        await ann.confirm(await ann.wrong_code())
    scene.wait(MINUTE)
    await ann.resend()
    await ann.confirm()
    before = await ann.messages()

    await ann.register()
    await scene.score({ann: 90})
    await scene.select(Selection.NONE, ann)
    await scene.transfer("nyc", "sfo", dry_run=True)
    await scene.transfer("lax", "sfo")
    await scene.lift_block(ann.phone)

    assert before == await ann.messages() == ["created", "phone_confirmed"]


@pytest.mark.parametrize(
    "changes",
    [{"phone": "911"}, {"markets": []}, {"first_name": "http://"}, {"phone": "+46 70 123 45 67"}],
    ids=str,
)
async def test_what_is_refused_leaves_no_event(scene: Scene, changes: dict[str, Any]) -> None:
    await scene.fan("owner").confirmed(phone="+46701234567")
    ann = scene.fan()
    await ann.confirmed()

    with pytest.raises(DomainError):
        await ann.register(**changes)

    assert await ann.messages() == ["created", "phone_confirmed"]


async def test_a_change_whose_event_finds_no_room_is_not_stored(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed()
    before = await full_outbox(scene, ann)

    with pytest.raises(Unavailable) as refused:
        await ann.register(markets=[SFO])

    assert refused.value.part == "relay"
    assert await ann.entry() == before


async def test_an_event_says_which_request_made_the_change(scene: Scene) -> None:
    ann = scene.fan()
    set_current_request(RequestContext(request_id="first"))
    await ann.register()
    set_current_request(RequestContext(request_id="second"))
    await ann.confirm()
    set_current_request(RequestContext())

    assert [message.request.request_id for message in await scene.messages()] == ["first", "second"]


async def test_the_clock_of_a_registration_never_goes_back(scene: Scene) -> None:
    """Processes have clocks that differ."""
    ann = scene.fan()
    await ann.register()
    scene.wait(-DAY)

    changed = await ann.register(markets=[LAX])

    assert changed.updated_at == NOON
    assert [message.at for message in await scene.messages()] == [NOON, NOON]


async def test_the_stream_gets_every_event_once_and_in_order(scene: Scene) -> None:
    ann, bob, stream = scene.fan("ann"), scene.fan("bob"), MemoryEventStream()
    relay = RelayEvents(
        outbox=scene.use_cases.messaging.outbox,
        stream=stream,
        live_updates=NoLiveUpdates(),
        clock=scene.ports.clock,
    )
    await _everything_happens_to(ann)
    await bob.register()

    assert (await relay(EVERYWHERE)).passed_on == len(STORY) + 1
    assert (await relay(EVERYWHERE)).passed_on == 0

    published = [json.loads(event.body) for event in stream.published if event.key == "tour:ann"]
    assert [event["type"] for event in published] == [f"fangate.entry.{about}" for about in STORY]
    assert {event["subject"] for event in published} == {"tour/ann"}
    assert {event.key for event in stream.published} == {"tour:ann", "tour:bob"}
    assert await scene.messages() == []


async def test_events_without_personal_data_say_what_happened_and_not_to_whom(scene: Scene) -> None:
    """With the id of the fan, and in the same order."""
    ann, stream = scene.fan("ann"), MemoryEventStream()
    relay = RelayEvents(
        outbox=scene.use_cases.messaging.outbox,
        stream=stream,
        live_updates=NoLiveUpdates(),
        clock=scene.ports.clock,
        personal=False,
    )
    await ann.confirmed(email="typed@example.com", first_name="Ada", attributes={"seat": "A1"})
    await ann.withdraw()
    await ann.register()
    await relay(EVERYWHERE)

    published = [json.loads(event.body)["data"] for event in stream.published]
    assert [data["revision"] for data in published] == [1, 2, 3, 4]
    assert all(data["userId"] == "ann" for data in published)
    assert not [name for data in published for name in data if name in PERSONAL]
    assert published[-1]["markets"] == ["nyc", "bos"]
    assert ann.phone not in b"".join(event.body for event in stream.published).decode()
