"""What every RateLimits promises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from ports.system import RateLimit, RateLimits
from tests.contracts.two_processes import two_views

NOW = datetime.now(UTC).replace(microsecond=0)
SECOND = timedelta(seconds=1)
ONE_A_SECOND = RateLimit(per_minute=60, burst=5)

Peers = tuple[RateLimits, RateLimits]


@pytest.fixture(params=["memory", "mongo"])
async def peers(request: pytest.FixtureRequest) -> AsyncIterator[Peers]:
    """Two that share what they keep, as two processes would."""
    async with two_views(request) as (first, second):
        yield first.limits, second.limits


@pytest.fixture
def limits(peers: Peers) -> RateLimits:
    return peers[0]


async def taken(limits: RateLimits, times: int, now: datetime, subject: str = "ann") -> list[timedelta | None]:
    return [await limits.take(subject, ONE_A_SECOND, now) for _ in range(times)]


async def test_a_bucket_is_full_at_first_and_then_empty(limits: RateLimits) -> None:
    assert await taken(limits, 7, NOW) == [None] * 5 + [SECOND] * 2


async def test_it_fills_evenly_and_returns_how_long_that_takes(limits: RateLimits) -> None:
    await taken(limits, 5, NOW)

    assert await taken(limits, 1, NOW + SECOND / 4) == [SECOND * 3 / 4]
    assert await taken(limits, 2, NOW + SECOND) == [None, SECOND]
    assert await taken(limits, 4, NOW + 4 * SECOND) == [None, None, None, SECOND]


async def test_it_never_holds_more_than_its_burst(limits: RateLimits) -> None:
    await taken(limits, 2, NOW)

    assert await taken(limits, 6, NOW + timedelta(hours=1)) == [None] * 5 + [SECOND]


async def test_a_refusal_takes_no_token(limits: RateLimits) -> None:
    await taken(limits, 30, NOW)

    assert await taken(limits, 1, NOW + SECOND) == [None]


async def test_subjects_do_not_share(limits: RateLimits) -> None:
    await taken(limits, 5, NOW)

    assert await taken(limits, 1, NOW, "bob") == [None]


async def test_a_slow_clock_adds_no_tokens(limits: RateLimits) -> None:
    await taken(limits, 5, NOW)

    assert await taken(limits, 1, NOW - 10 * SECOND) == [11 * SECOND]


@pytest.mark.parametrize("per_minute", [1, 7, 300, 59_999, 60_000])
async def test_a_minute_never_grants_more_than_the_limit(limits: RateLimits, per_minute: int) -> None:
    limit = RateLimit(per_minute=per_minute, burst=1)
    assert limit.interval * per_minute >= timedelta(minutes=1)

    assert await limits.take("ann", limit, NOW) is None
    assert await limits.take("ann", limit, NOW) == limit.interval
    assert await limits.take("ann", limit, NOW + limit.interval) is None


async def test_of_forty_at_once_exactly_the_burst_is_granted(peers: Peers) -> None:
    """In two processes, the very first of the bucket included."""
    for subject in ("ann", "bob", "cy"):
        takes = [limits.take(subject, ONE_A_SECOND, NOW) for _ in range(20) for limits in peers]

        granted = [wait is None for wait in await asyncio.gather(*takes)]

        assert granted.count(True) == 5


async def test_and_exactly_the_new_ones_later(peers: Peers) -> None:
    await taken(peers[0], 5, NOW)
    takes = [limits.take("ann", ONE_A_SECOND, NOW + 3 * SECOND) for _ in range(20) for limits in peers]

    granted = [wait is None for wait in await asyncio.gather(*takes)]

    assert granted.count(True) == 3


async def test_a_bucket_may_take_a_day_to_fill(limits: RateLimits) -> None:
    day = timedelta(days=1)
    daily = RateLimit(per_minute=timedelta(minutes=1) / day, burst=1)

    assert await limits.take("ann", daily, NOW) is None
    assert await limits.take("ann", daily, NOW + day / 2) == day / 2
    assert await limits.take("ann", daily, NOW + day) is None
