"""The rules for values of settings. A wrong value raises a ValueError that does not quote it."""

import re
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

LONGEST: Final = timedelta(days=366)
LONGEST_CLAIM: Final = 256
_REGISTERED: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
_WEB: Final = re.compile(r"(?i:https?)://[^\s\x00-\x1f\x7f]+\Z")
_BUCKET: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/?")
_QUEUE: Final = re.compile(r"sqs://[A-Za-z0-9_-]{1,74}/?")
"""SQS allows 80 characters. The name of the queue for jobs that were put off has six more."""


def _seconds(value: object) -> object:
    """Durations are plain numbers of seconds."""
    if isinstance(value, timedelta):
        return value
    try:
        return timedelta(seconds=float(str(value)))
    except (ValueError, OverflowError):
        raise ValueError("must be a number of seconds") from None


def scheme(*allowed: str) -> BeforeValidator:
    def check(value: object) -> object:
        name, colon, _ = str(value).partition(":")
        if not colon or name not in allowed:
            raise ValueError(f"must begin with one of {', '.join(f'{one}:' for one in allowed)}")
        return value

    return BeforeValidator(check)


def names_bucket(url: str) -> str:
    if url.startswith("s3:") and not _BUCKET.fullmatch(url):
        raise ValueError("must name a bucket: s3://bucket")
    return url


def names_queue(url: str) -> str:
    """A FIFO queue is refused: a job that is put off would block the jobs behind it, and order is not needed."""
    if url.endswith(".fifo"):
        raise ValueError("must name a standard queue, not a FIFO one")
    if url != "memory:" and not _QUEUE.fullmatch(url):
        raise ValueError("must be memory: or name a queue: sqs://queue-name")
    return url


def names_claim(name: str) -> str:
    """The claims of RFC 7519 are refused: they have other meanings."""
    if name in _REGISTERED or len(name) > LONGEST_CLAIM or not name.isprintable() or name != name.strip():
        raise ValueError("must be the name of a claim, or the dotted path to one, such as app.supreme")
    return name


def _whole(url: str) -> str:
    """The URL has every part that its scheme needs, and no part that its scheme ignores."""
    name, _, rest = url.partition(":")
    if name in {"http", "https"}:
        if not is_web_address(url):
            raise ValueError(f"must be a web address: {name}://host")
    elif name == "file":
        if not rest:
            raise ValueError("must name a file: file:path")
    elif rest:
        raise ValueError(f"must be {name}: and nothing more")
    return url


def _sensible(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= LONGEST:
        raise ValueError(f"must be more than 0 and at most {LONGEST.total_seconds():.0f} seconds")
    return value


WHOLE: Final = AfterValidator(_whole)

Seconds = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_sensible)]


def is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(_WEB.match(url) and parts.hostname) and parts.port != 0
    except ValueError:  # not a port, or not an address
        return False


def is_issuer(url: str) -> bool:
    """As OpenID Connect Discovery has it: other addresses are made by adding to it."""
    return is_web_address(url) and "?" not in url and "#" not in url and "@" not in urlsplit(url).netloc


def is_plain_http(url: str) -> bool:
    """True for unencrypted HTTP to another machine."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        return False
    host = (parts.hostname or "").rstrip(".")
    with suppress(ValueError):  # not an address, so a name
        return not ip_address(host).is_loopback
    return host != "localhost" and not host.endswith(".localhost")
