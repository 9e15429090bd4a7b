"""The events that have reached the stream, read by a consumer in a thread of its own."""

import asyncio
import json
import threading
import time
from collections import defaultdict
from types import TracebackType

from aiokafka import AIOKafkaConsumer

from domain.model.messaging.leases import PARTITIONS
from tests.bench.ground import Database

WAITING = {"outboxSlot": {"$in": [*range(PARTITIONS)]}, "outboxAt": {"$exists": True}}
"""With the partitions named, an index answers."""
PATIENCE_SECONDS = 300.0
POLL_SECONDS = 0.2
PREFIX = "fangate.entry."


class Published:
    """Remembers who had which event."""

    def __init__(self, servers: str, topic: str) -> None:
        self._servers = servers
        self._topic = topic
        self._seen: defaultdict[str, set[str]] = defaultdict(set)
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._read()), daemon=True)

    def __enter__(self) -> "Published":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def users(self, event: str, campaign: str) -> set[str]:
        """Who had this event: ``created`` or ``phone_confirmed``."""
        before = f"{campaign}/"
        return {one.removeprefix(before) for one in self._seen[PREFIX + event] if one.startswith(before)}

    def wait_until_empty(self, database: Database) -> None:
        """Until no event waits in the store, and the consumer has read what was published."""
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while database.entries.find_one(WAITING, {"_id": 1}):
            assert time.perf_counter() < deadline, "events still wait in the store"
            time.sleep(POLL_SECONDS)
        before = -1
        while before != (seen := sum(map(len, self._seen.values()))):
            before = seen
            time.sleep(10 * POLL_SECONDS)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(self._topic, bootstrap_servers=self._servers, auto_offset_reset="earliest")
        await consumer.start()
        try:
            while not self._over.is_set():
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        event = json.loads(record.value)
                        self._seen[event["type"]].add(event["subject"])
        finally:
            await consumer.stop()
