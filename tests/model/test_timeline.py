"""Which units a timeline has."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.model.errors import InvalidValue
from domain.model.registrations.timeline import TimelineSpan, TimeUnit

NOW = datetime(2026, 11, 21, 18, 30, 5, tzinfo=UTC)
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def span(unit: TimeUnit, begin: datetime | None = None, end: datetime | None = None) -> TimelineSpan:
    return TimelineSpan.covering(unit, begin, end, NOW)


@pytest.mark.parametrize(
    ("unit", "start", "points"),
    [
        (TimeUnit.MINUTE, datetime(2026, 11, 20, 18, 31, tzinfo=UTC), 1_440),
        (TimeUnit.HOUR, datetime(2026, 11, 14, 19, tzinfo=UTC), 168),
        (TimeUnit.DAY, datetime(2025, 11, 22, tzinfo=UTC), 365),
    ],
)
def test_without_times_it_ends_now(unit: TimeUnit, start: datetime, points: int) -> None:
    found = span(unit)

    assert (found.start, found.points) == (start, points)
    assert found.end - found.length <= NOW < found.end


def test_its_units_are_whole() -> None:
    found = span(
        TimeUnit.HOUR, datetime(2026, 11, 21, 18, 59, tzinfo=UTC), datetime(2026, 11, 21, 20, 1, tzinfo=UTC)
    )

    assert (found.start.hour, found.points) == (18, 3)
    exactly = span(TimeUnit.HOUR, datetime(2026, 11, 21, 18, tzinfo=UTC), datetime(2026, 11, 21, 20, tzinfo=UTC))
    assert (exactly.start.hour, exactly.points) == (18, 2)


def test_days_are_those_of_utc() -> None:
    east = timezone(timedelta(hours=9))
    found = span(TimeUnit.DAY, datetime(2026, 11, 21, 8, tzinfo=east), datetime(2026, 11, 21, 10, tzinfo=east))

    assert (found.start, found.points) == (datetime(2026, 11, 20, tzinfo=UTC), 2)


@pytest.mark.parametrize(
    ("begin", "end", "field"),
    [
        (NOW, NOW - timedelta(days=1), "to"),
        (NOW + timedelta(days=2), None, "to"),
        (NOW - timedelta(minutes=1_501), NOW, "from"),
        (EARLIEST, NOW, "from"),
        (LATEST, LATEST, "from"),
        (LATEST - timedelta(seconds=90), LATEST, "from"),
        (None, EARLIEST, "from"),
    ],
)
def test_none_or_too_many_are_refused(begin: datetime | None, end: datetime | None, field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        span(TimeUnit.MINUTE, begin, end)

    assert refused.value.field == field


def test_a_time_is_in_one_unit_or_in_none() -> None:
    found = span(TimeUnit.MINUTE, NOW, NOW + timedelta(minutes=2))
    tick = timedelta(milliseconds=1)

    assert found.point_of(found.start) == 0
    assert found.point_of(found.start - tick) is None
    assert found.point_of(found.end - tick) == found.points - 1
    assert found.point_of(found.end) is None
