"""Which media type the caller would like best (RFC 9110, section 12.5.1)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from entrypoints.http.decoding import AnyRequest

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"


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
    wishes = list(_ranges(",".join(request.headers.getall("accept", []))))
    best = max(offered, key=lambda media: _rank(media, wishes))
    return best if _rank(best, wishes) > (0, 0) else offered[0]


def _rank(media: str, wishes: list[_Range]) -> tuple[float, int]:
    """The quality that the most exact wish gives, and how exact it is, which decides between equals."""
    fits = [(wish.fit(media), wish.quality) for wish in wishes]
    exactness, quality = max(fits, default=(0, 0.0))
    return (quality, exactness) if exactness and quality else (0, 0)


def _ranges(header: str) -> Iterator[_Range]:
    for wish in header.lower().split(","):
        pattern, *parameters = (part.strip() for part in wish.split(";"))
        weights = [value for name, _, value in (part.partition("=") for part in parameters) if name == "q"]
        try:
            yield _Range(pattern, min(1.0, max(0.0, float(weights[0]))) if weights else 1.0)
        except ValueError:
            continue  # A wish nobody can read is none.
