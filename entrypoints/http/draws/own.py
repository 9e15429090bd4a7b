"""A fan's own part in draws, over HTTP."""

from typing import Annotated, Final

from msgspec import Meta

from domain.model.registrations.markets import MarketId
from domain.usecases.draws.list_own_draws import ListOwnDraws, Outcome, OwnDraw
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import oneself
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Wire


class ProofBody(Wire):
    index: Annotated[int, Meta(description="Of the line in the list, from 0.")]
    size: Annotated[int, Meta(description="The lines of the list.")]
    path: Annotated[list[str], Meta(description="The audit path of RFC 9162, 2.1.3.1, in hex.")]


class OwnDrawBody(Wire):
    draw_id: str
    ballot_id: str
    line: Annotated[str, Meta(description="The own line of the list.")]
    proof: ProofBody
    outcome: Outcome
    market: Annotated[MarketId | None, Meta(description="Where the draw gave a place, or a filling.")]
    waitlist: Annotated[
        dict[MarketId, int], Meta(description="The position in each market, from 1, at the end of the draw.")
    ]

    @classmethod
    def of(cls, own: OwnDraw) -> "OwnDrawBody":
        path = [one.hex() for one in own.proof.path]
        return cls(
            draw_id=own.draw_id,
            ballot_id=own.ballot_id,
            line=own.line,
            proof=ProofBody(index=own.proof.index, size=own.proof.size, path=path),
            outcome=own.outcome,
            market=own.market,
            waitlist=dict(own.waitlist),
        )


EXAMPLE: Final = [
    {
        "drawId": "5b0c7a52d1f94f0fae2c6f6a1f0c1f52",
        "ballotId": "2f9f0b0d8a5c4e1b9c7d3a6e5f8b1c40",
        "line": "2f9f0b0d8a5c4e1b9c7d3a6e5f8b1c40,0,1,nyc>bos",
        "proof": {"index": 2, "size": 3, "path": ["04" * 32]},
        "outcome": "waitlisted",
        "market": None,
        "waitlist": {"nyc": 17, "bos": 4},
    }
]


@Operation(
    id="listMyDraws",
    method="GET",
    path="/{campaignId}/entries/me/draws",
    summary="The caller's own part in draws",
    tag="Draws",
    guard=oneself,
    scope=Scope.DRAWS,
    limit="reads",
    use_cases=(ListOwnDraws,),
    answers={200: Answer(body=list[OwnDrawBody], description="The newest draw first.", example=EXAMPLE)},
)
async def list_my_draws(call: Call[None]) -> list[OwnDrawBody]:
    owns = await call.app.draws.list_own(call.campaign_id, call.caller.user_id)
    return [OwnDrawBody.of(own) for own in owns]
