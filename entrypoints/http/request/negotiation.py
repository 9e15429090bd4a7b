"""Which media type the caller would like best (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from entrypoints.http.request.decoding import AnyRequest

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
LONGEST_READ: Final = 2_000
"""Characters of Accept headers: what browsers send has 150."""
_QUALITY: Final = re.compile(r"[0-9]{0,3}(\.[0-9]{0,10})?(?<=[0-9])", re.ASCII)


class _Range(NamedTuple):
    """One wish of an Accept header, such as ``text/*;q=0.5``."""

    pattern: str
    quality: float

    def fit(self, media: str) -> int:
        """How exactly this names ``media``: 3 by name, 1 by ``*/*``, 0 not at all."""
        kind = media.partition("/")[0]
        return {media: 3, f"{kind}/*": 2, "*/*": 1}.get(self.pattern, 0)


def preferred(request: AnyRequest, *offered: str) -> str:
    """The first offered one is also the answer to whoever asks for anything, or for what we do not have."""
    wishes = list(_ranges(",".join(_accept_headers(request))))
    best = max(offered, key=lambda media: _rank(media, wishes))
    return best if _rank(best, wishes) > (0, 0) else offered[0]


def _accept_headers(request: AnyRequest) -> Iterator[str]:
    return (value.decode("latin-1") for name, value in request.scope["headers"] if name == b"accept")


def _rank(media: str, wishes: list[_Range]) -> tuple[float, int]:
    """The quality that the most exact wish gives, and how exact it is, which decides between equals."""
    fits = [(wish.fit(media), wish.quality) for wish in wishes]
    exactness, quality = max(fits, default=(0, 0.0))
    return (quality, exactness) if exactness and quality else (0, 0)


def _ranges(header: str) -> Iterator[_Range]:
    for wish in header[:LONGEST_READ].lower().split(","):
        pattern, *parameters = (part.strip() for part in wish.split(";"))
        weights = [value for name, _, value in (part.partition("=") for part in parameters) if name == "q"]
        if not weights:
            yield _Range(pattern, 1.0)
        elif _QUALITY.fullmatch(weights[0]):  # A wish that cannot be read is none.
            yield _Range(pattern, min(1.0, float(weights[0])))
