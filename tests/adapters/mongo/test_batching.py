"""The Batcher: calls that wait at the same time are served by one command."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.mongo.batching import FULL_BATCH, MAX_BATCH, MAX_IN_FLIGHT, Batcher


class Kitchen:
    """Serves its orders when it is opened, and remembers each batch of orders."""

    def __init__(self, *, at_once: int = MAX_IN_FLIGHT) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        self.batcher = Batcher(self.serve, at_once=at_once)

    async def serve(self, orders: Sequence[int]) -> list[str | Exception]:
        self.batches.append(list(orders))
        await self.open.wait()
        if any(order < 0 for order in orders):
            raise ConnectionError
        return [ValueError(order) if order == 13 else f"dish {order}" for order in orders]

    def order(self, *orders: int) -> list["asyncio.Task[str]"]:
        return [asyncio.create_task(self.batcher.ask(order)) for order in orders]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_each_caller_gets_the_answer_to_its_own_question() -> None:
    kitchen = Kitchen()
    kitchen.open.set()

    assert await asyncio.gather(*kitchen.order(*range(1, 8))) == [f"dish {order}" for order in range(1, 8)]


async def test_batches_in_flight_have_one_size() -> None:
    kitchen = Kitchen()
    orders = kitchen.order(*range(100, 100 + 3 * FULL_BATCH))
    await settled()

    assert [len(batch) for batch in kitchen.batches] == [24, 24]
    kitchen.open.set()
    await asyncio.gather(*orders)


async def test_with_one_batch_at_once_all_that_wait_are_in_the_next() -> None:
    kitchen = Kitchen(at_once=1)
    orders = kitchen.order(*range(100, 100 + 3 * FULL_BATCH))
    await settled()
    orders += kitchen.order(*range(200, 200 + 2 * FULL_BATCH))
    await settled()
    assert [len(batch) for batch in kitchen.batches] == [3 * FULL_BATCH]

    kitchen.open.set()
    await asyncio.gather(*orders)
    assert [len(batch) for batch in kitchen.batches] == [3 * FULL_BATCH, 2 * FULL_BATCH]


async def test_few_calls_are_served_by_one_batch_at_a_time_and_later_calls_by_the_next() -> None:
    kitchen = Kitchen()
    orders = kitchen.order(1, 2)
    await settled()
    orders += kitchen.order(20, 21, 22)
    await settled()
    assert kitchen.batches == [[1, 2]]
    kitchen.open.set()
    await asyncio.gather(*orders)

    assert kitchen.batches == [[1, 2], [20, 21, 22]]


async def test_only_so_many_batches_are_in_flight() -> None:
    kitchen = Kitchen()
    orders = kitchen.order(*range(100, 100 + 2 * FULL_BATCH))
    await settled()
    orders += kitchen.order(*range(200, 200 + 4 * FULL_BATCH))
    await settled()
    assert len(kitchen.batches) == MAX_IN_FLIGHT
    kitchen.open.set()
    await asyncio.gather(*orders)


async def test_a_lone_call_waits_for_no_other() -> None:
    kitchen = Kitchen()
    kitchen.order(1)
    await settled()

    assert kitchen.batches == [[1]]
    kitchen.open.set()


async def test_a_batch_has_its_limit() -> None:
    kitchen = Kitchen()
    kitchen.open.set()
    await asyncio.gather(*kitchen.order(*range(100, 100 + 3 * MAX_BATCH)))

    assert max(len(batch) for batch in kitchen.batches) == MAX_BATCH
    assert sum(len(batch) for batch in kitchen.batches) == 3 * MAX_BATCH


async def test_an_error_among_the_answers_is_raised_for_its_caller_only() -> None:
    kitchen = Kitchen()
    kitchen.open.set()
    answers = await asyncio.gather(*kitchen.order(12, 13, 14), return_exceptions=True)

    assert [type(answer) for answer in answers] == [str, ValueError, str]


async def test_an_error_of_the_command_is_raised_for_all_its_callers_and_the_next_batch_goes_on() -> None:
    kitchen = Kitchen()
    kitchen.open.set()
    answers = await asyncio.gather(*kitchen.order(-1, 1, 2), return_exceptions=True)

    assert [type(answer) for answer in answers] == [ConnectionError] * 3
    assert await kitchen.batcher.ask(7) == "dish 7"


async def test_a_command_with_too_few_answers_is_an_error_for_the_callers_without_one() -> None:
    async def serve(orders: Sequence[int]) -> list[str]:
        return [f"dish {orders[0]}"]

    batcher = Batcher(serve)
    calls = [asyncio.create_task(batcher.ask(order)) for order in (1, 2)]
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(answer) for answer in answers] == [str, ValueError]


async def test_a_caller_that_leaves_takes_no_other_along() -> None:
    kitchen = Kitchen()
    served = kitchen.order(1, 2, 3, 4)
    await settled()
    waiting = kitchen.order(5, 6, 7, 8)
    await settled()
    served[0].cancel()
    waiting[0].cancel()
    kitchen.open.set()
    answers = await asyncio.gather(*served[1:], *waiting[1:])

    assert answers == [f"dish {order}" for order in (2, 3, 4, 6, 7, 8)]
    assert 5 not in {order for batch in kitchen.batches for order in batch}
    with pytest.raises(asyncio.CancelledError):
        await served[0]
