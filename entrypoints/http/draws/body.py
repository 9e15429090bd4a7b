"""A draw as the public sees it."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from domain.model.codes.code import CodeType
from domain.model.draws.allocation import Cutoff
from domain.model.draws.beacons import Beacon, DrandRound
from domain.model.draws.draw import Draw, DrawStatus
from domain.model.draws.filling import Filling
from domain.model.draws.manifest import FORMAT, Manifest, plain_number
from domain.model.draws.rules import ScoreWeight
from domain.model.registrations.entry import FraudStatus
from domain.model.registrations.markets import MarketId
from entrypoints.http.wire import Instant, Wire, instant, instant_or_none

Score = float
Places = dict[MarketId, int]
Reasons = dict[str, int]
WITHHELD: Final = (
    "Places of fans who were gone when the draw ran, by market. A filling offers them to those who wait."
)
GIVING_CODES: Final = (
    "Types of codes that fans are being given, and since when. What stays here was cut off: give the codes again."
)


class BeaconBody(Wire):
    kind: Literal["drand", "manual"]
    chain: str | UnsetType = UNSET
    round: int | UnsetType = UNSET

    @classmethod
    def of(cls, beacon: Beacon) -> "BeaconBody":
        if isinstance(beacon, DrandRound):
            return cls(kind="drand", chain=beacon.chain, round=beacon.round)
        return cls(kind="manual")


class WeightBody(Wire):
    min_score: Score
    weight: int

    @classmethod
    def of(cls, weight: ScoreWeight) -> "WeightBody":
        return cls(min_score=plain_number(weight.min_score), weight=weight.weight)


class ManifestBody(Wire):
    """All that decides the draw, but for the randomness. Its canonical form has its keys sorted and no white
    space."""

    announced_at: Instant
    beacon: BeaconBody
    campaign_id: str
    entrants: int
    excluded: Reasons
    exclude: list[FraudStatus]
    format: str
    group_by: str | None
    list_digest: str
    merkle_root: str
    min_score: Score | None
    number: int
    places: Places
    seed: str
    tiers: list[Score]
    weights: list[WeightBody]

    @classmethod
    def of(cls, manifest: Manifest) -> "ManifestBody":
        rules = manifest.rules
        return cls(
            announced_at=instant(manifest.announced_at),
            beacon=BeaconBody.of(manifest.beacon),
            campaign_id=manifest.campaign_id,
            entrants=manifest.entrants,
            excluded={reason.value: count for reason, count in manifest.excluded.items() if count},
            exclude=list(rules.exclude),
            format=FORMAT,
            group_by=rules.group_by,
            list_digest=manifest.list_digest,
            merkle_root=manifest.merkle_root,
            min_score=None if rules.min_score is None else plain_number(rules.min_score),
            number=manifest.number,
            places=dict(rules.places),
            seed=manifest.seed,
            tiers=[plain_number(score) for score in rules.tiers],
            weights=[
                WeightBody(min_score=plain_number(one.min_score), weight=one.weight) for one in rules.weights
            ],
        )


class CutoffBody(Wire):
    tier: int
    key: Annotated[str, Meta(description="Of the last who got a place: 64 hex digits.")]


class FillingBody(Wire):
    number: int
    at: Instant
    places: Places
    offered: Places

    @classmethod
    def of(cls, filling: Filling) -> "FillingBody":
        return cls(
            number=filling.number,
            at=instant(filling.at),
            places=dict(filling.places),
            offered=dict(filling.offered),
        )


class DrawBody(Wire):
    draw_id: str
    number: Annotated[int, Meta(description="From 1 in each campaign, without a gap.")]
    status: DrawStatus
    manifest: ManifestBody
    manifest_digest: Annotated[str, Meta(description="SHA-256 of the manifest's canonical form.")]
    entrants: int
    excluded: Annotated[Reasons, Meta(description="How many take no part, by the first reason that applies.")]
    announced_at: Instant
    randomness: Annotated[str | None, Meta(description="In hex. Null before the run; so are the next six.")]
    placed: Annotated[Places | None, Meta(description="How many got a place, by market.")]
    waitlisted: int | None
    cutoffs: Annotated[
        dict[str, CutoffBody | None] | None, Meta(description="By market; null where places are left.")
    ]
    result_digest: Annotated[str | None, Meta(description="SHA-256 of `results.csv`.")]
    drawn_at: Instant | None
    aborted_at: Instant | None
    withheld: Annotated[Places, Meta(description=WITHHELD)]
    fillings: Annotated[list[FillingBody], Meta(description="Places that were offered after the draw.")]
    giving_codes: Annotated[dict[CodeType, Instant], Meta(description=GIVING_CODES)]

    @classmethod
    def of(cls, draw: Draw) -> "DrawBody":
        manifest, result = draw.manifest, draw.result
        body = ManifestBody.of(manifest)
        return cls(
            draw_id=draw.id,
            number=draw.number,
            status=draw.status,
            manifest=body,
            manifest_digest=manifest.digest,
            entrants=manifest.entrants,
            excluded=body.excluded,
            announced_at=body.announced_at,
            randomness=draw.randomness,
            placed=dict(result.placed) if result else None,
            waitlisted=result.waitlisted if result else None,
            cutoffs={market: _cutoff(one) for market, one in result.cutoffs.items()} if result else None,
            result_digest=result.result_digest if result else None,
            drawn_at=instant_or_none(draw.drawn_at),
            aborted_at=instant_or_none(draw.aborted_at),
            withheld=dict(draw.withheld),
            fillings=[FillingBody.of(filling) for filling in draw.fillings],
            giving_codes={type: instant(since) for type, since in draw.giving_codes.items()},
        )


def _cutoff(cutoff: Cutoff | None) -> CutoffBody | None:
    return None if cutoff is None else CutoffBody(tier=cutoff.tier, key=cutoff.key.hex())
