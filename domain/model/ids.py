"""The identifiers callers send, and what each may look like.

Patterns are written for JSON Schema and Python alike; ``(?!\\n)`` is there because Python's ``$`` would
let a trailing line feed through.
"""

import re
import secrets
import uuid
from typing import Final, NewType

CampaignId = NewType("CampaignId", str)
UserId = NewType("UserId", str)
ReserveId = NewType("ReserveId", str)
ImportId = NewType("ImportId", str)

CAMPAIGN_ID: Final = r"^[A-Za-z0-9_-]{1,64}$(?!\n)"
_PRINTABLE: Final = (
    r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)
"""Neither a control character nor an invisible one, and none that replaces what was no text. Identity providers
make ids of almost everything else."""
USER_ID: Final = rf"^{_PRINTABLE}{{1,128}}$(?!\n)"
RESERVE_ID: Final = rf"^{_PRINTABLE}{{8,128}}$(?!\n)"
USER_ID_RULE: Final = "must be 1 to 128 printable characters, none of them a control or an invisible character"
RESERVE_ID_RULE: Final = "must be 8 to 128 printable characters, none of them a control or an invisible character"
"""What the patterns say, for people."""
RESERVED_CAMPAIGN_IDS: Final = ("campaigns", "console", "privacy", "events", "operations", "audit", "docs")
"""Paths of the service's own begin with these."""
CAMPAIGN_ID_RULE: Final = (
    f"must be 1 to 64 of A-Z a-z 0-9 _ - and none of the service's own names: {', '.join(RESERVED_CAMPAIGN_IDS)}"
)

_CAMPAIGN_ID: Final = re.compile(CAMPAIGN_ID)
_USER_ID: Final = re.compile(USER_ID)
_HALF: Final = re.compile(r"[\ud800-\udfff]")
"""Of a character; texts in JSON bodies hold none."""


def is_campaign_id(text: str) -> bool:
    return _CAMPAIGN_ID.search(text) is not None and text not in RESERVED_CAMPAIGN_IDS


def is_user_id(text: str) -> bool:
    return _USER_ID.search(text) is not None and _HALF.search(text) is None


def new_reserve_id() -> ReserveId:
    """An id nobody can guess: holding it is the right to assign or release the codes under it."""
    return ReserveId(secrets.token_hex(16))


def new_import_id() -> ImportId:
    return ImportId(uuid.uuid4().hex)


def new_id() -> str:
    return uuid.uuid4().hex
