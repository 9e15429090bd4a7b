"""Announce a draw: freeze who takes part, and publish all that decides it but the randomness."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from domain.model.draws.beacons import Beacon, BeaconRequest, DrandRequest
from domain.model.draws.draw import Draw
from domain.model.draws.entrants import Exclusion
from domain.model.draws.errors import BallotsMissing, DuplicateBallot
from domain.model.draws.manifest import Manifest, new_seed
from domain.model.draws.rules import DrawRules, ScoreWeight, check_descending, draw_rules
from domain.model.draws.screening import Screening
from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, DrawId, new_draw_id
from domain.model.registrations.entry import FraudStatus
from domain.model.registrations.errors import CampaignNotFound
from ports.drawing import DrawEngine, EntrantCollector, FrozenList
from ports.draws import Candidates, DrawLists, Draws
from ports.neighbours import Campaigns, PublicBeacon
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceDrawCommand:
    """The rules as staff sent them. Nothing of it is checked."""

    campaign_id: CampaignId
    places: Mapping[str, int]
    tiers: tuple[float, ...] = ()
    weights: tuple[ScoreWeight, ...] = ()
    min_score: float | None = None
    exclude: tuple[FraudStatus, ...] = ()
    group_by: str | None = None
    beacon: BeaconRequest = field(default_factory=DrandRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenDraw:
    """Who would take part."""

    entrants: int
    excluded: Mapping[Exclusion, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceDraw:
    """Announce a draw. From then on nothing of it can be changed; it can only be aborted, and keeps its number.

    The list of those who take part is frozen: what registrations do afterwards changes neither the list nor the
    order. A registration takes part when it is confirmed and has no selection, its fraud status is not excluded,
    its score is enough, and it ranks a market that has places. The others are counted, each under the first reason
    that applies.

    The manifest has all that decides the draw, but for the randomness. Publish it, or at least its digest, before
    the randomness is known. The round of the beacon is published at least the configured notice after the
    announcement. Without a beacon, `manual` takes randomness that staff give when they run the draw.
    """

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue, BallotsMissing, DuplicateBallot)

    campaigns: Campaigns
    candidates: Candidates
    engine: DrawEngine
    lists: DrawLists
    draws: Draws
    beacon: PublicBeacon
    clock: Clock
    notice: timedelta

    async def __call__(self, command: AnnounceDrawCommand) -> Draw:
        """Raises CampaignNotFound, InvalidValue, BallotsMissing, DuplicateBallot."""
        rules = await self.check(command)
        draw_id, seed = new_draw_id(), new_seed()
        async with self.engine.collector() as collector:
            excluded = await self._collect(command.campaign_id, rules, collector)
            frozen = await collector.freeze()
            async with self._stored(command.campaign_id, draw_id, frozen):
                # The announcement is now, not when the reading of the entries began.
                now = self.clock.now()
                beacon = command.beacon.fixed(now, self.notice)
                made = _Made(draw_id, seed, now, rules, beacon, frozen, excluded)
                return await self.draws.announce(
                    command.campaign_id, lambda number: made.draw(command.campaign_id, number)
                )

    async def foresee(self, command: AnnounceDrawCommand) -> ForeseenDraw:
        """Who would take part if the draw were announced now. Nothing is stored.

        Raises CampaignNotFound, InvalidValue, BallotsMissing, DuplicateBallot.
        """
        rules = await self.check(command)
        async with self.engine.collector() as collector:
            excluded = await self._collect(command.campaign_id, rules, collector)
            frozen = await collector.freeze()
            return ForeseenDraw(entrants=frozen.entrants, excluded=_all_excluded(excluded, frozen))

    async def check(self, command: AnnounceDrawCommand) -> DrawRules:
        """The rules, as far as they can be checked before the entries are read. Raises CampaignNotFound,
        InvalidValue."""
        campaign = await self.campaigns.get(command.campaign_id)
        check_descending(command.tiers)
        rules = draw_rules(
            campaign.markets,
            places=command.places,
            tiers=command.tiers,
            weights=command.weights,
            min_score=command.min_score,
            exclude=command.exclude,
            group_by=command.group_by,
        )
        if isinstance(command.beacon, DrandRequest) and not self.beacon.configured:
            raise InvalidValue("beacon.kind", "must be manual: no public beacon is configured")
        command.beacon.fixed(self.clock.now(), self.notice)
        return rules

    async def _collect(
        self, campaign_id: CampaignId, rules: DrawRules, collector: EntrantCollector
    ) -> Counter[Exclusion]:
        excluded: Counter[Exclusion] = Counter()
        screening = Screening(rules)
        async for batch in self.candidates.of_campaign(campaign_id, rules.group_by):
            screened = screening.screen(batch)
            excluded.update(screened.excluded)
            await collector.add(screened.lines, screened.groups)
        return excluded

    @asynccontextmanager
    async def _stored(self, campaign_id: CampaignId, draw_id: DrawId, frozen: FrozenList) -> AsyncIterator[None]:
        """With the list stored. It is deleted again when the draw is not announced."""
        try:
            await self.lists.put(campaign_id, draw_id, frozen.chunks(), self.clock.now())
            yield
        except BaseException:
            await self.lists.discard(campaign_id, draw_id)
            raise


def _all_excluded(excluded: Counter[Exclusion], frozen: FrozenList) -> Counter[Exclusion]:
    """With those who are left out because another entrant of their group takes part."""
    return excluded + Counter({Exclusion.GROUP: frozen.grouped_out})


@dataclass(frozen=True, slots=True)
class _Made:
    """A draw that only lacks its number."""

    draw_id: DrawId
    seed: str
    at: datetime
    rules: DrawRules
    beacon: Beacon
    frozen: FrozenList
    excluded: Counter[Exclusion]

    def draw(self, campaign_id: CampaignId, number: int) -> Draw:
        manifest = Manifest(
            campaign_id=campaign_id,
            number=number,
            announced_at=self.at,
            rules=self.rules,
            beacon=self.beacon,
            seed=self.seed,
            entrants=self.frozen.entrants,
            excluded=_all_excluded(self.excluded, self.frozen),
            list_digest=self.frozen.digest,
            merkle_root=self.frozen.merkle_root,
        )
        return Draw(id=self.draw_id, manifest=manifest)
