"""What is wrong with the URL of a database. The message quotes no part of it, because a part may be a password."""

from typing import Any, Final
from urllib.parse import parse_qsl

import pymongo.errors
from pymongo.uri_parser import parse_uri

_SRV: Final = "mongodb+srv://"
_WRONG: Final = (pymongo.errors.ConfigurationError, pymongo.errors.InvalidURI, ValueError)


def check_url(url: str) -> None:
    """Raises ValueError for a URL that is wrong or names no database; connects to nothing but the DNS."""
    parsed = _parsed(url)
    if not parsed["database"]:
        raise ValueError("the URL must name a database: mongodb://host:port/database")
    if str(parsed["options"].get("w")) == "0":
        raise ValueError("w=0 does not wait until anything is written: leave it out")


def _parsed(url: str) -> dict[str, Any]:
    try:
        return dict(parse_uri(url))
    except _WRONG:
        raise ValueError(_reason(url)) from None


def _reads(url: str) -> bool:
    try:
        parse_uri(url)
    except _WRONG:
        return False
    return True


def _reason(url: str) -> str:
    """Options are tried one by one. Each is named by its number, because its name may be part of a password."""
    plain = url.replace(_SRV, "mongodb://", 1)
    if _reads(plain):
        return "the host of mongodb+srv:// has no SRV records, or the DNS does not answer"
    bare, _, query = plain.partition("?")
    if query and _reads(bare):
        for number, (name, value) in enumerate(parse_qsl(query, keep_blank_values=True), 1):
            if not _reads(f"mongodb://localhost/x?{name}={value}"):
                return f"option {number} behind ? is not known, or its value does not fit"
        return "the options behind ? do not go together"
    return "not a MongoDB URL; in user and password, % : / ? # [ ] @ must be escaped"
