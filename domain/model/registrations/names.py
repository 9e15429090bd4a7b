"""Names of people, as they may appear in a mail."""

import unicodedata
from typing import Final

from domain.model.errors import InvalidValue

NAME_LENGTH: Final = 100


def fault_of(name: str) -> str | None:
    """What is wrong with the name, for people. A name must not put a link into the mail of another fan."""
    if len(name) > NAME_LENGTH:
        return f"must have at most {NAME_LENGTH} characters"
    if "://" in name:
        return "must be a name, not a web address"
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in name):
        return "must have no control characters and no line breaks"
    return None


def check_name(field: str, name: str | None) -> None:
    """Raises InvalidValue when the name is not acceptable."""
    if name is not None and (fault := fault_of(name)):
        raise InvalidValue(field, fault)


def presentable(name: str | None) -> str | None:
    """The name if it may appear in a mail, otherwise None. For names of accounts and for old stored names."""
    return name if name is None or fault_of(name) is None else None
