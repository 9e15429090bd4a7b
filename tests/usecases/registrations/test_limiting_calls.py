"""No caller takes more than a share: each fan may ask so often a minute, and each address."""

from datetime import datetime, timedelta

import pytest

from adapters.memory.rate_limits import MemoryRateLimits
from domain.model.errors import RateLimited, Unavailable
from domain.usecases.registrations.limit_calls import LimitCalls, per_minute
from ports.system import RateLimit
from tests.support.codes import ManualClock
from tests.support.registrations import ANN, BOB, MINUTE, SECOND, TICK


class Down(MemoryRateLimits):
    async def take(self, subject: str, limit: RateLimit, now: datetime) -> timedelta | None:
        raise Unavailable("store")


def _limits(
    writes: int = 0, reads: int = 0, address: int = 0, *, clock: ManualClock | None = None, down: bool = False
) -> LimitCalls:
    """So many a minute; 0 is no limit."""
    return LimitCalls(
        limits=Down() if down else MemoryRateLimits(),
        clock=clock or ManualClock(),
        writes=per_minute(writes),
        reads=per_minute(reads),
        address=per_minute(address),
    )


async def test_a_minutes_worth_may_come_at_once_and_then_it_comes_evenly() -> None:
    clock = ManualClock()
    limit = _limits(writes=3, clock=clock)
    for _ in range(3):
        await limit("writes", ANN, None)

    with pytest.raises(RateLimited) as refused:
        await limit("writes", ANN, None)

    assert (refused.value.of, refused.value.per_minute, refused.value.seconds) == ("writes", 3, 20)
    clock.advance(20 * SECOND - TICK)
    with pytest.raises(RateLimited) as refused:
        await limit("writes", ANN, None)
    assert refused.value.seconds == 1
    clock.advance(TICK)
    await limit("writes", ANN, None)
    clock.advance(MINUTE)
    for _ in range(3):
        await limit("writes", ANN, None)


async def test_each_fan_is_counted_and_reads_and_writes_apart() -> None:
    limit = _limits(writes=1, reads=1)

    await limit("writes", ANN, None)
    await limit("writes", BOB, None)
    await limit("reads", ANN, None)

    for kind in ("writes", "reads"):
        with pytest.raises(RateLimited) as refused:
            await limit("writes" if kind == "writes" else "reads", ANN, None)
        assert refused.value.of == kind


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("unknown", "unknown", False),
        (None, None, False),
    ],
)
async def test_an_address_is_one_of_the_older_kind_or_a_network_of_the_newer(
    one: str | None, other: str | None, *, same: bool
) -> None:
    """What is no address is not counted."""
    limit = _limits(address=1)
    await limit("writes", ANN, one)

    if same:
        with pytest.raises(RateLimited) as refused:
            await limit("writes", BOB, other)
        assert refused.value.of == "address"
    else:
        await limit("writes", BOB, other)


async def test_zero_is_no_limit() -> None:
    limit = _limits()

    for _ in range(1_000):
        await limit("writes", ANN, "192.0.2.1")


async def test_a_caller_who_cannot_be_counted_is_let_in() -> None:
    limit = _limits(writes=1, address=1, down=True)

    for _ in range(3):
        await limit("writes", ANN, "192.0.2.1")


async def test_of_callers_without_a_token_only_the_address_is_counted() -> None:
    by_person = _limits(reads=1)
    for _ in range(3):
        await by_person("reads", None, "192.0.2.1")

    by_address = _limits(address=1)
    await by_address("reads", None, "192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        await by_address("reads", None, "192.0.2.1")
    assert refused.value.of == "address"
