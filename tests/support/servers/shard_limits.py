"""What a shard of Kinesis takes in a second, as AWS documents it. The emulators take any amount."""

import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import Final

RECORDS: Final = 1_000
BYTES: Final = 1_048_576
_HASH_BITS: Final = 128


@dataclass(slots=True)
class _Shard:
    records: float
    size: float
    """Both: what it takes at once."""
    at: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class ShardLimits:
    """Each shard can take the amount of a second at once. It is refilled all the time."""

    shards: int
    """They share the hash keys evenly, as a new stream has them."""
    records: int = RECORDS
    size: int = BYTES
    """Bytes, with the partition keys."""
    _left: dict[int, _Shard] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def takes(self, key: str, data: bytes) -> bool:
        """False when the shard of ``key`` must throttle this record."""
        size = len(data) + len(key.encode())
        with self._lock:
            shard = self._refilled(self._shard_of(key))
            if shard.records < 1 or shard.size < size:
                return False
            shard.records -= 1
            shard.size -= size
            return True

    def _shard_of(self, key: str) -> int:
        hashed = int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest())
        return hashed * self.shards >> _HASH_BITS

    def _refilled(self, number: int) -> _Shard:
        shard = self._left.setdefault(number, _Shard(self.records, self.size))
        now = time.monotonic()
        passed, shard.at = now - shard.at, now
        shard.records = min(self.records, shard.records + passed * self.records)
        shard.size = min(self.size, shard.size + passed * self.size)
        return shard
