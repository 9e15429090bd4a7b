"""How Fangate signs in to a Kafka: the URL and the variables ``FANGATE_KAFKA_…`` together.

A user, and a password, each stand in one place: the URL or a variable. Two places are refused, because a value
that is silently ignored is found out only when it is rotated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from entrypoints.config.kafka_urls import CONTROL, MECHANISMS, SSL, KafkaAddress, kafka_address
from entrypoints.config.variables import PREFIX

OAUTH: Final = "OAUTHBEARER"
_STREAM: Final = f"{PREFIX}STREAM"


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAccess:
    """Complete and without contradictions. A text that is empty, or a file that is None, was not given."""

    address: KafkaAddress
    encrypted: bool
    ca: Path | None
    cert: Path | None
    key: Path | None
    user: str
    password: str = field(repr=False)
    password_file: Path | None
    """Instead of ``password``."""
    mechanism: str
    """Empty without a user."""
    token_url: str
    token_scope: str


def kafka_access(stream: str, given: Mapping[str, str]) -> KafkaAccess:
    """``given``: what is set, by the names of the variables without prefix, such as ``KAFKA_USER``.

    Raises ValueError, which names variables and quotes no value.
    """
    _check_encrypted(stream, given)
    address = kafka_address(stream)
    user = _one_of({_STREAM: address.user, **_taken(given, "KAFKA_USER")})
    passwords = {_STREAM: address.password, **_taken(given, "KAFKA_PASSWORD", "KAFKA_PASSWORD_FILE")}
    _one_of(passwords)
    access = KafkaAccess(
        address=address,
        encrypted=stream.startswith(SSL),
        ca=_path(given, "KAFKA_CA"),
        cert=_path(given, "KAFKA_CERT"),
        key=_path(given, "KAFKA_KEY"),
        user=user,
        password=address.password or given.get("KAFKA_PASSWORD", ""),
        password_file=_path(given, "KAFKA_PASSWORD_FILE"),
        mechanism=address.mechanism or (MECHANISMS[0] if user else ""),
        token_url=given.get("KAFKA_TOKEN_URL", ""),
        token_scope=given.get("KAFKA_TOKEN_SCOPE", ""),
    )
    _check_login(access)
    _check_tokens(access)
    return access


def _check_encrypted(stream: str, given: Mapping[str, str]) -> None:
    if given and not stream.startswith(SSL):
        raise ValueError(f"{PREFIX}{next(iter(given))} needs {_STREAM}=kafka+ssl://…")
    if "KAFKA_KEY" in given and "KAFKA_CERT" not in given:
        raise ValueError(f"{PREFIX}KAFKA_KEY needs {PREFIX}KAFKA_CERT")


def _check_login(access: KafkaAccess) -> None:
    has_password = bool(access.password or access.password_file)
    if access.mechanism and not access.user:
        raise ValueError(f"{_STREAM}: ?mechanism= needs a user, in the URL or as {PREFIX}KAFKA_USER")
    if has_password and not access.user:
        raise ValueError(f"{PREFIX}KAFKA_PASSWORD needs {PREFIX}KAFKA_USER")
    if access.user and not has_password:
        raise ValueError(f"{PREFIX}KAFKA_USER needs {PREFIX}KAFKA_PASSWORD or {PREFIX}KAFKA_PASSWORD_FILE")
    for name, text in (("USER", access.user), ("PASSWORD", access.password)):
        if CONTROL.search(text):
            raise ValueError(f"{PREFIX}KAFKA_{name} must have no control characters")


def _check_tokens(access: KafkaAccess) -> None:
    if access.mechanism == OAUTH and not access.token_url:
        raise ValueError(f"{_STREAM}: ?mechanism={OAUTH} needs {PREFIX}KAFKA_TOKEN_URL")
    if access.mechanism != OAUTH and (access.token_url or access.token_scope):
        name = "KAFKA_TOKEN_URL" if access.token_url else "KAFKA_TOKEN_SCOPE"
        raise ValueError(f"{PREFIX}{name} needs {_STREAM}=kafka+ssl://…?mechanism={OAUTH}")


def _taken(given: Mapping[str, str], *names: str) -> dict[str, str]:
    return {f"{PREFIX}{name}": given.get(name, "") for name in names}


def _one_of(places: Mapping[str, str]) -> str:
    """The value that stands in one of the places, or nothing."""
    found = [name for name, value in places.items() if value]
    if len(found) > 1:
        raise ValueError(f"{' and '.join(found)} say the same: set one")
    return places[found[0]] if found else ""


def _path(given: Mapping[str, str], name: str) -> Path | None:
    return Path(given[name]) if name in given else None
