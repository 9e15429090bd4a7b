"""Announcing and aborting draws over HTTP."""

from functools import partial
from typing import Annotated, Final, Literal

from msgspec import Meta

from domain.model.draws.beacons import MAX_ROUND, BeaconRequest, DrandRequest, ManualBeacon
from domain.model.draws.rules import MAX_MARKETS, MAX_THRESHOLDS, MAX_WEIGHT, ScoreWeight
from domain.model.ids import CampaignId, DrawId
from domain.model.registrations.entry import FraudStatus
from domain.model.registrations.scoring import MAX_SCORE
from domain.usecases.draws import audited
from domain.usecases.draws.abort_draw import AbortDraw
from domain.usecases.draws.announce_draw import AnnounceDraw, AnnounceDrawCommand
from entrypoints.http.call import Call
from entrypoints.http.draws.body import DrawBody
from entrypoints.http.draws.examples import ABORTED, EXAMPLE
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import Reply, json_answer
from entrypoints.http.response.problems import FieldProblem, invalid
from entrypoints.http.wire import Wire

MarketText = Annotated[str, Meta(max_length=256)]
ScoreNumber = Annotated[float, Meta(ge=0, le=MAX_SCORE)]
AttributeName = Annotated[str, Meta(min_length=1, max_length=100)]
TIERS: Final = "Thresholds of the score, the greatest first: all fans of a better tier come before all others."


class WeightRequest(Wire):
    min_score: ScoreNumber
    weight: Annotated[int, Meta(ge=1, le=MAX_WEIGHT, description="As many keys, of which the least counts.")]


class BeaconRequestBody(Wire):
    kind: Annotated[
        Literal["drand", "manual"], Meta(description="`manual`: staff give the randomness when they run the draw.")
    ]
    round: (
        Annotated[
            int, Meta(ge=1, le=MAX_ROUND, description="Of drand's chain quicknet; else the first that may be.")
        ]
        | None
    ) = None

    def request(self) -> BeaconRequest:
        """Raises a 422 Problem for a round without drand."""
        if self.kind == "drand":
            return DrandRequest(round=self.round)
        if self.round is not None:
            raise invalid(FieldProblem("/beacon/round", "is only for drand: leave it out"))
        return ManualBeacon()


class AnnounceRequest(Wire):
    places: Annotated[
        dict[MarketText, int],
        Meta(min_length=1, max_length=MAX_MARKETS, description="The number of places of each market."),
    ]
    tiers: Annotated[list[ScoreNumber], Meta(max_length=MAX_THRESHOLDS, description=TIERS)] | None = None
    weights: (
        Annotated[
            list[WeightRequest],
            Meta(max_length=MAX_THRESHOLDS, description="Fans with at least such a score have more chances."),
        ]
        | None
    ) = None
    min_score: Annotated[ScoreNumber, Meta(description="Only fans with at least this score.")] | None = None
    exclude: (
        Annotated[
            list[FraudStatus],
            Meta(max_length=len(FraudStatus), description="Fans of these fraud statuses take no part."),
        ]
        | None
    ) = None
    group_by: (
        Annotated[AttributeName, Meta(description="Of fans with one value of this attribute, one takes part.")]
        | None
    ) = None
    beacon: Annotated[BeaconRequestBody | None, Meta(description="drand, if left out.")] = None

    def command(self, campaign_id: CampaignId) -> AnnounceDrawCommand:
        return AnnounceDrawCommand(
            campaign_id=campaign_id,
            places=self.places,
            tiers=tuple(self.tiers or ()),
            weights=tuple(ScoreWeight(min_score=one.min_score, weight=one.weight) for one in self.weights or ()),
            min_score=self.min_score,
            exclude=tuple(self.exclude or ()),
            group_by=self.group_by,
            beacon=self.beacon.request() if self.beacon else DrandRequest(),
        )


@Operation(
    id="announceDraw",
    method="POST",
    path="/{campaignId}/draws",
    summary="Announce a draw",
    tag="Draws",
    guard=supreme,
    scope=Scope.DRAWS,
    audit=audited.ANNOUNCE,
    use_cases=(AnnounceDraw,),
    body=AnnounceRequest,
    example={"places": {"nyc": 1_000, "bos": 500}, "tiers": [90, 70], "exclude": ["flagged"]},
    answers={
        201: Answer(
            body=DrawBody,
            description="Announced.",
            example=EXAMPLE,
            headers={"Location": "Where the draw is public."},
        )
    },
)
async def announce_draw(call: Call[AnnounceRequest]) -> Reply:
    command = call.given.command(call.campaign_id)
    announce = call.app.draws.announce
    await announce.check(command)  # Before the audit log gets the markets, which are any text until then.
    draw = await call.change(audited.ANNOUNCE, command, announce)
    location = f"/{call.campaign_id}/draws/{draw.id}"
    return json_answer(DrawBody.of(draw), status=201, headers={"Location": location})


@Operation(
    id="abortDraw",
    method="DELETE",
    path="/{campaignId}/draws/{drawId}",
    summary="Abort an announced draw",
    tag="Draws",
    guard=supreme,
    scope=Scope.DRAWS,
    audit=audited.ABORT,
    use_cases=(AbortDraw,),
    answers={200: Answer(body=DrawBody, description="Aborted, now or before.", example=ABORTED)},
)
async def abort_draw(call: Call[None]) -> DrawBody:
    abort = partial(call.app.draws.abort, call.campaign_id)
    return DrawBody.of(await call.change(audited.ABORT, DrawId(call.path["drawId"]), abort))
