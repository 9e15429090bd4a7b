"""Calls of Amazon SQS: by the name of a queue, with a time-out, and in batches of ten messages."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Final

import botocore.exceptions
import structlog

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import unavailable
from adapters.sqs.client import BATCH, MISSING, code_of, translated

SECONDS: Final = 10.0
"""The time-out of a call, in addition to the requested waiting time."""
PAUSES_SECONDS: Final = (0.1, 0.4, 1.6)
"""The longest pauses before messages that SQS refused are sent again. The library repeats whole calls itself."""
STALE: Final = frozenset(
    {
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
    }
)
"""The error codes for a delivery that is over: its time has passed, it was deleted, or it is twelve hours old."""

Entry = dict[str, Any]


class Calls:
    def __init__(self, client: Any) -> None:
        self._client = client
        self._urls: dict[str, str] = {}

    async def __call__(self, operation: str, queue: str, *, seconds: float = SECONDS, **request: Any) -> Any:
        """Raises Unavailable."""
        with translated():
            async with asyncio.timeout(seconds):
                url = await self._url(queue)
                return await getattr(self._client, operation)(QueueUrl=url, **request)

    async def exists(self, queue: str) -> bool:
        """Does the queue exist? Raises Unavailable without an answer."""
        with translated():
            try:
                async with asyncio.timeout(SECONDS):
                    await self._url(queue)
            except botocore.exceptions.ClientError as error:
                if code_of(error) not in MISSING:
                    raise
                return False
        return True

    async def _url(self, queue: str) -> str:
        """The URL of the queue. It is requested at the first use, because SQS may be down at the start."""
        if queue not in self._urls:
            answer = await self._client.get_queue_url(QueueName=queue)
            self._urls[queue] = str(answer["QueueUrl"])
        return self._urls[queue]

    async def call_batches(
        self, operation: str, queue: str, entries: Sequence[Entry], *, stale: frozenset[str] = frozenset()
    ) -> None:
        """Call ``operation`` for all entries, in batches of ten at the same time. Raises Unavailable."""
        batches = [entries[start : start + BATCH] for start in range(0, len(entries), BATCH)]
        await asyncio.gather(*(self.call_batch(operation, queue, batch, stale=stale) for batch in batches))

    async def call_batch(
        self, operation: str, queue: str, entries: Sequence[Entry], *, stale: frozenset[str] = frozenset()
    ) -> None:
        """Call ``operation`` for up to ten entries. SQS may accept some and refuse others in one answer; refused
        ones are sent again. Raises Unavailable.

        ``stale``: error codes of deliveries that are over. Such an entry is not sent again.
        """
        left = [{"Id": str(index), **entry} for index, entry in enumerate(entries)]
        for pause in (0, *PAUSES_SECONDS):
            await asyncio.sleep(random.uniform(0, pause))
            answer = await self(operation, queue, Entries=left)
            failed = {failure["Id"]: str(failure["Code"]) for failure in answer.get("Failed", ())}
            refused = {id: code for id, code in failed.items() if code not in stale}
            if len(failed) > len(refused):
                structlog.get_logger().info("queue.delivery_was_over", count=len(failed) - len(refused))
            if not refused:
                return
            left = [entry for entry in left if entry["Id"] in refused]
        raise unavailable("queue", NoAnswer(f"refused: {', '.join(sorted(set(refused.values())))}"))
