"""Uploading scores over HTTP: as JSON, as a stream of lines, or as a file in the object store."""

from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Final

import msgspec
from litestar import post
from litestar.response import Response
from msgspec import Meta

from domain.model.entries import Selection
from domain.model.errors import InvalidValue, ScoreFileNotFound, ScoreFileUnreadable, Unavailable
from domain.model.ids import UserId, is_user_id
from domain.model.score_files import Lines
from domain.model.scoring import MAX_RECORDS, MAX_SCORE, Scored, ScoreProblem, ScoreRecord, ScoreRefusal
from domain.usecases.score_entries import ScoreEntries
from entrypoints.application import Application
from entrypoints.http.answers import json_answer
from entrypoints.http.auth import supreme
from entrypoints.http.decoding import AnyRequest, body_of, campaign_of, chunks_of, media_type_of
from entrypoints.http.negotiation import NDJSON
from entrypoints.http.operation import Answer, Operation, documented
from entrypoints.http.problems import FieldProblem, invalid, malformed
from entrypoints.http.wire import UserIdText, Wire

KEY_SHAPE: Final = "scoring/{campaignId}/{filename}"
SCORING_LIMIT: Final = 16 * 1024 * 1024

Record = ScoreRecord | ScoreProblem


class ScoreRecordRequest(Wire):
    user_id: UserIdText
    score: Annotated[float, Meta(ge=0, le=MAX_SCORE)]
    selection: Selection | None = None


class ScoringRequest(Wire):
    """Either ``records`` or ``key``."""

    records: Annotated[list[ScoreRecordRequest], Meta(max_length=MAX_RECORDS)] | None = None
    key: (
        Annotated[str, Meta(min_length=1, max_length=512, description="scoring/{campaignId}/{filename}")] | None
    ) = None


class _RawScoringRequest(Wire):
    """The same, with each record left to be judged by itself: one that is wrong does not spoil the others."""

    records: Annotated[list[msgspec.Raw], Meta(max_length=MAX_RECORDS)] | None = None
    key: Annotated[str, Meta(min_length=1, max_length=512)] | None = None


class ScoreProblemBody(Wire):
    user_id: str | None
    reason: ScoreRefusal


class ScoredBody(Wire):
    received: int
    upserted: int
    unchanged: int
    rejected: int
    problems: Annotated[list[ScoreProblemBody], Meta(description="The first 100.")]

    @classmethod
    def of(cls, scored: Scored) -> "ScoredBody":
        return cls(
            received=scored.received,
            upserted=scored.upserted,
            unchanged=scored.unchanged,
            rejected=scored.rejected,
            problems=[
                ScoreProblemBody(user_id=problem.user_id, reason=problem.reason) for problem in scored.problems
            ],
        )


@post(
    "/{campaignId:str}/entries/scoring",
    status_code=200,
    **documented(
        Operation(
            id="scoreEntries",
            summary="Upload scores",
            tag="Entries",
            describes=ScoreEntries,
            body=ScoringRequest,
            example={"records": [{"userId": "fan-1", "score": 97.5}]},
            body_media={NDJSON: '{"userId":"fan-1","score":97.5}\n'},
            body_limit=SCORING_LIMIT,
            answers={
                200: Answer(
                    body=ScoredBody,
                    description="What became of the records.",
                    example={
                        "received": 2,
                        "upserted": 1,
                        "unchanged": 0,
                        "rejected": 1,
                        "problems": [{"userId": "fan-2", "reason": "phone_not_confirmed"}],
                    },
                )
            },
            raises=(InvalidValue, ScoreFileNotFound, ScoreFileUnreadable, Unavailable),
        ),
        supreme,
    ),
)
async def score_entries(request: AnyRequest) -> Response[bytes]:
    app: Application = request.app.state.application
    campaign_id = campaign_of(request)
    if media_type_of(request) == NDJSON:
        return json_answer(ScoredBody.of(await app.score_entries(campaign_id, _lines(request))))
    body = await body_of(request, _RawScoringRequest, limit=SCORING_LIMIT, other_media=(NDJSON,))
    if (body.records is None) == (body.key is None):
        raise invalid(FieldProblem("", "must have either records or key"))
    records = _each(_in_utf8(body.records or ())) if body.key is None else app.read_scores(campaign_id, body.key)
    return json_answer(ScoredBody.of(await app.score_entries(campaign_id, records)))


def _in_utf8(records: Iterable[msgspec.Raw]) -> list[bytes]:
    """What was left raw, nobody has looked at the encoding of. Raises a 400 Problem before anything is stored."""
    raw = [bytes(record) for record in records]
    try:
        b"".join(raw).decode()
    except UnicodeDecodeError:
        raise malformed("the body is not JSON") from None
    return raw


async def _each(records: Iterable[bytes]) -> AsyncIterator[Record]:
    for record in records:
        yield _to_record(record)


async def _lines(request: AnyRequest) -> AsyncIterator[Record]:
    """A record a line, as the bytes come in; a line that cannot be read is one record rejected."""
    lines = Lines()
    async for chunk in chunks_of(request):
        for line in lines.feed(chunk):
            if line is None or line.strip():
                yield _to_record(line)
    for line in lines.close():
        if line is None or line.strip():
            yield _to_record(line)


def _to_record(raw: bytes | None) -> Record:
    try:
        body = msgspec.json.decode(raw or b"", type=ScoreRecordRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ScoreProblem(_user_named_in(raw or b""), ScoreRefusal.INVALID)
    # There is a -0.0, and it is no less than 0.
    return ScoreRecord(user_id=UserId(body.user_id), score=abs(body.score), selection=body.selection)


def _user_named_in(raw: bytes) -> str | None:
    """Whose record it was, if that much can be read."""
    try:
        record = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    user_id = record.get("userId") if isinstance(record, dict) else None
    return user_id if isinstance(user_id, str) and is_user_id(user_id) else None
