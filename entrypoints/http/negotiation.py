"""Which media type the caller would like best (RFC 9110, section 12.5.1)."""

from typing import Final

from litestar.datastructures.headers import Accept

from entrypoints.http.decoding import AnyRequest

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"


def preferred(request: AnyRequest, *offered: str) -> str:
    """The first offered one is also the answer to whoever asks for anything, or for what we do not have."""
    accept = Accept(request.headers.get("accept", "*/*"))
    return accept.best_match(list(offered), default=offered[0]) or offered[0]
