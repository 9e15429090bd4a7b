"""Exporting what is held of a person over HTTP."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from litestar.response import Stream
from msgspec import Meta
from msgspec.json import encode
from msgspec.structs import asdict

from domain.model.audit.records import AuditRecord
from domain.model.ids import CampaignId, UserId
from domain.model.privacy.people import AssignedCode, Place, UploadedScore
from domain.usecases.draws.list_own_draws import OwnDraw
from domain.usecases.privacy.export_person import Exported, ExportPerson
from entrypoints.http.call import Call
from entrypoints.http.draws.own import EXAMPLE as OWN_DRAWS
from entrypoints.http.draws.own import OwnDrawBody
from entrypoints.http.entries.body import WITH_HISTORY, EntryWithHistoryBody
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.decoding import JSON
from entrypoints.http.request.guards import fan
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.answers import stream_answer
from entrypoints.http.response.problems import forbidden
from entrypoints.http.wire import Instant, UserIdText, Wire, instant
from ports.phones import ConfirmationTokens


class ExportQuery(Wire):
    user_id: Annotated[UserIdText | None, Meta(description="For administrators. Without it: the caller.")] = None


class ScoreBody(Wire):
    campaign_id: str
    score: float
    selection: str | None
    updated_at: Instant

    @classmethod
    def of(cls, score: UploadedScore) -> "ScoreBody":
        return cls(
            campaign_id=score.campaign_id,
            score=score.score,
            selection=score.selection,
            updated_at=instant(score.updated_at),
        )


class AssignedCodeBody(Wire):
    campaign_id: str
    code: str
    type: str
    assigned_at: Instant

    @classmethod
    def of(cls, code: AssignedCode) -> "AssignedCodeBody":
        return cls(
            campaign_id=code.campaign_id, code=code.code, type=code.type, assigned_at=instant(code.assigned_at)
        )


class AuditRowBody(Wire):
    at: Instant
    by: str
    operation: str
    campaign_id: str | None
    asked: dict[str, Any]
    outcome: dict[str, Any] | None

    @classmethod
    def of(cls, row: AuditRecord) -> "AuditRowBody":
        return cls(
            at=instant(row.at),
            by=row.by,
            operation=row.operation,
            campaign_id=row.campaign_id,
            asked=dict(row.asked),
            outcome=None if row.outcome is None else dict(row.outcome),
        )


class DrawOfPersonBody(OwnDrawBody):
    campaign_id: str

    @classmethod
    def of_person(cls, campaign_id: CampaignId, own: OwnDraw) -> "DrawOfPersonBody":
        return cls(campaign_id=campaign_id, **asdict(OwnDrawBody.of(own)))


class HeldBody(Wire):
    user_id: str
    exported_at: Instant
    entries: list[EntryWithHistoryBody]
    scoring: list[ScoreBody]
    codes: list[AssignedCodeBody]
    draws: Annotated[list[DrawOfPersonBody], Meta(description="Draws in which the person took part.")]
    parked: int
    held: Annotated[dict[str, int], Meta(description="How many things of the person each place holds.")]

    @classmethod
    def of(cls, exported: Exported, tokens: ConfirmationTokens) -> "HeldBody":
        return cls(
            user_id=exported.user_id,
            exported_at=instant(exported.at),
            entries=[EntryWithHistoryBody.for_staff(one, tokens) for one in exported.entries],
            scoring=[ScoreBody.of(score) for score in exported.scores],
            codes=[AssignedCodeBody.of(code) for code in exported.codes],
            draws=[
                DrawOfPersonBody.of_person(campaign_id, own)
                for campaign_id, owns in exported.draws.items()
                for own in owns
            ],
            parked=exported.held[Place.PARKED],
            held={place.value: count for place, count in exported.held.items()},
        )


class ExportBody(HeldBody):
    audit: Annotated[list[AuditRowBody], Meta(description="All rows that name the person, the newest first.")]


async def _streamed(held: HeldBody, audit: AsyncIterator[Sequence[AuditRecord]]) -> AsyncIterator[bytes]:
    """An ExportBody. Members of staff may have any number of rows. An answer that breaks off is no JSON."""
    yield encode(held)[:-1] + b',"audit":['
    separator = b""
    async for page in audit:
        yield separator + b",".join(encode(AuditRowBody.of(row)) for row in page)
        separator = b","
    yield b"]}"


@Operation(
    id="exportPerson",
    method="GET",
    path="/privacy/export",
    summary="Everything that is held of a person",
    tag="Privacy",
    guard=fan,
    scope=Scope.PRIVACY,
    limit="reads",
    use_cases=(ExportPerson,),
    query=ExportQuery,
    answers={
        200: Answer(
            body=ExportBody,
            description="As it is now.",
            example={
                "userId": "fan-1",
                "exportedAt": "2026-11-21T18:00:00.000Z",
                "entries": [WITH_HISTORY],
                "scoring": [],
                "codes": [],
                "draws": [OWN_DRAWS[0] | {"campaignId": "tour-2026"}],
                "parked": 0,
                "held": {"entries": 1},
                "audit": [],
            },
        )
    },
)
async def export_person(call: Call[ExportQuery]) -> Stream:
    user_id = call.given.user_id or call.caller.user_id
    if user_id != call.caller.user_id and not call.caller.supreme:
        raise forbidden()
    exported = await call.app.privacy.export(UserId(user_id))
    held = HeldBody.of(exported, call.app.phones.tokens)
    return stream_answer(_streamed(held, exported.audit), JSON)
