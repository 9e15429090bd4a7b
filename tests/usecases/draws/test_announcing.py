"""Announcing a draw, reading and aborting it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from domain.model.draws.beacons import MAX_ROUND, QUICKNET, DrandRequest, DrandRound, ManualBeacon
from domain.model.draws.draw import DrawStatus
from domain.model.draws.entrants import Exclusion
from domain.model.draws.errors import BallotsMissing, DrawNotAnnounced, DrawNotDrawn, DrawNotFound
from domain.model.draws.lines import list_digest
from domain.model.draws.merkle import merkle_root
from domain.model.draws.rules import ScoreWeight
from domain.model.draws.screening import CandidateBatch
from domain.model.errors import InvalidValue, Unavailable
from domain.model.ids import BallotId, CampaignId, DrawId, UserId
from domain.model.registrations.entry import Fraud, FraudStatus, Selection
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.markets import MarketId
from domain.usecases.draws.announce_draw import AnnounceDrawCommand
from ports.draws import Candidates
from tests.support.neighbours import MemoryBeacon
from tests.support.registrations import BOS, LAX, NOON, NYC, TOUR, a_campaign, an_entry
from tests.usecases.draws.scene import DrawScene, a_command, taking_part

HOUR = timedelta(hours=1)
FIRST_ROUND = QUICKNET.first_round_from(NOON + HOUR)


@pytest.fixture
def scene() -> DrawScene:
    return DrawScene()


async def test_the_list_has_who_takes_part_and_the_manifest_all_that_decides(scene: DrawScene) -> None:
    ann, bob = taking_part("ann", score=95.0), taking_part("bob", score=75.0)
    ann = replace(ann, details=replace(ann.details, markets=(LAX, BOS, NYC)))
    await scene.put(ann, bob)

    draw = await scene.announced(
        tiers=(90, 70), weights=(ScoreWeight(min_score=90, weight=4),), exclude=(FraudStatus.FLAGGED,)
    )

    expected = sorted([f"{ann.ballot_id},0,4,bos>nyc".encode(), f"{bob.ballot_id},1,1,nyc>bos".encode()])
    assert await scene.list_of(draw) == expected
    manifest = draw.manifest
    assert (draw.status, draw.number, draw.randomness) == (DrawStatus.ANNOUNCED, 1, None)
    assert (manifest.campaign_id, manifest.number, manifest.announced_at) == (TOUR, 1, NOON)
    assert (manifest.entrants, dict(manifest.excluded)) == (2, {})
    assert manifest.list_digest == list_digest(expected)
    assert manifest.merkle_root == merkle_root(expected).hex()
    assert manifest.beacon == DrandRound(chain=QUICKNET.hash, round=FIRST_ROUND)
    assert len(bytes.fromhex(manifest.seed)) == 32
    assert await scene.draws.read(TOUR, draw.id) == draw


async def test_who_would_take_part_is_said_before_and_nothing_is_stored(scene: DrawScene) -> None:
    await scene.put(taking_part("ann"), taking_part("bob"), replace(taking_part("cid"), phone_confirmed_at=None))

    foreseen = await scene.draws.announce.foresee(a_command())

    assert (foreseen.entrants, dict(foreseen.excluded)) == (2, {Exclusion.UNCONFIRMED: 1})
    assert not (await scene.draws.list(TOUR, before=None, limit=10)).draws
    draw = await scene.announced()
    assert (draw.manifest.entrants, draw.manifest.excluded) == (foreseen.entrants, foreseen.excluded)
    with pytest.raises(InvalidValue):
        await scene.draws.announce.foresee(a_command({"paris": 1}))


async def test_who_takes_no_part_is_counted_under_the_first_reason(scene: DrawScene) -> None:
    flagged = Fraud(status=FraudStatus.FLAGGED, score=99)
    far = taking_part("far", score=50.0)
    await scene.put(
        taking_part("in", score=50.0),
        replace(an_entry(taking_part("new").user_id), selection=Selection.NONE),
        taking_part("had", fraud=flagged).select(Selection.DECLINED),
        taking_part("bad", fraud=flagged),
        taking_part("low", score=49.9),
        taking_part("unscored"),
        replace(far, details=replace(far.details, markets=(LAX,))),
    )

    draw = await scene.announced(min_score=50.0, exclude=(FraudStatus.FLAGGED,))

    assert draw.manifest.entrants == 1
    assert dict(draw.manifest.excluded) == {
        Exclusion.UNCONFIRMED: 1,
        Exclusion.SELECTED_BEFORE: 1,
        Exclusion.FRAUD: 1,
        Exclusion.SCORE: 2,
        Exclusion.MARKET: 1,
    }


async def test_of_a_group_one_takes_part(scene: DrawScene) -> None:
    homes = {"ann": "x", "bob": "x", "cy": " ", "dee": "y", "eve": "x"}
    entries = [taking_part(name) for name in homes]
    await scene.put(
        *(
            replace(one, details=replace(one.details, attributes={"household": homes[one.user_id]}))
            for one in entries
        )
    )

    draw = await scene.announced(group_by="household")

    assert (draw.manifest.entrants, dict(draw.manifest.excluded)) == (3, {Exclusion.GROUP: 2})
    least = min(str(one.ballot_id) for one in entries if homes[one.user_id] == "x")
    assert [line for line in await scene.list_of(draw) if line.startswith(least.encode())]


async def test_what_entries_do_after_the_announcement_changes_nothing_of_it(scene: DrawScene) -> None:
    ann, bob = taking_part("ann"), taking_part("bob")
    await scene.put(ann, bob)
    draw = await scene.announced()
    lines = await scene.list_of(draw)

    await scene.store.withdrawals.withdraw(TOUR, ann.user_id, NOON)
    await scene.put(taking_part("cy"))
    await scene.put(replace(bob.select(Selection.SELECTED), version=bob.version + 1))
    for place in scene.store.personal_data.values():
        await place.erase(bob.user_id, ann.user_id, NOON)

    assert await scene.list_of(draw) == lines
    assert list_digest(lines) == draw.manifest.list_digest
    assert await scene.draws.read(TOUR, draw.id) == draw


async def test_a_draw_without_entrants_can_be_announced(scene: DrawScene) -> None:
    draw = await scene.announced()

    assert (draw.manifest.entrants, draw.manifest.list_digest) == (0, list_digest([]))
    assert await scene.list_of(draw) == []


async def test_a_round_may_be_chosen_that_is_late_enough(scene: DrawScene) -> None:
    draw = await scene.announced(beacon=DrandRequest(round=FIRST_ROUND + 7))

    assert draw.manifest.beacon == DrandRound(chain=QUICKNET.hash, round=FIRST_ROUND + 7)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"places": {"sfo": 0}}, "places.sfo"),
    ({"places": {"sfo,lax": 1}}, "places"),
    ({"places": {"sfo>lax": 1}}, "places"),
    ({"places": {"nyc": 1, "ber": 1}}, "places.ber"),
    ({"tiers": (70, 90)}, "tiers.1"),
    ({"tiers": (90, 90)}, "tiers.1"),
    ({"weights": (ScoreWeight(min_score=1, weight=65),)}, "weights.0.weight"),
    ({"weights": (ScoreWeight(min_score=1, weight=0),)}, "weights.0.weight"),
    ({"min_score": 100.5}, "minScore"),
    ({"group_by": ""}, "groupBy"),
    ({"beacon": DrandRequest(round=FIRST_ROUND - 1)}, "beacon.round"),
    ({"beacon": DrandRequest(round=MAX_ROUND)}, "beacon.round"),
]


@pytest.mark.parametrize(("command", "field"), WRONG)
async def test_a_wrong_rule_is_refused_and_nothing_is_announced(
    scene: DrawScene, command: dict[str, Any], field: str
) -> None:
    scene.campaigns.put(a_campaign(markets=(NYC, BOS, "sfo", "sfo,lax", "sfo>lax")))

    with pytest.raises(InvalidValue) as refused:
        await scene.announced(**command)

    assert refused.value.field == field
    assert (await scene.draws.list(TOUR, before=None, limit=5)).draws == []


async def test_without_a_beacon_only_randomness_given_by_hand_decides() -> None:
    scene = DrawScene(beacon=MemoryBeacon(configured=False))

    with pytest.raises(InvalidValue) as refused:
        await scene.announced()
    assert refused.value.field == "beacon.kind"
    assert (await scene.announced(beacon=ManualBeacon())).manifest.beacon == ManualBeacon()


async def test_an_unknown_campaign_has_no_draw(scene: DrawScene) -> None:
    with pytest.raises(CampaignNotFound):
        await scene.draws.announce(AnnounceDrawCommand(campaign_id=CampaignId("other"), places={NYC: 1}))


async def test_a_fan_without_a_ballot_is_not_passed_over(scene: DrawScene) -> None:
    await scene.put(taking_part("ann"), replace(taking_part("bob"), ballot_id=None))

    with pytest.raises(BallotsMissing):
        await scene.announced()


@dataclass(frozen=True, slots=True)
class SlowCandidates:
    """Reading the entries takes a while; then the store may be gone."""

    candidates: Candidates
    scene: DrawScene
    lasts: timedelta
    fails: bool = False

    async def of_campaign(self, campaign_id: CampaignId, group_by: str | None) -> AsyncIterator[CandidateBatch]:
        async for batch in self.candidates.of_campaign(campaign_id, group_by):
            yield batch
        self.scene.clock.advance(self.lasts)
        if self.fails:
            raise Unavailable("store")

    async def fans_of(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Mapping[BallotId, UserId]:
        return await self.candidates.fans_of(campaign_id, ballots)

    async def placed_among(
        self, campaign_id: CampaignId, draw_id: DrawId, ballots: Sequence[BallotId]
    ) -> Mapping[BallotId, UserId]:
        return await self.candidates.placed_among(campaign_id, draw_id, ballots)

    async def waiting_among(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Collection[BallotId]:
        return await self.candidates.waiting_among(campaign_id, ballots)

    async def placed(self, campaign_id: CampaignId, draw_id: DrawId) -> Mapping[MarketId, int]:
        return await self.candidates.placed(campaign_id, draw_id)


async def test_the_announcement_is_when_the_list_is_whole(scene: DrawScene) -> None:
    """The notice is counted from there: the randomness is not known earlier after it."""
    await scene.put(taking_part("ann"))
    slow = replace(scene.draws.announce, candidates=SlowCandidates(scene.store.candidates, scene, 2 * HOUR))

    draw = await slow(a_command())

    assert draw.manifest.announced_at == NOON + 2 * HOUR
    assert draw.manifest.beacon == DrandRound(
        chain=QUICKNET.hash, round=QUICKNET.first_round_from(NOON + 3 * HOUR)
    )


async def test_a_round_that_is_too_early_by_then_is_refused_and_the_list_is_deleted(scene: DrawScene) -> None:
    await scene.put(taking_part("ann"))
    slow = replace(scene.draws.announce, candidates=SlowCandidates(scene.store.candidates, scene, HOUR))

    with pytest.raises(InvalidValue) as refused:
        await slow(a_command(beacon=DrandRequest(round=FIRST_ROUND)))

    assert refused.value.field == "beacon.round"
    assert await scene.announced() is not None
    assert len(scene.store.draw_lists.kept()) == 1


async def test_a_store_that_fails_meanwhile_leaves_no_draw(scene: DrawScene) -> None:
    await scene.put(taking_part("ann"))
    broken = SlowCandidates(scene.store.candidates, scene, HOUR, fails=True)

    with pytest.raises(Unavailable):
        await replace(scene.draws.announce, candidates=broken)(a_command())

    assert (await scene.draws.list(TOUR, before=None, limit=5)).draws == []


# Aborting and reading


async def test_an_aborted_draw_keeps_its_number_and_stays_visible(scene: DrawScene) -> None:
    first = await scene.announced()

    aborted = await scene.draws.abort(TOUR, first.id)
    again = await scene.draws.abort(TOUR, first.id)
    second = await scene.announced()

    assert again == aborted == await scene.draws.read(TOUR, first.id)
    assert (aborted.status, aborted.aborted_at, aborted.manifest) == (DrawStatus.ABORTED, NOON, first.manifest)
    assert second.number == 2
    assert await scene.list_of(aborted) == []
    assert (await scene.draws.list(TOUR, before=None, limit=5)).draws == [second, aborted]


async def test_a_draw_that_runs_cannot_be_aborted(scene: DrawScene) -> None:
    draw = await scene.announced()
    await scene.store.draws.change(TOUR, draw.id, lambda one: one.begin_run("ab" * 32))

    with pytest.raises(DrawNotAnnounced):
        await scene.draws.abort(TOUR, draw.id)


async def test_an_unknown_draw_is_not_found(scene: DrawScene) -> None:
    draw, unknown = await scene.announced(), DrawId("unknown")

    for ask in (scene.draws.read, scene.draws.abort, scene.draws.export_list, scene.draws.export_results):
        with pytest.raises(DrawNotFound):
            await ask(TOUR, unknown)
        with pytest.raises(DrawNotFound):
            await ask(CampaignId("other"), draw.id)


async def test_results_are_exported_when_there_are_any(scene: DrawScene) -> None:
    draw = await scene.announced()

    with pytest.raises(DrawNotDrawn):
        await scene.draws.export_results(TOUR, draw.id)


async def test_draws_are_listed_page_by_page(scene: DrawScene) -> None:
    for _ in range(3):
        await scene.announced()

    first = await scene.draws.list(TOUR, before=None, limit=2)
    last = await scene.draws.list(TOUR, before=first.next, limit=2)

    assert [draw.number for page in (first, last) for draw in page.draws] == [3, 2, 1]
    assert (first.next, last.next) == (2, None)
