"""Files that staff upload over HTTP: their keys, and the refusals of an upload."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId

MAX_FILENAME: Final = 200
FILENAME_RULE: Final = (
    f"must be 1 to {MAX_FILENAME} printable characters without slashes, and must not begin with a dot"
)


class UploadKind(StrEnum):
    """What a file holds. It is a part of the key (code-service, "Code Type Separation")."""

    TM = "tm"
    EXTERNAL = "external"
    SCORING = "scoring"


def object_key(campaign_id: CampaignId, kind: UploadKind, filename: str) -> str:
    """The key that imports and scoring take. Raises InvalidValue for a name that could lead elsewhere."""
    if not _is_filename(filename):
        raise InvalidValue("filename", FILENAME_RULE)
    if kind is UploadKind.SCORING:
        return f"scoring/{campaign_id}/{filename}"
    return f"codes/{campaign_id}/{kind}/{filename}"


def _is_filename(text: str) -> bool:
    return (
        1 <= len(text) <= MAX_FILENAME
        and text.isprintable()
        and not text.startswith(".")
        and "/" not in text
        and "\\" not in text
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """A stored file."""

    key: str
    size: int
    """Bytes."""
    sha256: str
    """Hexadecimal."""
