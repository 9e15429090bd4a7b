"""Dead letters of Amazon SQS. SQS cannot search, so all of them are received, and most are shown again."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from adapters.sqs.bodies import Unreadable, to_job
from adapters.sqs.calls import SECONDS, STALE, Calls, Entry
from adapters.sqs.client import BATCH
from domain.model.errors import Unavailable
from ports.messaging import Unwanted

MOST: Final = 5_000
"""Letters that are looked at in one call."""
WAIT_SECONDS: Final = 1
"""A poll without any waiting asks only some of the servers of SQS."""
HIDDEN_SECONDS: Final = 300
"""Longer than the call takes, so that no letter is received twice."""


async def drop_dead(calls: Calls, queue: str, unwanted: Unwanted) -> int:
    """Delete the unwanted ones. Raises Unavailable, and what ``unwanted`` raises."""
    kept: list[Any] = []
    dropped = 0
    try:
        while dropped + len(kept) < MOST and (found := await _some(calls, queue)):
            kept += found
            gone = await _unwanted_of(found, unwanted)
            await calls.call_batches("delete_message_batch", queue, [_named(one) for one in gone], stale=STALE)
            kept[-len(found) :] = [message for message in found if message not in gone]
            dropped += len(gone)
    finally:
        await _show_again(calls, queue, kept)
    return dropped


async def _some(calls: Calls, queue: str) -> Sequence[Any]:
    answer = await calls(
        "receive_message",
        queue,
        seconds=WAIT_SECONDS + SECONDS,
        MaxNumberOfMessages=BATCH,
        WaitTimeSeconds=WAIT_SECONDS,
        VisibilityTimeout=HIDDEN_SECONDS,
    )
    found: Sequence[Any] = answer.get("Messages", ())
    return found


async def _unwanted_of(found: Sequence[Any], unwanted: Unwanted) -> Sequence[Any]:
    answers = await asyncio.gather(*(_is_unwanted(message["Body"], unwanted) for message in found))
    return [message for message, answer in zip(found, answers, strict=True) if answer]


async def _is_unwanted(body: str, unwanted: Unwanted) -> bool:
    """What is not a job of Fangate stays."""
    try:
        job, _ = to_job(body)
    except Unreadable:
        return False
    return await unwanted(job)


async def _show_again(calls: Calls, queue: str, kept: Sequence[Any]) -> None:
    entries: list[Entry] = [_named(message) | {"VisibilityTimeout": 0} for message in kept]
    with suppress(Unavailable):  # Then they are hidden a little longer.
        await calls.call_batches("change_message_visibility_batch", queue, entries, stale=STALE)


def _named(message: Any) -> Entry:
    return {"ReceiptHandle": message["ReceiptHandle"]}
