"""A draw as the public sees it."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from domain.model.draws.allocation import Cutoff
from domain.model.draws.beacons import Beacon, DrandRound
from domain.model.draws.draw import Draw, DrawStatus, Filling
from domain.model.draws.manifest import FORMAT, Manifest, plain_number
from domain.model.draws.rules import ScoreWeight
from domain.model.registrations.entry import FraudStatus
from domain.model.registrations.markets import MarketId
from entrypoints.http.wire import Instant, Wire, instant, instant_or_none

Score = float
Places = dict[MarketId, int]
Reasons = dict[str, int]


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
    fillings: Annotated[list[FillingBody], Meta(description="Places that were offered after the draw.")]

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
            fillings=[FillingBody.of(filling) for filling in draw.fillings],
        )


def _cutoff(cutoff: Cutoff | None) -> CutoffBody | None:
    return None if cutoff is None else CutoffBody(tier=cutoff.tier, key=cutoff.key.hex())


EXAMPLE: Final = {
    "drawId": "5b0c7a52d1f94f0fae2c6f6a1f0c1f52",
    "number": 1,
    "status": "announced",
    "manifest": {
        "announcedAt": "2026-11-25T12:00:00.000Z",
        "beacon": {
            "chain": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
            "kind": "drand",
            "round": 34_287_000,
        },
        "campaignId": "tour-2026",
        "entrants": 48_211,
        "excluded": {"fraud": 12, "unconfirmed": 1_830},
        "exclude": ["flagged"],
        "format": FORMAT,
        "groupBy": None,
        "listDigest": "0f4f9d0f9f2a5d1c6b7e8a3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70",
        "merkleRoot": "6f5e4d3c2b1a0f9e8d7c6b5a49382716f5e4d3c2b1a0f9e8d7c6b5a493827160",
        "minScore": None,
        "number": 1,
        "places": {"bos": 500, "nyc": 1_000},
        "seed": "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00",
        "tiers": [90, 70],
        "weights": [],
    },
    "manifestDigest": "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b",
    "entrants": 48_211,
    "excluded": {"fraud": 12, "unconfirmed": 1_830},
    "announcedAt": "2026-11-25T12:00:00.000Z",
    "randomness": None,
    "placed": None,
    "waitlisted": None,
    "cutoffs": None,
    "resultDigest": None,
    "drawnAt": None,
    "abortedAt": None,
    "fillings": [],
}
ABORTED: Final = EXAMPLE | {"status": "aborted", "abortedAt": "2026-11-25T12:10:00.000Z"}
DRAWN: Final = EXAMPLE | {
    "status": "drawn",
    "randomness": "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
    "placed": {"bos": 500, "nyc": 1_000},
    "waitlisted": 46_711,
    "cutoffs": {"bos": {"tier": 0, "key": "04" * 32}, "nyc": {"tier": 0, "key": "09" * 32}},
    "resultDigest": "9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de",
    "drawnAt": "2026-11-25T13:00:04.000Z",
}
