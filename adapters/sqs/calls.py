"""Calling Amazon SQS: by the name of a queue, within a time, and ten messages at once."""

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
"""That any call may take, beside the waiting that was asked for."""
PAUSES_SECONDS: Final = (0.1, 0.4, 1.6)
"""At most, before messages that SQS refused one by one are told again; whole calls the library repeats."""
STALE: Final = frozenset(
    {
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
    }
)
"""How SQS says that a delivery is over: its time was up, it was done, or twelve hours have passed."""

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
        """Raises Unavailable where SQS does not say."""
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
        """Asked for when it is first needed: SQS may be away at the start."""
        if queue not in self._urls:
            answer = await self._client.get_queue_url(QueueName=queue)
            self._urls[queue] = str(answer["QueueUrl"])
        return self._urls[queue]

    async def call_batches(
        self, operation: str, queue: str, entries: Sequence[Entry], *, stale: frozenset[str] = frozenset()
    ) -> None:
        """Each batch of ten beside the others."""
        batches = [entries[start : start + BATCH] for start in range(0, len(entries), BATCH)]
        await asyncio.gather(*(self.call_batch(operation, queue, batch, stale=stale) for batch in batches))

    async def call_batch(
        self, operation: str, queue: str, entries: Sequence[Entry], *, stale: frozenset[str] = frozenset()
    ) -> None:
        """SQS may take some of them and refuse others, and call that a success. Raises Unavailable.

        ``over``: how it says that a delivery is over. Of such a one everything is told in vain.
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
