"""What an outsider compares: the lines of the list and of the result, and the steps that may differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.model.draws.lines import Line, MalformedLine
from domain.model.draws.manifest import Manifest


class Step(StrEnum):
    """A step of the algorithm, as a difference names it."""

    MANIFEST = "manifest"
    ANSWER = "answer"
    """What the answer about the draw says beside the manifest, and what follows from the manifest alone."""
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


class ListChecker:
    """Looks at the lines of a list, one batch after the other."""

    def __init__(self, manifest: Manifest) -> None:
        self._places = manifest.rules.places.keys()
        self._tiers = len(manifest.rules.tiers)
        self._weights = {1, *(one.weight for one in manifest.rules.weights)}
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
        if not self._places >= set(line.markets) or line.tier > self._tiers or line.weight not in self._weights:
            return "has a market, a tier or a weight that is not in the manifest"
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
