"""Uploading scores over HTTP: as JSON, as a stream of lines, or as a file in the object store."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from domain.model.registrations.scoring import (
    MAX_RECORDS,
    Scored,
    ScoreRefusal,
)
from domain.usecases.registrations import audited
from domain.usecases.registrations.audited import ScoreUpload
from domain.usecases.registrations.read_scores import ReadScores, pieces
from domain.usecases.registrations.score_entries import ScoreEntries
from entrypoints.http.call import Call
from entrypoints.http.entries.score_lines import NdjsonReader, Record, ScoreRecordRequest, to_record
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.decoding import (
    AnyRequest,
    body_of,
    chunks_of,
    let_others_in,
    media_type_of,
)
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.headers import header
from entrypoints.http.request.negotiation import NDJSON
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.problems import FieldProblem, invalid, malformed
from entrypoints.http.wire import Wire

SCORING_LIMIT: Final = 16 * 1024 * 1024
TURN_BYTES: Final = 256 * 1024
"""After so many bytes of records, other requests get their turn."""


class ScoringRequest(Wire):
    """Either ``records`` or ``key``."""

    records: Annotated[list[ScoreRecordRequest], Meta(max_length=MAX_RECORDS)] | None = None
    key: (
        Annotated[str, Meta(min_length=1, max_length=512, description="scoring/{campaignId}/{filename}")] | None
    ) = None


class _RawScoringRequest(Wire):
    """The same with raw records: each is checked separately, so that a wrong record does not spoil the others."""

    records: Annotated[list[msgspec.Raw], Meta(max_length=MAX_RECORDS)] | None = None
    key: Annotated[str, Meta(min_length=1, max_length=512)] | None = None


class ScoreProblemBody(Wire):
    line: Annotated[int | None, Meta(description="From 1; for `records` the number of the record.")]
    user_id: str | None
    reason: Annotated[
        ScoreRefusal,
        Meta(description="`repeated` is not a refusal: the last record of a fan counts."),
    ]


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
                ScoreProblemBody(line=problem.line, user_id=problem.user_id, reason=problem.reason)
                for problem in scored.problems
            ],
        )


@Operation(
    id="scoreEntries",
    method="POST",
    path="/{campaignId}/entries/scoring",
    summary="Upload scores",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    audit=audited.SCORE,
    use_cases=(ScoreEntries, ReadScores),
    body=ScoringRequest,
    example={"records": [{"userId": "fan-1", "score": 97.5}]},
    body_media={NDJSON: '{"userId":"fan-1","score":97.5}\n'},
    body_limit=SCORING_LIMIT,
    reads_body=False,
    answers={
        200: Answer(
            body=ScoredBody,
            description="The result of the upload.",
            example={
                "received": 2,
                "upserted": 1,
                "unchanged": 0,
                "rejected": 1,
                "problems": [{"line": 2, "userId": "fan-2", "reason": "phone_not_confirmed"}],
            },
        )
    },
)
async def score_entries(call: Call[None]) -> ScoredBody:
    request = call.request
    if media_type_of(request) == NDJSON:
        length = header(request, b"content-length")
        return await _scored(call, ScoreUpload(campaign_id=call.campaign_id, content=length), _lines(request))
    body = await body_of(request, _RawScoringRequest, limit=SCORING_LIMIT, other_media=(NDJSON,))
    if (body.records is None) == (body.key is None):
        raise invalid(FieldProblem("", "must have either records or key"))
    await let_others_in(SCORING_LIMIT)
    if body.key is not None:
        stored = call.app.registrations.read_scores(call.campaign_id, body.key)
        return await _scored(call, ScoreUpload(campaign_id=call.campaign_id, key=body.key), stored)
    records = _in_utf8(body.records or ())
    upload = ScoreUpload(campaign_id=call.campaign_id, records=len(records), content=_digest(records))
    return await _scored(call, upload, _each(records))


async def _scored(call: Call[None], upload: ScoreUpload, records: AsyncIterator[Record]) -> ScoredBody:
    score = call.app.registrations.score
    return ScoredBody.of(await call.change(audited.SCORE, upload, lambda _: score(call.campaign_id, records)))


def _digest(records: Iterable[bytes]) -> str:
    """It distinguishes uploads under one request id; it is not stored."""
    return hashlib.blake2b(b"\n".join(records), digest_size=16).hexdigest()


def _in_utf8(records: Iterable[msgspec.Raw]) -> list[bytes]:
    """The encoding of raw records is not checked yet. Raises a 400 Problem before anything is stored."""
    raw = [bytes(record) for record in records]
    try:
        b"".join(raw).decode()
    except UnicodeDecodeError:
        raise malformed("the body is not JSON") from None
    return raw


async def _each(records: Iterable[bytes]) -> AsyncIterator[Record]:
    read = 0
    for number, record in enumerate(records, 1):
        yield to_record(record, number)
        read += len(record)
        if read > TURN_BYTES:
            read = 0
            await asyncio.sleep(0)


async def _lines(request: AnyRequest) -> AsyncIterator[Record]:
    """One record a line, as the bytes arrive. An unreadable line is one rejected record."""
    reader = NdjsonReader()
    async for piece in pieces(chunks_of(request)):
        for record in reader.feed(piece):
            yield record
    for record in reader.close():
        yield record
