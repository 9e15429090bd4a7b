"""Names of people, as they may stand in a mail."""

import unicodedata
from typing import Final

from domain.model.errors import InvalidValue

NAME_LENGTH: Final = 100


def fault_of(name: str) -> str | None:
    """What is wrong with it, in words for a person. Mails must not carry what strangers want others to click."""
    if len(name) > NAME_LENGTH:
        return f"must have at most {NAME_LENGTH} characters"
    if "://" in name:
        return "must be a name, not a web address"
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in name):
        return "must have no control characters and no line breaks"
    return None


def check_name(field: str, name: str | None) -> None:
    """Raises InvalidValue."""
    if name is not None and (fault := fault_of(name)):
        raise InvalidValue(field, fault)


def presentable(name: str | None) -> str | None:
    """The name where it may stand in a mail; of accounts, and of what was stored before there was a rule."""
    return name if name is None or fault_of(name) is None else None
