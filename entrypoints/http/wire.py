"""What all bodies on the wire have in common."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from domain.model.codes.code import MAX_CODE_LENGTH
from domain.model.ids import CAMPAIGN_ID, CAMPAIGN_ID_RULE, RESERVE_ID, RESERVE_ID_RULE, USER_ID, USER_ID_RULE

MAX_PAGE: Final = 5_000
DEFAULT_PAGE: Final = 500

CODE_TEXT: Final = rf"^\s*[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{{0,{MAX_CODE_LENGTH - 2}}}[^\s\x00-\x1f\x7f])?\s*$"
"""White space around a code is removed, as in files; 1 to 128 characters are left."""
NAME_TEXT: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$(?!\n)"
CURSOR: Final = "^[A-Za-z0-9_-]+$"
IMPORT_ID: Final = "^[A-Za-z0-9-]+$"
RULES: Final[Mapping[str, str]] = {
    CODE_TEXT: "must be a code: 1 to 128 printable characters in one line",
    NAME_TEXT: "must have no control characters and no line breaks",
    CURSOR: "is not a cursor of this list",
    IMPORT_ID: "must be the importId of an import",
    CAMPAIGN_ID: CAMPAIGN_ID_RULE,
    RESERVE_ID: RESERVE_ID_RULE,
    USER_ID: USER_ID_RULE,
}
"""Each pattern of a request in words for people; a test proves it complete."""

CodeText = Annotated[str, Meta(min_length=1, max_length=2 * MAX_CODE_LENGTH, pattern=CODE_TEXT)]
CodePrefix = Annotated[str, Meta(min_length=1, max_length=MAX_CODE_LENGTH, pattern=NAME_TEXT)]
ImportIdText = Annotated[str, Meta(min_length=1, max_length=64, pattern=IMPORT_ID)]
CampaignIdText = Annotated[str, Meta(pattern=CAMPAIGN_ID)]
ReserveIdText = Annotated[str, Meta(pattern=RESERVE_ID)]
UserIdText = Annotated[str, Meta(pattern=USER_ID)]
Cursor = Annotated[str, Meta(min_length=1, max_length=1_024, pattern=CURSOR)]
PageLimit = Annotated[int, Meta(ge=1, le=MAX_PAGE)]
Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


_SECONDS: Final = len("2026-11-21T18:00:00")
_MILLISECONDS: Final = len("2026-11-21T18:00:00.000")
_encoder: Final = msgspec.json.Encoder()


class Wire(Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Bodies are exact: an unknown field is an error, and is not ignored."""


class EndLine(Wire):
    """The last line of an NDJSON answer. An answer without it is incomplete."""

    end: bool
    count: int


def instant(time: datetime) -> str:
    """RFC 3339 in UTC, with milliseconds and ``Z``. msgspec writes it in half the time of ``isoformat``, but with
    microseconds, or without a fraction where that is zero."""
    text = _encoder.encode(time).decode()[1:-1]
    if not text.endswith("Z"):
        return instant(time.astimezone(UTC))
    text = text[:-1]
    return f"{text[:_MILLISECONDS]}Z" if len(text) > _SECONDS else f"{text}.000Z"


def instant_or_none(time: datetime | None) -> str | None:
    return None if time is None else instant(time)
