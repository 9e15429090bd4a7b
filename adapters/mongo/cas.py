"""Documents that are read, changed and written back: by compare-and-set on their version."""

import asyncio
import random
from typing import Final

from pymongo import UpdateOne

from adapters.mongo.driver import Raw
from adapters.mongo.writes import Writes

PAUSE_SECONDS: Final = 0.01
"""At most, after a lost race."""


async def compare_and_set(collection: Writes, id: str, stored: Raw | None, update: Raw) -> bool:
    """False when another change was faster; then a moment has passed. A document not there yet is made."""
    version = stored["version"] if stored else 0
    write = UpdateOne({"_id": id, "version": version}, update | {"$inc": {"version": 1}}, upsert=True)
    if await collection.refused_by(write):
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))
        return False
    return True
