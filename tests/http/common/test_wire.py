"""How times look on the wire."""

from datetime import UTC, datetime

from bson.tz_util import utc as driver_utc
from hypothesis import example, given
from hypothesis import strategies as st

from entrypoints.http.wire import instant

ZONES = st.one_of(st.sampled_from([UTC, driver_utc]), st.timezones())
# Far enough from both ends for any zone; Hypothesis wants them without one.
FIRST, LAST = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001  # see above


@given(st.datetimes(FIRST, LAST, timezones=ZONES))
@example(datetime(2026, 11, 21, 18, tzinfo=UTC))
@example(datetime(2026, 11, 21, 18, 0, 0, 999, tzinfo=UTC))
@example(datetime(2026, 11, 21, 18, 0, 0, 999_999, tzinfo=driver_utc))
def test_an_instant_is_utc_in_milliseconds(time: datetime) -> None:
    in_utc = time.astimezone(UTC).replace(tzinfo=None)

    assert instant(time) == f"{in_utc.isoformat(timespec='milliseconds')}Z"
