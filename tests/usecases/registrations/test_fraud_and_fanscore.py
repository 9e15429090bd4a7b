"""Fraud detection and account scoring are asked on every creation and change, and can fail neither."""

import asyncio
from dataclasses import dataclass, field

import pytest

from adapters.memory.queues import MemoryQueue
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.relaying import Channel
from domain.model.registrations.entry import Fraud, FraudStatus
from domain.usecases.messaging.queue_score_retries import QueueScoreRetries
from domain.usecases.messaging.retry_scores import RetryScores
from domain.usecases.registrations.registration import Device
from ports.messaging import Lane
from ports.neighbours import RegistrationAttempt
from tests.support.neighbours import MemoryFanscore, MemoryFraudDetection
from tests.support.registrations import LAX, SFO, TOUR
from tests.usecases.registrations.scene import EVERYWHERE, Fan, Scene
from tests.usecases.registrations.wiring import Ports

SAFETY_SECONDS = 5
"""Ends a test that would hang; no assertion depends on it."""


def _scoring(*, knows: float | None = None) -> tuple[Scene, Fan]:
    """A fan, where account scoring is configured; what it knows of the fan."""
    fanscore = MemoryFanscore()
    scene = Scene(Ports(fanscore=fanscore))
    ann = scene.fan()
    if knows is not None:
        fanscore.put(ann.id, knows)
    return scene, ann


# Fraud detection.


async def test_fraud_detection_is_asked_on_every_creation_and_change(scene: Scene) -> None:
    """Core rule: "Nudetect fraud detection is invoked for all entry creations/updates"."""
    ann = scene.fan()
    device = Device(session_id="s-1", ip="192.0.2.1", user_agent="typed", connection_ip="192.0.2.9")

    await ann.register(device=device, email="ann@example.net")
    await ann.register(device=device)
    await ann.register(markets=[LAX])

    created, updated = scene.ports.fraud.attempts
    assert created == RegistrationAttempt(
        campaign_id=TOUR,
        user_id=ann.id,
        phone=ann.phone,
        email="ann@example.net",
        session_id="s-1",
        ip="192.0.2.1",
        user_agent="typed",
        connection_ip="192.0.2.9",
        event="create",
    )
    assert (updated.event, updated.email, updated.session_id) == ("update", "ann@example.net", None)


async def test_fraud_detection_looks_at_the_number_that_is_wanted(scene: Scene) -> None:
    ann, other = scene.fan(), scene.a_phone()
    await ann.confirmed()

    await ann.register(phone=other)

    assert [attempt.phone for attempt in scene.ports.fraud.attempts] == [ann.phone, other]


@pytest.mark.parametrize("status", FraudStatus)
async def test_whatever_fraud_detection_thinks_the_fan_is_registered_and_the_opinion_kept(
    scene: Scene, status: FraudStatus
) -> None:
    opinion = Fraud(status=status, score=50)
    scene.ports.fraud.think(opinion)

    registered = await scene.fan().registered()

    assert (registered.created, registered.entry.fraud) == (True, opinion)


async def test_the_opinion_about_the_last_change_is_the_one_that_counts(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed()
    unavailable = Fraud(status=FraudStatus.UNAVAILABLE)
    scene.ports.fraud.think(unavailable)

    await ann.register()
    assert (await ann.entry()).fraud.status is FraudStatus.CLEAR, "nothing has changed"

    assert (await ann.register(markets=[LAX])).fraud == unavailable


# Account scoring.


async def test_a_fanscore_that_is_known_is_stored(scene: Scene) -> None:
    """Core rule: "Fanscore (account scoring) is queried and stored on each entry upsert"."""
    scene, ann = _scoring(knows=0.82)

    entry = await ann.register()
    assert (entry.fanscore, entry.fanscore_status) == (0.82, "scored")
    assert await ann.messages(Channel.RETRIES) == []

    scene.ports.fanscore.put(ann.id, 0.5)
    assert (await ann.register(markets=[LAX])).fanscore == 0.5


async def test_a_fanscore_that_is_not_known_is_pending_and_asked_for_again() -> None:
    _, ann = _scoring()

    entry = await ann.register()

    assert (entry.fanscore, entry.fanscore_status) == (None, "pending")
    assert await ann.messages(Channel.RETRIES) == ["retry_fanscore"]


async def test_a_fanscore_once_known_is_not_forgotten_and_asked_for_again() -> None:
    scene, ann = _scoring(knows=0.82)
    await ann.confirmed()
    scene.ports.fanscore.answer(answers=False)

    entry = await ann.register(markets=[LAX])

    assert (entry.fanscore, entry.fanscore_status) == (0.82, "scored")
    assert await ann.messages(Channel.RETRIES) == ["retry_fanscore"]


async def test_where_there_is_no_account_scoring_nothing_is_pending(scene: Scene) -> None:
    ann = scene.fan()

    assert (await ann.register()).fanscore_status == "not_asked"
    assert await ann.messages(Channel.RETRIES) == []


async def test_a_pending_fanscore_goes_by_the_queue_to_the_entry() -> None:
    scene, ann = _scoring()
    queue, ports = MemoryQueue(), scene.ports
    await ann.register()
    await QueueScoreRetries(outbox=scene.use_cases.messaging.outbox, queue=queue, clock=ports.clock)(EVERYWHERE)
    (delivery,) = await queue.receive(Lane.NEW, 10, ports.clock.now() - ports.clock.now())
    retry = RetryScores(fanscore=ports.fanscore, entries=ports.entries, clock=ports.clock)

    assert await retry(delivery) is not None, "it is not known yet"
    ports.fanscore.put(ann.id, 0.82)
    assert await retry(delivery) is None

    entry = await ann.entry()
    assert (entry.fanscore, entry.fanscore_status, entry.revision) == (0.82, "scored", 2)
    assert await ann.messages() == ["created", "updated"]
    assert await ann.messages(Channel.RETRIES) == []


# Both at the same time.


@dataclass(slots=True)
class _Together:
    """Answers when both are asked."""

    both: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(2))

    async def wait(self) -> None:
        async with asyncio.timeout(SAFETY_SECONDS):
            await self.both.wait()


class _PatientFraud(MemoryFraudDetection):
    def __init__(self, together: _Together) -> None:
        super().__init__()
        self._together = together

    async def assess(self, attempt: RegistrationAttempt) -> Fraud:
        await self._together.wait()
        return await super().assess(attempt)


class _PatientFanscore(MemoryFanscore):
    def __init__(self, together: _Together) -> None:
        super().__init__()
        self._together = together

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        await self._together.wait()
        return await super().fanscore(user_id, campaign_id)


async def test_both_are_asked_at_the_same_time() -> None:
    """Each answers only when the other one is asked, too."""
    together = _Together()
    scene = Scene(Ports(fraud=_PatientFraud(together), fanscore=_PatientFanscore(together)))

    assert (await scene.fan().registered(markets=[SFO])).created
