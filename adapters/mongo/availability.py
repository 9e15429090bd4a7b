"""Whether MongoDB can be reached. The driver watches its servers all the time, so asking it costs nothing."""

import time
from collections.abc import Callable
from typing import Final

import structlog
from pymongo import AsyncMongoClient

from adapters.mongo.driver import Raw

PATIENCE_SECONDS: Final = 2.0
"""How long a replica set may elect a new primary before it counts as away."""


class Reach:
    """What the driver knows of the server that takes writes, and since when there is none."""

    def __init__(self, client: AsyncMongoClient[Raw], *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._seconds = seconds
        self._lost_at: float | None = None
        self._writable: object = None
        """The description of the servers in which one that takes writes was last seen. The driver never changes a
        description: it makes another."""

    def away(self) -> bool:
        """No server has taken writes for PATIENCE_SECONDS: a request would only wait and fail."""
        description = self._client.topology_description
        if description is self._writable:
            return False
        if description.has_writable_server():
            self._writable = description
            if self._lost_at is not None:
                structlog.get_logger().info("store.found")
            self._lost_at = None
            return False
        if self._lost_at is None:
            structlog.get_logger().warning("store.lost")
            self._lost_at = self._seconds()
        return self._seconds() - self._lost_at > PATIENCE_SECONDS
