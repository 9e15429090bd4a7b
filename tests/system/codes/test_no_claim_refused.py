"""64 callers at once, two services, until the pool is empty: no claim is refused before (REQ-005, REQ-007)."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from tests.support.servers.service import service
from tests.system.codes.callers import CALLERS, ask, calling, count, import_file, write_file

POOL: Final = 600


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and what came of it."""

    wanted: int
    start: float
    end: float
    answer: httpx2.Response

    @property
    def served(self) -> bool:
        return self.answer.status_code == 200

    @property
    def codes(self) -> list[str]:
        return list(self.answer.json()["codes"]) if self.served else []


async def test_single_codes_go_out_to_the_last(database_url: str, tmp_path: Path) -> None:
    everyone = await _empty_the_pool(database_url, tmp_path, most=1)
    refused = [asked for asked in everyone if not asked.served]
    assert len(refused) == CALLERS
    assert {asked.answer.json()["available"] for asked in refused} == {0}


async def test_reservations_of_one_to_three_codes_go_out_to_the_last(database_url: str, tmp_path: Path) -> None:
    await _empty_the_pool(database_url, tmp_path, most=3)


async def _empty_the_pool(database_url: str, folder: Path, *, most: int) -> Sequence[Asked]:
    """Each caller asks until it is told that no code is left. No caller is told so too early."""
    codes = [f"CODE-{number:05}" for number in range(POOL)]
    key = write_file(folder, codes)
    settings = {"FANGATE_STORE": database_url, "FANGATE_OBJECTS": f"file:{folder}"}
    with service(settings) as one, service(settings) as other:
        async with calling(one.url, other.url) as client:
            await import_file(client, key)
            callers = [_until_none_is_left(client, most, random.Random(seed)) for seed in range(CALLERS)]
            everyone = [asked for several in await asyncio.gather(*callers) for asked in several]
            assert await count(client) == {"available": 0, "reserved": POOL, "assigned": 0, "total": POOL}
    assert sorted(code for asked in everyone for code in asked.codes) == codes
    assert [asked.answer.text for asked in everyone if not _just(asked, everyone)] == []
    return everyone


async def _until_none_is_left(client: httpx2.AsyncClient, most: int, dice: random.Random) -> list[Asked]:
    done: list[Asked] = []
    while not done or done[-1].served or done[-1].wanted > 1:
        told_too_few = done and not done[-1].served
        wanted = done[-1].wanted - 1 if told_too_few else dice.randint(1, most)
        start = time.monotonic()
        answer = await ask(client, wanted)
        done.append(Asked(wanted, start, time.monotonic(), answer))
    return done


def _just(asked: Asked, everyone: Sequence[Asked]) -> bool:
    """Served; or refused, in the right words, when fewer were left than later callers still got."""
    if asked.served:
        return len(asked.codes) == asked.wanted
    problem = asked.answer.json()
    left = sum(later.wanted for later in everyone if later.served and later.start > asked.end)
    exhausted = asked.answer.status_code == 409 and problem["code"] == "codes.exhausted"
    return exhausted and problem["available"] < asked.wanted and left < asked.wanted
