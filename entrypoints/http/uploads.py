"""Uploading files over HTTP, for staff who have no S3 client."""

from typing import Final

from domain.model.audit.changes import Audited
from domain.model.files.uploads import Uploaded, UploadKind
from domain.usecases.files import audited
from domain.usecases.files.audited import UploadRequest
from domain.usecases.files.upload_file import UploadFile, UploadFileCommand
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.decoding import announced_size, chunks_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.response.problems import FieldProblem, invalid
from entrypoints.http.server.routes import of_segment
from entrypoints.http.wire import Wire

_CODE_KINDS: Final = (UploadKind.TM, UploadKind.EXTERNAL)
_FILE: Final = "application/octet-stream"


class UploadQuery(Wire):
    replace: bool = False


class UploadedBody(Wire):
    key: str
    bytes: int
    sha256: str


_UPLOADED: Final = Answer(
    body=UploadedBody,
    description="The file is stored under `key`.",
    example={
        "key": "codes/tour-2026/tm/batch-1.csv",
        "bytes": 20,
        "sha256": "cfa1e5d0b54b4b1ff3a1b4e4a2f7c0b5b1d5a3c9f0e8d7c6b5a493827160fedc",
    },
)


@Operation(
    id="uploadCodes",
    method="PUT",
    path="/{campaignId}/uploads/{type}/{filename}",
    summary="Upload a file of codes",
    tag="Uploads",
    guard=supreme,
    scope=Scope.CODES,
    audit=audited.UPLOAD_CODES,
    use_cases=(UploadFile,),
    query=UploadQuery,
    body_media={_FILE: "K7QX-02MN\nP4WD-88TZ\n"},
    answers={201: _UPLOADED},
)
async def upload_codes(call: Call[UploadQuery]) -> UploadedBody:
    kind = next((kind for kind in _CODE_KINDS if kind.value == call.path["type"]), None)
    if kind is None:
        raise invalid(FieldProblem("/type", "must be tm or external"))
    return await _upload(call, kind, audited.UPLOAD_CODES)


@Operation(
    id="uploadScores",
    method="PUT",
    path="/{campaignId}/uploads/scoring/{filename}",
    summary="Upload a file of scores",
    tag="Uploads",
    guard=supreme,
    scope=Scope.ENTRIES,
    audit=audited.UPLOAD_SCORES,
    use_cases=(UploadFile,),
    query=UploadQuery,
    body_media={_FILE: "userId,score\nfan-1,97.5\n"},
    answers={201: _UPLOADED},
)
async def upload_scores(call: Call[UploadQuery]) -> UploadedBody:
    return await _upload(call, UploadKind.SCORING, audited.UPLOAD_SCORES)


async def _upload(
    call: Call[UploadQuery], kind: UploadKind, change: Audited[UploadRequest, Uploaded]
) -> UploadedBody:
    command = UploadFileCommand(
        campaign_id=call.campaign_id,
        kind=kind,
        filename=of_segment(call.path["filename"]),
        announced=announced_size(call.request),
        content=chunks_of(call.request),
        replace=call.given.replace,
    )
    request = UploadRequest(
        campaign_id=call.campaign_id,
        kind=kind,
        filename=command.filename,
        announced=command.announced,
        replace=command.replace,
    )
    uploaded = await call.change(change, request, lambda _: call.app.upload_file(command))
    return UploadedBody(key=uploaded.key, bytes=uploaded.size, sha256=uploaded.sha256)
