"""What an outsider compares: the published answer about a draw, the list, and the result."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.model.draws.allocation import Cutoffs
from domain.model.draws.draw import DrawResult
from domain.model.draws.lines import Line, MalformedLine
from domain.model.draws.manifest import Manifest
from domain.model.draws.manifest_reading import manifest_of, read_json
from domain.model.registrations.markets import MarketId


class Step(StrEnum):
    """A step of the algorithm, as a difference names it."""

    MANIFEST = "manifest"
    LIST = "list"
    MERKLE_ROOT = "merkle root"
    RANDOMNESS = "randomness"
    RESULTS = "results"
    CUTOFFS = "cutoffs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first step that is not what it should be, and how."""

    step: Step
    detail: str

    def __str__(self) -> str:
        return f"{self.step}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A manifest, and what the answer about the draw says beside it. None: it says nothing, or was not given."""

    manifest: Manifest
    manifest_digest: object = None
    randomness: object = None
    result_digest: object = None
    cutoffs: object = None

    def difference(self, randomness: str) -> Difference | None:
        """Compare what is known before the draw is computed. ``randomness``: as the outsider got it, in hex."""
        if self.manifest_digest not in (None, self.manifest.digest):
            return Difference(step=Step.MANIFEST, detail="its digest is not manifestDigest of the answer")
        if self.randomness not in (None, randomness.lower()):
            return Difference(step=Step.RANDOMNESS, detail="it is not that of the answer about the draw")
        return None

    def difference_of_result(self, result: DrawResult) -> Difference | None:
        if self.result_digest not in (None, result.result_digest):
            return Difference(step=Step.RESULTS, detail="their digest is not resultDigest of the answer")
        if self.cutoffs not in (None, cutoffs_json(result.cutoffs)):
            return Difference(step=Step.CUTOFFS, detail="they are not those of the answer about the draw")
        return None


def cutoffs_json(cutoffs: Cutoffs) -> dict[MarketId, dict[str, object] | None]:
    """As answers show them."""
    return {
        market: None if cutoff is None else {"tier": cutoff.tier, "key": cutoff.key.hex()}
        for market, cutoff in cutoffs.items()
    }


def read_published(encoded: bytes) -> Published:
    """A manifest, or the whole answer about a draw, as JSON. Raises MalformedManifest."""
    value = read_json(encoded)
    if not isinstance(value, dict) or "manifest" not in value:
        return Published(manifest=manifest_of(value))
    return Published(
        manifest=manifest_of(value["manifest"]),
        manifest_digest=value.get("manifestDigest"),
        randomness=value.get("randomness"),
        result_digest=value.get("resultDigest"),
        cutoffs=value.get("cutoffs"),
    )


class ListChecker:
    """Looks at the lines of a list, one batch after the other."""

    def __init__(self, manifest: Manifest) -> None:
        self._places = manifest.rules.places.keys()
        self._tiers = len(manifest.rules.tiers)
        self._last = b""
        self.lines = 0

    def difference(self, batch: Iterable[bytes]) -> Difference | None:
        """The first wrong line. Lines must be sorted, since the order of the bytes is part of the digest."""
        for encoded in batch:
            self.lines += 1
            if reason := self._refusal(encoded):
                return Difference(step=Step.LIST, detail=f"line {self.lines} {reason}")
            self._last = encoded
        return None

    def _refusal(self, encoded: bytes) -> str | None:
        try:
            line = Line.parse(encoded)
        except MalformedLine as error:
            return str(error)
        if not self._places >= set(line.markets) or line.tier > self._tiers:
            return "has a market or a tier that is not in the manifest"
        if encoded[:32] <= self._last[:32]:
            return "is not sorted by its bytes, or has the ballot of another line"
        return None


def difference_of_lines(expected: Sequence[bytes], found: Sequence[bytes], before: int) -> Difference | None:
    """The first line of a result that is wrong. ``before``: how many lines were compared already."""
    for number, line in enumerate(expected):
        if number >= len(found) or found[number] != line:
            detail = f"line {before + number + 1} must be {line.decode()}"
            return Difference(step=Step.RESULTS, detail=detail)
    return None
