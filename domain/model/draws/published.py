"""What is published about a draw: its manifest, and what the answer about the draw says beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.model.draws.allocation import Cutoffs, DrawResult
from domain.model.draws.draw import DrawStatus
from domain.model.draws.manifest import Manifest
from domain.model.draws.manifest_reading import canonical_or_none, manifest_of, read_json
from domain.model.draws.verification import Difference, Step
from domain.model.registrations.markets import MarketId

_OF_MANIFEST: Final = ("number", "entrants", "excluded", "announcedAt")
_OF_RESULT: Final = ("placed", "waitlisted", "resultDigest")
_COMPARED: Final = {
    "manifest", "manifestDigest", "status", "abortedAt", "randomness", "cutoffs", *_OF_MANIFEST, *_OF_RESULT,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A manifest, and the other members of the answer about the draw. A member that is left out says nothing."""

    manifest: Manifest
    answer: Mapping[str, object] = field(default_factory=dict)

    @property
    def not_checked(self) -> list[str]:
        """Members of the answer that neither the manifest nor the files show."""
        return sorted(self.answer.keys() - _COMPARED)

    def difference(self, randomness: str) -> Difference | None:
        """Compare what is known before the draw is computed. ``randomness``: as the outsider got it, in hex."""
        of_manifest = self.manifest.json()
        return (
            self._compared(Step.MANIFEST, {"manifestDigest": self.manifest.digest})
            or self._compared(Step.ANSWER, {name: of_manifest[name] for name in _OF_MANIFEST})
            or self._compared(Step.ANSWER, {"status": self._status})
            or self._compared(Step.ANSWER, dict.fromkeys(() if self._has("cutoffs") else _OF_RESULT))
            or self._compared(Step.RANDOMNESS, {"randomness": randomness.lower() if self._begun else None})
        )

    def difference_of_result(self, result: DrawResult) -> Difference | None:
        """Before the result is stored, its figures are null in the answer. An aborted draw has none."""
        right = (dict(result.placed), result.waitlisted, result.result_digest)
        figures = dict(zip(_OF_RESULT, right, strict=True)) if self._has("cutoffs") else {}
        cutoffs = cutoffs_json(result.cutoffs) if self._has("cutoffs") else None
        return self._compared(Step.RESULTS, {"abortedAt": None} | figures) or self._compared(
            Step.CUTOFFS, {"cutoffs": cutoffs}
        )

    @property
    def _begun(self) -> bool:
        return self._has("randomness") or self._has("cutoffs")

    @property
    def _status(self) -> DrawStatus:
        """What the status must be, by the members that are null before."""
        if self._has("abortedAt"):
            return DrawStatus.ABORTED
        if self.answer.get("drawnAt", self.answer.get("cutoffs")) is not None:
            return DrawStatus.DRAWN
        return DrawStatus.RUNNING if self._has("randomness") else DrawStatus.ANNOUNCED

    def _has(self, name: str) -> bool:
        return self.answer.get(name) is not None

    def _compared(self, step: Step, right: Mapping[str, object]) -> Difference | None:
        """Compared are the bytes: true is equal to 1, and says something else."""
        for name, value in right.items():
            if name in self.answer and canonical_or_none(self.answer[name]) != canonical_or_none(value):
                return Difference(
                    step=step, detail=f"{name} of the answer is not what the manifest and the files give"
                )
        return None


def read_published(encoded: bytes) -> Published:
    """A manifest, or the whole answer about a draw, as JSON. Raises MalformedManifest."""
    value = read_json(encoded)
    if not isinstance(value, dict) or "manifest" not in value:
        return Published(manifest=manifest_of(value))
    answer = {name: said for name, said in value.items() if name != "manifest"}
    return Published(manifest=manifest_of(value["manifest"]), answer=answer)


def cutoffs_json(cutoffs: Cutoffs) -> dict[MarketId, dict[str, object] | None]:
    """As answers show them."""
    return {
        market: None if cutoff is None else {"tier": cutoff.tier, "key": cutoff.key.hex()}
        for market, cutoff in cutoffs.items()
    }
