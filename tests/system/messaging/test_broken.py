"""The storms can find something: a crowd before copies of the product that do not write all or nothing."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT
from tests.support.servers.reading import read_kafka
from tests.support.world import World
from tests.system.messaging.ledger import violations
from tests.system.messaging.storm import a_storm

PACKAGES: Final = ("domain", "ports", "adapters", "entrypoints")
FANS: Final = 60
A_SECOND: Final = 40.0

AS_IT_IS: Final = "return wanted | has_room(messages), "
FORGETFUL: Final = """if next(_WRITES) % 50 == 0:
        return wanted, {"$set": fields}
    return wanted | has_room(messages), """
"""One change in fifty is stored without its messages."""
HASTY: Final = """return {**wanted, "version": {"$exists": True}}, """
"""A change is stored and told although another was faster."""


@dataclass(frozen=True, slots=True)
class Broken:
    folder: Path
    rule: str
    """That it breaks."""


@pytest.fixture(
    params=[(FORGETFUL, "no_event_is_lost"), (HASTY, "none_is_invented")],
    ids=["one change in fifty forgets its messages", "changes do not compare"],
)
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Broken:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package)
    instead, rule = request.param
    mapping = tmp_path / "adapters/mongo/entries/mapping.py"
    source = mapping.read_text()
    assert source.count(AS_IT_IS) == 1
    mapping.write_text(f"import itertools\n{source.replace(AS_IT_IS, instead)}\n\n_WRITES = itertools.count(1)\n")
    return Broken(tmp_path, rule)


async def test_a_store_that_writes_by_halves_is_caught(
    world: World, database_url: str, kafka_servers: str, name: str, broken: Broken
) -> None:
    """Without any trouble."""
    settings = {"FANGATE_STREAM": f"kafka://{kafka_servers}/{name}", "PYTHONPATH": str(broken.folder)}
    async with a_storm(world, database_url, settings, fans=FANS, a_second=A_SECOND) as storm:
        await storm.crowd.come()
        storm.calm()
        found = violations(storm.ledger(await read_kafka(kafka_servers, name)))
    print(*found[:5], f"… {len(found)} in all", sep="\n")
    assert any(line.startswith(f"{broken.rule}:") for line in found)
