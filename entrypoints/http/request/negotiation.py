"""The media type that the caller prefers (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from entrypoints.http.request.decoding import AnyRequest

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
LONGEST_READ: Final = 2_000
"""Characters of Accept headers; browsers send about 150."""
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
    """The best offered type. The first is the default, also for callers that accept none of them."""
    wishes = list(_ranges(",".join(_accept_headers(request))))
    best = max(offered, key=lambda media: _rank(media, wishes))
    return best if _rank(best, wishes) > (0, 0) else offered[0]


def _accept_headers(request: AnyRequest) -> Iterator[str]:
    return (value.decode("latin-1") for name, value in request.scope["headers"] if name == b"accept")


def _rank(media: str, wishes: list[_Range]) -> tuple[float, int]:
    """The quality in the most exact wish, and its exactness, which decides between equal qualities."""
    fits = [(wish.fit(media), wish.quality) for wish in wishes]
    exactness, quality = max(fits, default=(0, 0.0))
    return (quality, exactness) if exactness and quality else (0, 0)


def _ranges(header: str) -> Iterator[_Range]:
    for wish in header[:LONGEST_READ].lower().split(","):
        pattern, *parameters = (part.strip() for part in wish.split(";"))
        weights = [value for name, _, value in (part.partition("=") for part in parameters) if name == "q"]
        if not weights:
            yield _Range(pattern, 1.0)
        elif _QUALITY.fullmatch(weights[0]):  # An unreadable wish is ignored.
            yield _Range(pattern, min(1.0, float(weights[0])))
