"""Reading draws over HTTP, for the public and for auditors."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from litestar.response import Stream
from msgspec import Meta

from domain.model.ids import DrawId
from domain.usecases.draws.export_list import ExportList
from domain.usecases.draws.export_results import ExportResults
from domain.usecases.draws.list_draws import ListDraws
from domain.usecases.draws.read_draw import ReadDraw
from entrypoints.http.call import Call
from entrypoints.http.draws.body import DrawBody
from entrypoints.http.draws.examples import DRAWN
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.cursors import cursor_after, number_after
from entrypoints.http.request.guards import supreme, without_token
from entrypoints.http.request.negotiation import CSV
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import stream_answer
from entrypoints.http.wire import Cursor, Wire

DrawLimit = Annotated[int, Meta(ge=1, le=100)]
BALLOT = "2f9f0b0d8a5c4e1b9c7d3a6e5f8b1c40"


class DrawsQuery(Wire):
    limit: DrawLimit = 20
    cursor: Cursor | None = None


class DrawsBody(Wire):
    draws: list[DrawBody]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]


@Operation(
    id="listDraws",
    method="GET",
    path="/{campaignId}/draws",
    summary="The draws of a campaign",
    tag="Draws",
    guard=without_token,
    limit="reads",
    use_cases=(ListDraws,),
    query=DrawsQuery,
    answers={
        200: Answer(
            body=DrawsBody,
            description="One page, the newest first.",
            example={"draws": [DRAWN], "next": None},
        )
    },
)
async def list_draws(call: Call[DrawsQuery]) -> DrawsBody:
    before = number_after(call.given.cursor)
    page = await call.app.draws.list(call.campaign_id, before=before, limit=call.given.limit)
    next = None if page.next is None else cursor_after(str(page.next))
    return DrawsBody(draws=[DrawBody.of(draw) for draw in page.draws], next=next)


@Operation(
    id="getDraw",
    method="GET",
    path="/{campaignId}/draws/{drawId}",
    summary="A draw",
    tag="Draws",
    guard=without_token,
    limit="reads",
    use_cases=(ReadDraw,),
    answers={200: Answer(body=DrawBody, description="As it is now.", example=DRAWN)},
)
async def get_draw(call: Call[None]) -> DrawBody:
    return DrawBody.of(await call.app.draws.read(call.campaign_id, DrawId(call.path["drawId"])))


@Operation(
    id="exportDrawList",
    method="GET",
    path="/{campaignId}/draws/{drawId}/list.csv",
    summary="Who takes part in a draw",
    tag="Draws",
    guard=supreme,
    scope=Scope.DRAWS,
    use_cases=(ExportList,),
    answers={200: Answer(description="The list, without a header.", media={CSV: f"{BALLOT},0,1,nyc>bos\n"})},
)
async def export_draw_list(call: Call[None]) -> Stream:
    lines = await call.app.draws.export_list(call.campaign_id, DrawId(call.path["drawId"]))
    return stream_answer(_csv(lines), CSV)


@Operation(
    id="exportDrawResults",
    method="GET",
    path="/{campaignId}/draws/{drawId}/results.csv",
    summary="Who got which place in a draw",
    tag="Draws",
    guard=supreme,
    scope=Scope.DRAWS,
    use_cases=(ExportResults,),
    answers={200: Answer(description="The result, without a header.", media={CSV: f"{BALLOT},nyc\n"})},
)
async def export_draw_results(call: Call[None]) -> Stream:
    lines = await call.app.draws.export_results(call.campaign_id, DrawId(call.path["drawId"]))
    return stream_answer(_csv(lines), CSV)


async def _csv(lines: AsyncIterator[Sequence[bytes]]) -> AsyncIterator[bytes]:
    """The very bytes that the digest is of: each line ends with a line feed."""
    async for some in lines:
        yield b"\n".join(some) + b"\n"
