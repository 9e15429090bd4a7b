"""Running and filling draws over HTTP."""

from typing import Annotated, Final

import structlog
from msgspec import Meta

from domain.model.codes.code import CodeType
from domain.model.draws.draw import Draw
from domain.model.draws.rules import MAX_MARKETS
from domain.model.errors import DomainError
from domain.model.ids import DrawId
from domain.usecases.draws import audited
from domain.usecases.draws.fill_draw import FillDraw, FillDrawCommand
from domain.usecases.draws.give_codes import GiveCodes, GiveCodesCommand
from domain.usecases.draws.run_draw import RunDraw, RunDrawCommand
from entrypoints.application import Application
from entrypoints.http.call import Call
from entrypoints.http.draws.announcing import MarketText
from entrypoints.http.draws.body import DrawBody, Places
from entrypoints.http.draws.examples import DRAWN
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.headers import wants_no_wait
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import Reply, json_answer
from entrypoints.http.wire import Wire

log = structlog.get_logger()
LONGEST_RANDOMNESS: Final = 4_096
"""The model says how long it may be, with a better message."""


class RunRequest(Wire):
    randomness: (
        Annotated[
            str,
            Meta(
                max_length=LONGEST_RANDOMNESS,
                description="32 to 1,024 bytes in hex. Only for a draw that was announced with `manual`.",
            ),
        ]
        | None
    ) = None


@Operation(
    id="runDraw",
    method="POST",
    path="/{campaignId}/draws/{drawId}/run",
    summary="Run an announced draw",
    tag="Draws",
    guard=supreme,
    scope=Scope.DRAWS,
    audit=audited.RUN,
    use_cases=(RunDraw,),
    body=RunRequest,
    body_optional=True,
    example={},
    headers={"Prefer": "`respond-async`: do not wait, answer 202 with the address of the draw"},
    answers={
        200: Answer(body=DrawBody, description="Drawn, now or before.", example=DRAWN),
        202: Answer(
            body=DrawBody,
            description="The randomness is fixed; the draw runs.",
            example=DRAWN | {"status": "running", "drawnAt": None},
            headers={"Location": "Where to ask how far it is"},
        ),
    },
)
async def run_draw(call: Call[RunRequest]) -> DrawBody | Reply:
    draws = call.app.draws
    command = RunDrawCommand(
        campaign_id=call.campaign_id, draw_id=DrawId(call.path["drawId"]), randomness=call.given.randomness
    )
    if not wants_no_wait(call.request):
        return DrawBody.of(await call.change(audited.RUN, command, draws.run))
    draw = await call.change(audited.RUN, command, draws.run.begin)
    call.request.app.state.background.start(_run_unattended(call.app, draw))
    location = f"/{call.campaign_id}/draws/{draw.id}"
    return json_answer(DrawBody.of(draw), status=202, headers={"Location": location})


async def _run_unattended(app: Application, draw: Draw) -> None:
    """No caller waits for the answer. After a failure, a worker goes on."""
    try:
        await app.draws.run.resume(draw)
    except DomainError as error:
        log.warning("draw.hindered", draw_id=draw.id, **error.logged)
    except Exception:
        log.exception("draw.failed", draw_id=draw.id)


class FillRequest(Wire):
    places: (
        Annotated[dict[MarketText, int], Meta(max_length=MAX_MARKETS, description="Places to add, by market.")]
        | None
    ) = None


class FilledBody(Wire):
    offered: Annotated[Places, Meta(description="Places that fans got now, by market.")]


@Operation(
    id="fillDraw",
    method="POST",
    path="/{campaignId}/draws/{drawId}/fill",
    summary="Offer free places to those who wait",
    tag="Draws",
    guard=supreme,
    scope=Scope.DRAWS,
    audit=audited.FILL,
    use_cases=(FillDraw,),
    body=FillRequest,
    body_optional=True,
    example={"places": {"nyc": 10}},
    answers={200: Answer(body=FilledBody, description="Offered.", example={"offered": {"nyc": 10}})},
)
async def fill_draw(call: Call[FillRequest]) -> FilledBody:
    command = FillDrawCommand(
        campaign_id=call.campaign_id, draw_id=DrawId(call.path["drawId"]), places=call.given.places or {}
    )
    filled = await call.change(audited.FILL, command, call.app.draws.fill)
    return FilledBody(offered=dict(filled.offered))


class GiveCodesRequest(Wire):
    type: CodeType


class CodesGivenBody(Wire):
    given: Annotated[int, Meta(description="Codes that fans got now.")]
    waiting: Annotated[
        int, Meta(description="Fans with a place and without a code: other callers took codes meanwhile.")
    ]


@Operation(
    id="giveDrawCodes",
    method="POST",
    path="/{campaignId}/draws/{drawId}/codes",
    summary="Give codes to those who have a place",
    tag="Draws",
    guard=supreme,
    scope=Scope.DRAWS,
    audit=audited.CODES,
    use_cases=(GiveCodes,),
    body=GiveCodesRequest,
    example={"type": "tm"},
    answers={
        200: Answer(body=CodesGivenBody, description="Given.", example={"given": 1_500, "waiting": 0}),
    },
)
async def give_draw_codes(call: Call[GiveCodesRequest]) -> CodesGivenBody:
    command = GiveCodesCommand(
        campaign_id=call.campaign_id,
        draw_id=DrawId(call.path["drawId"]),
        type=call.given.type,
        by=call.caller.user_id,
    )
    codes = await call.change(audited.CODES, command, call.app.draws.give_codes)
    return CodesGivenBody(given=codes.given, waiting=codes.waiting)
