"""What the audit log keeps of uploads."""

from dataclasses import dataclass, replace
from typing import Final

from domain.model.audit.changes import Audited, done
from domain.model.audit.records import Facts
from domain.model.files.uploads import Uploaded, UploadKind, object_key
from domain.model.ids import CampaignId


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRequest:
    """What is known of an upload before it is read."""

    campaign_id: CampaignId
    kind: UploadKind
    filename: str
    announced: int | None
    replace: bool


def _asked(request: UploadRequest) -> Facts:
    """Raises InvalidValue, as the upload itself, for a name that is none: it may be any text."""
    key = object_key(request.campaign_id, request.kind, request.filename)
    return {"key": key, "replace": request.replace}


UPLOAD_CODES: Final[Audited[UploadRequest, Uploaded]] = Audited(
    operation="uploadCodes",
    asked=_asked,
    outcome=lambda uploaded: done(bytes=uploaded.size, sha256=uploaded.sha256),
)
UPLOAD_SCORES: Final = replace(UPLOAD_CODES, operation="uploadScores")
