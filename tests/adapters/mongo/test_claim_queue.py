"""The queue of claims for one pool: when the next batch starts, and which claims it serves."""

from adapters.mongo.batching import FULL_BATCH
from adapters.mongo.codes.claims.attempt import ClaimAttempt
from adapters.mongo.codes.claims.queue import CODES_PER_BATCH, ClaimQueue
from tests.support.codes import a_claim


def an_attempt(reserve_id: str, *, count: int = 1) -> ClaimAttempt:
    return ClaimAttempt(a_claim(count=count, reserve_id=reserve_id))


def join(queue: ClaimQueue, number: int) -> None:
    for one in range(number):
        queue.join(an_attempt(f"{id(queue)}-{one}"))


def next_batch(queue: ClaimQueue) -> list[str]:
    """Start a batch; the reserveIds that it serves."""
    assert queue.may_start
    queue.start_batch()
    return [attempt.claim.reserve_id for attempt in queue.next_batch()]


def serve(queue: ClaimQueue) -> int:
    """A batch from start to end; how many claims it serves."""
    served = len(next_batch(queue))
    queue.end_batch(served)
    return served


async def test_a_lone_claim_waits_for_no_other() -> None:
    queue = ClaimQueue()
    for _ in range(3):
        join(queue, 1)
        assert serve(queue) == 1
        queue.join(an_attempt("again"))
        assert serve(queue) == 1


async def test_a_batch_waits_a_little_for_callers_that_were_just_answered() -> None:
    queue = ClaimQueue()
    join(queue, FULL_BATCH)
    serve(queue)

    join(queue, FULL_BATCH - 1)
    assert not queue.may_start

    queue.join(an_attempt("the last"))
    assert serve(queue) == FULL_BATCH


async def test_callers_that_do_not_return_are_waited_for_no_longer() -> None:
    queue = ClaimQueue()
    join(queue, FULL_BATCH)
    serve(queue)
    join(queue, 3)
    assert not queue.may_start

    queue.stop_waiting_for(FULL_BATCH)

    assert serve(queue) == 3


async def test_a_queue_is_kept_as_long_as_a_caller_may_return() -> None:
    queue = ClaimQueue()
    join(queue, 2)
    serve(queue)
    assert not queue.idle
    queue.stop_waiting_for(2)
    assert queue.idle


async def test_a_batch_serves_a_reserve_id_once_and_no_caller_that_has_left() -> None:
    queue = ClaimQueue()
    gone = an_attempt("gone")
    for attempt in (gone, an_attempt("one"), an_attempt("one"), an_attempt("two")):
        queue.join(attempt)
    gone.answer.cancel()

    assert next_batch(queue) == ["one", "two"]
    queue.end_batch(2)
    queue.stop_waiting_for(2)
    assert next_batch(queue) == ["one"]


async def test_a_batch_takes_only_so_many_codes_but_always_serves_the_first_claim() -> None:
    queue = ClaimQueue()
    queue.join(an_attempt("many", count=CODES_PER_BATCH))
    queue.join(an_attempt("one"))

    assert next_batch(queue) == ["many"]
    queue.end_batch(1)
    queue.stop_waiting_for(1)
    assert next_batch(queue) == ["one"]
