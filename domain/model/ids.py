"""The identifiers that callers send, and the patterns they must match.

The patterns work in JSON Schema and in Python. They end in ``(?!\\n)`` because Python's ``$`` also matches
before a trailing line feed.
"""

import re
import secrets
import uuid
from typing import Final, NewType

CampaignId = NewType("CampaignId", str)
UserId = NewType("UserId", str)
ReserveId = NewType("ReserveId", str)
ImportId = NewType("ImportId", str)
BallotId = NewType("BallotId", str)
DrawId = NewType("DrawId", str)

CAMPAIGN_ID: Final = r"^[A-Za-z0-9_-]{1,64}$(?!\n)"
_PRINTABLE: Final = (
    r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)
"""No control character, no invisible character and no replacement character. Identity providers use almost every
other character in ids."""
USER_ID: Final = rf"^{_PRINTABLE}{{1,128}}$(?!\n)"
RESERVE_ID: Final = rf"^{_PRINTABLE}{{8,128}}$(?!\n)"
USER_ID_RULE: Final = "must be 1 to 128 printable characters, none of them a control or an invisible character"
RESERVE_ID_RULE: Final = "must be 8 to 128 printable characters, none of them a control or an invisible character"
"""The patterns in words, for error messages."""
RESERVED_CAMPAIGN_IDS: Final = ("campaigns", "console", "privacy", "events", "operations", "audit", "docs")
"""First segments of the service's own paths."""
CAMPAIGN_ID_RULE: Final = (
    f"must be 1 to 64 of A-Z a-z 0-9 _ - and none of the service's own names: {', '.join(RESERVED_CAMPAIGN_IDS)}"
)

_CAMPAIGN_ID: Final = re.compile(CAMPAIGN_ID)
_USER_ID: Final = re.compile(USER_ID)
_HALF: Final = re.compile(r"[\ud800-\udfff]")
"""Half of a UTF-16 surrogate pair. It is not a character, and JSON bodies cannot contain it."""


def is_campaign_id(text: str) -> bool:
    return _CAMPAIGN_ID.search(text) is not None and text not in RESERVED_CAMPAIGN_IDS


def is_user_id(text: str) -> bool:
    return _USER_ID.search(text) is not None and _HALF.search(text) is None


def new_reserve_id() -> ReserveId:
    """A random id that cannot be guessed: a caller who knows it may assign or release the codes held under it."""
    return ReserveId(secrets.token_hex(16))


def new_ballot_id() -> BallotId:
    """32 hex digits of the operating system's random source. A draw orders ballots, so an id must be derived from
    nothing: if ids could be foreseen, a fan could choose a lucky one."""
    return BallotId(secrets.token_hex(16))


def new_import_id() -> ImportId:
    return ImportId(uuid.uuid4().hex)


def new_draw_id() -> DrawId:
    return DrawId(uuid.uuid4().hex)


def new_id() -> str:
    return uuid.uuid4().hex
