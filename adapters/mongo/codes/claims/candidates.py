"""Finding codes that can be claimed.

It hardly matters which: each code is taken by compare-and-set, and a claim that loses one looks for another.
"""

import asyncio
import random
from datetime import datetime
from typing import Final

from adapters.mongo.codes import filters as queries
from adapters.mongo.codes.claims.attempt import Pool
from adapters.mongo.codes.collection import CodeCollection
from adapters.mongo.codes.mapping import RANDOM_KEYS
from adapters.mongo.errors import translated
from domain.model.codes.code import Code
from domain.model.errors import Unavailable

MIN_AHEAD: Final = 4
"""From so many codes a batch on, the codes of the next batches are read while this batch is written."""
BATCHES_AHEAD: Final = 8
"""Codes for so many batches are read at once, up to MAX_AHEAD; the next ones when half of them are gone."""
MAX_AHEAD: Final = 512
FRESH_SECONDS: Final = 0.1
"""Codes read ahead that no claim took within this time are forgotten: other processes may have taken them."""


class Candidates:
    def __init__(self, codes: CodeCollection) -> None:
        self._codes = codes
        self._ahead: dict[Pool, list[Code]] = {}
        self._reading: dict[Pool, asyncio.Task[None]] = {}

    async def find(self, pool: Pool, wanted: int, now: datetime, *, ahead: bool) -> list[Code]:
        """Up to ``wanted`` codes; ``ahead``: they may be codes that were read ahead."""
        ready = self._ahead.pop(pool, [])
        if not ahead or len(ready) < wanted:
            return await self._read(pool, wanted, now)
        self._keep(pool, ready[wanted:])
        return ready[:wanted]

    def read_ahead(self, pool: Pool, wanted: int, now: datetime) -> None:
        """Start reading for the next batches, if enough is wanted and too little is left."""
        left = len(self._ahead.get(pool, ()))
        number = max(wanted, min(BATCHES_AHEAD * wanted, MAX_AHEAD))
        if wanted >= MIN_AHEAD and pool not in self._reading and 2 * left <= number:
            self._reading[pool] = asyncio.create_task(self._fetch(pool, number, now))

    async def _fetch(self, pool: Pool, number: int, now: datetime) -> None:
        try:
            more = await self._read(pool, number, now)
            left = self._ahead.get(pool, [])
            self._keep(pool, list({code.text: code for code in [*left, *more]}.values()))
        except Unavailable:
            pass  # The claim that needs the codes reads them itself, and raises the error it meets.
        finally:  # After any error the pool must be read ahead again.
            del self._reading[pool]

    def _keep(self, pool: Pool, codes: list[Code]) -> None:
        self._ahead[pool] = codes
        asyncio.get_running_loop().call_later(FRESH_SECONDS, self._forget, pool, codes)

    def _forget(self, pool: Pool, codes: list[Code]) -> None:
        if self._ahead.get(pool) is codes:
            del self._ahead[pool]

    @translated
    async def _read(self, pool: Pool, wanted: int, now: datetime) -> list[Code]:
        """Free codes from a random key on, wrapping round; then codes with a lapsed hold."""
        start = random.randrange(RANDOM_KEYS)
        ours = queries.in_pool(*pool)
        free = ours | {"status": queries.AVAILABLE}
        found: dict[str, Code] = {}
        for condition, sort in (
            (free | {"slot": {"$gte": start}}, "slot"),
            (free | {"slot": {"$lt": start}}, "slot"),
            (ours | queries.lapsed(now), "hold.expiresAt"),
        ):
            missing = wanted - len(found)
            if missing:
                codes = await self._codes.find(condition, sort=sort, limit=missing)
                found |= {code.text: code for code in codes}
        return list(found.values())
