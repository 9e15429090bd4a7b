"""The inventory of a campaign: counts of its codes, and the filter for lists of codes."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.model.codes.code import Code, CodeStatus, CodeType
from domain.model.ids import ImportId, ReserveId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCounts:
    """How many codes of one type are in each status, all counted at the same instant."""

    available: int = 0
    reserved: int = 0
    assigned: int = 0

    @property
    def total(self) -> int:
        return self.available + self.reserved + self.assigned

    def __add__(self, other: "StatusCounts") -> "StatusCounts":
        return StatusCounts(
            available=self.available + other.available,
            reserved=self.reserved + other.reserved,
            assigned=self.assigned + other.assigned,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFilter:
    """Which codes of a campaign to list. A field that is None excludes nothing."""

    code: str | None = field(default=None, repr=False)
    prefix: str | None = field(default=None, repr=False)
    """The code begins with it."""
    type: CodeType | None = None
    status: CodeStatus | None = None
    reserve_id: ReserveId | None = None
    user_id: UserId | None = None
    import_id: ImportId | None = None
    """The code was stored by this import."""

    def admits(self, code: Code, now: datetime) -> bool:
        status = code.status(now)
        holder = code.hold.reserve_id if code.hold and status is not CodeStatus.AVAILABLE else None
        return (
            self.code in (None, code.text)
            and code.text.startswith(self.prefix or "")
            and self.type in (None, code.type)
            and self.status in (None, status)
            and self.reserve_id in (None, holder)
            and self.user_id in (None, code.assigned_to)
            and self.import_id in (None, code.provenance.import_id)
        )
