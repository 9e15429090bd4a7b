"""A request of a browser: the path, the fields that it sends, the cookies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from litestar.connection import Request

from domain.model.draws.rules import MAX_MARKETS
from entrypoints.http.request.decoding import BODY_LIMIT, AnyRequest, chunks_of, media_type_of
from entrypoints.http.request.headers import header
from entrypoints.http.response.problems import malformed, too_large, unsupported_media_type

FORM: Final = "application/x-www-form-urlencoded"
MAX_COOKIES: Final = 50
MAX_FIELDS: Final = MAX_MARKETS + 100
"""The largest form has the places of each market of a draw."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a form or of a query. A field that is left empty is not given."""

    pairs: Sequence[tuple[str, str]] = ()

    def one(self, name: str) -> str:
        """Empty where it is not given."""
        return next((value for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def only(self, *names: str) -> dict[str, list[str]]:
        """The given ones of these, as the query of an operation takes them."""
        return {name: values for name in names if (values := self.all(name))}

    def query(self, *names: str) -> str:
        """The same, as the end of an address; empty, or with its question mark."""
        return f"?{text}" if (text := urlencode(self.only(*names), doseq=True)) else ""

    def without(self, *names: str) -> "Fields":
        return Fields(tuple((key, value) for key, value in self.pairs if key not in names))


def fields_of(raw: bytes) -> Fields:
    """Raises a 400 Problem for more fields than any page has."""
    try:
        pairs = parse_qsl(raw.decode("latin-1"), max_num_fields=MAX_FIELDS)
    except ValueError:
        raise malformed(f"there are more than {MAX_FIELDS:,} fields") from None
    return Fields(tuple((name, text) for name, value in pairs if (text := value.strip())))


def query_of(request: AnyRequest) -> Fields:
    return fields_of(request.scope["query_string"])


async def form_of(request: AnyRequest) -> Fields:
    """Raises a Problem for a body that is no form, or that is too large."""
    if media_type_of(request) != FORM:
        raise unsupported_media_type("", FORM)
    raw = bytearray()
    async for chunk in chunks_of(request):
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise too_large(BODY_LIMIT)
    return fields_of(bytes(raw))


def cookies_of(request: AnyRequest) -> Mapping[str, str]:
    """The first of each name: a browser sends the one with the longest path first."""
    found: dict[str, str] = {}
    for part in (header(request, b"cookie") or "").split(";")[:MAX_COOKIES]:
        name, _, value = part.strip().partition("=")
        found.setdefault(name, value)
    return found


def asked_by(request: AnyRequest, **changes: Any) -> AnyRequest:
    """The request with other parts of its scope, for an operation that reads them."""
    receive = changes.pop("receive", request.receive)
    scope: Any = {**request.scope, **changes}
    return Request(scope, receive)


def segment(text: str) -> str:
    """An id as operations read it from a segment of their path."""
    return text.replace("%", "%25").replace("/", "%2F")


def address(*segments: str, **query: str) -> str:
    """An address of the console; what ids hold is encoded."""
    path = "/console" + "".join("/" + quote(segment, safe="") for segment in segments)
    return f"{path}?{urlencode(query)}" if query else path
