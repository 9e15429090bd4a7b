"""Registrations of campaigns that closed long ago are withdrawn."""

from datetime import timedelta

import pytest

from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.campaigns import CampaignStatus
from domain.usecases.privacy.purge_closed import FANS_AT_ONCE, PurgeClosed, PurgeCommand, Purged
from tests.usecases.registrations.scene import Fan, Scene

KEPT = timedelta(days=30)


def purging(scene: Scene) -> PurgeClosed:
    ports = scene.ports
    return PurgeClosed(
        queries=ports.stores().entry_queries,
        withdrawals=ports.entries,
        campaigns=ports.campaigns,
        clock=ports.clock,
    )


async def closed_campaign(scene: Scene, ago: timedelta, id: str = "old", fans: int = 3) -> list[Fan]:
    """With confirmed fans; it has closed that long ago."""
    campaign = scene.opens(id)
    there = [scene.fan(f"{id}-{number:04}").elsewhere(campaign) for number in range(fans)]
    for fan in there:
        await fan.confirmed()
    scene.opens(id, status=CampaignStatus.CLOSED, closes_at=scene.ports.clock.now() - ago)
    return there


async def left(scene: Scene, id: str) -> int:
    return len(scene.ports.entries.all_of(CampaignId(id)))


async def test_registrations_of_an_old_campaign_are_withdrawn_and_no_others(scene: Scene) -> None:
    ann = scene.fan("ann")
    await ann.confirmed()
    old = await closed_campaign(scene, KEPT, "old")
    await closed_campaign(scene, KEPT - timedelta(milliseconds=1), "young")

    assert await purging(scene)(PurgeCommand(days=30)) == Purged(campaigns=1, entries=3)

    assert [await left(scene, id) for id in ("old", "young", ann.campaign)] == [0, 3, 1]
    assert [await fan.messages() for fan in old] == [["created", "phone_confirmed", "withdrawn"]] * 3
    assert await purging(scene)(PurgeCommand(days=30)) == Purged()


async def test_a_dry_run_counts_only(scene: Scene) -> None:
    await closed_campaign(scene, KEPT)

    command = PurgeCommand(days=30, dry_run=True)
    assert await purging(scene)(command) == Purged(campaigns=1, entries=3)

    assert await left(scene, "old") == 3


async def test_a_campaign_that_does_not_say_since_when_it_is_closed_is_left_alone(scene: Scene) -> None:
    await closed_campaign(scene, KEPT)
    scene.opens("old", status=CampaignStatus.CLOSED, closes_at=None)

    assert await purging(scene)(PurgeCommand(days=1)) == Purged()


async def test_a_campaign_that_is_open_again_is_left_alone(scene: Scene) -> None:
    await closed_campaign(scene, KEPT)
    scene.opens("old", closes_at=None)

    assert await purging(scene)(PurgeCommand(days=1)) == Purged()
    assert await left(scene, "old") == 3


async def test_a_campaign_that_is_unknown_is_left_alone(scene: Scene) -> None:
    await closed_campaign(scene, KEPT)
    scene.ports.campaigns.forget(CampaignId("old"))

    assert await purging(scene)(PurgeCommand(days=1)) == Purged(unknown=1)
    assert await left(scene, "old") == 3


async def test_after_an_interruption_the_next_run_does_the_rest(scene: Scene) -> None:
    await closed_campaign(scene, KEPT, fans=FANS_AT_ONCE + 5)
    purge, calls = purging(scene), 0
    withdraw = scene.ports.entries.withdraw

    class Failing:
        registered = scene.ports.entries.registered

        async def withdraw(self, campaign_id: CampaignId, user_id: UserId, now: object) -> bool:
            nonlocal calls
            calls += 1
            if calls == 100:
                raise Unavailable("store")
            return await withdraw(campaign_id, user_id, scene.ports.clock.now())

    failing = PurgeClosed(
        queries=purge.queries, withdrawals=Failing(), campaigns=purge.campaigns, clock=purge.clock
    )
    with pytest.raises(Unavailable):
        await failing(PurgeCommand(days=30))

    assert 0 < await left(scene, "old") < FANS_AT_ONCE + 5
    await purge(PurgeCommand(days=30))
    assert await left(scene, "old") == 0
