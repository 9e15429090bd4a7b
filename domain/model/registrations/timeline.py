"""How many registrations came and were confirmed, minute by minute, or in larger steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.model.errors import InvalidValue

MAX_POINTS: Final = 1_500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TimeUnit(StrEnum):
    """In UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


_LENGTHS: Final = {
    TimeUnit.MINUTE: timedelta(minutes=1),
    TimeUnit.HOUR: timedelta(hours=1),
    TimeUnit.DAY: timedelta(days=1),
}
_USUAL_POINTS: Final = {TimeUnit.MINUTE: 1_440, TimeUnit.HOUR: 7 * 24, TimeUnit.DAY: 365}
"""A day of minutes, a week of hours, a year of days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineSpan:
    """Whole units, one behind the other."""

    unit: TimeUnit
    start: datetime
    points: int

    @classmethod
    def covering(
        cls, unit: TimeUnit, begin: datetime | None, end: datetime | None, now: datetime
    ) -> "TimelineSpan":
        """The units from ``begin`` to ``end``, each whole. Raises InvalidValue for too many, or for none.

        Without ``end`` it ends with ``now``. Without ``begin`` it has the usual number of units.
        """
        length = _LENGTHS[unit]
        after = -((_EPOCH - (now if end is None else end)) // length)
        first = after - _USUAL_POINTS[unit] if begin is None else (begin - _EPOCH) // length
        if after <= first:
            raise InvalidValue("to", "must be after from")
        if after - first > MAX_POINTS:
            raise InvalidValue(
                "from", f"gives {after - first} points: ask for at most {MAX_POINTS}, or by a larger unit"
            )
        try:
            start = _EPOCH + first * length
            _ = _EPOCH + after * length
        except OverflowError:
            raise InvalidValue("from", "must be a time between the years 1 and 9999") from None
        return cls(unit=unit, start=start, points=after - first)

    @property
    def length(self) -> timedelta:
        return _LENGTHS[self.unit]

    @property
    def end(self) -> datetime:
        return self.start + self.points * self.length

    def point_of(self, time: datetime) -> int | None:
        """The number of the unit that the time falls into, from 0. None: it is in none."""
        number = (time - self.start) // self.length
        return number if 0 <= number < self.points else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint:
    at: datetime
    """The begin of the unit."""
    created: int
    """Registrations that were made in it, and not withdrawn since."""
    confirmed: int
    """Registrations that confirmed their present phone in it."""


def timeline(span: TimelineSpan, created: Sequence[int], confirmed: Sequence[int]) -> list[TimelinePoint]:
    return [
        TimelinePoint(at=span.start + number * span.length, created=made, confirmed=proved)
        for number, (made, proved) in enumerate(zip(created, confirmed, strict=True))
    ]
