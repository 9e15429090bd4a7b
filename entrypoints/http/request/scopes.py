"""The scopes that narrow a token of staff."""

from enum import StrEnum


class Scope(StrEnum):
    """Each of them but ``READ`` includes reading its own area."""

    READ = "fangate:read"
    CODES = "fangate:codes"
    ENTRIES = "fangate:entries"
    DRAWS = "fangate:draws"
    OPERATE = "fangate:operate"
    PRIVACY = "fangate:privacy"
