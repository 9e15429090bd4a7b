"""A bound on how often one line is logged, so that a flood of it does not hide others."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class LineBudget:
    """A bucket of lines that fills by one a second."""

    at: float
    burst: float
    """So many lines may be logged at once."""
    left: float
    not_logged: int = 0

    @classmethod
    def full(cls, burst: int, now: float) -> "LineBudget":
        return cls(at=now, burst=burst, left=burst)

    def take(self, now: float) -> bool:
        self.left, self.at = min(self.burst, self.left + now - self.at), now
        if self.left < 1:
            self.not_logged += 1
            return False
        self.left -= 1
        return True

    def forget(self) -> int:
        counted, self.not_logged = self.not_logged, 0
        return counted
