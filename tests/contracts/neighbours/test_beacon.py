"""What every PublicBeacon promises: the randomness of a round as the network signed it, or none."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.drand.beacon import QUICKNET_KEY, drand_beacon
from adapters.drand.none import NoBeacon
from adapters.drand.signatures import DrandKey
from domain.model.draws.beacons import QUICKNET, DrandRound
from domain.model.draws.errors import BeaconNotGenuine
from domain.model.errors import Unavailable
from ports.neighbours import PublicBeacon
from tests.support.neighbours import MemoryBeacon
from tests.support.servers.drand import SmallDrand
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, neighbour

WANTED = DrandRound(chain=QUICKNET.hash, round=7_000)
DRAND = SmallDrand(newest=7_000)
KNOWN = {
    "round": 1000,
    "randomness": "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
    "signature": "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125"
    "e342b73a8dd2bacbe47e4b6b63ed5e39",
}
"""A round of quicknet, as its servers publish it."""
INFINITY = "c0" + 47 * "00"
"""The point at infinity, encoded as a signature."""


@dataclass(slots=True)
class Subject:
    beacon: PublicBeacon
    published: dict[int, str]


@pytest.fixture(params=["memory", "drand"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        published = {round: DRAND.randomness(round) for round in (6_999, 7_000)}
        if request.param == "memory":
            yield Subject(MemoryBeacon(published), published)
            return
        service = stack.enter_context(neighbour(DRAND))
        yield Subject(await stack.enter_async_context(drand_beacon(service.url, key=DRAND.key)), published)


async def test_a_published_round_is_always_the_same(subject: Subject) -> None:
    assert subject.beacon.configured
    for round in (7_000, 6_999, 7_000):
        wanted = DrandRound(chain=QUICKNET.hash, round=round)
        assert await subject.beacon.randomness(wanted) == subject.published[round]


async def test_a_round_that_is_not_published_yet_is_none(subject: Subject) -> None:
    assert await subject.beacon.randomness(DrandRound(chain=QUICKNET.hash, round=7_001)) is None


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://drand.example.org/", "https://drand.example.org"),
        ("https://user:secret@drand.example.org:8443/relay", "https://drand.example.org:8443/relay"),
        ("http://127.0.0.1:9", "https://api.drand.sh"),
    ],
)
async def test_the_public_is_sent_to_a_server_that_it_reaches(url: str, server: str) -> None:
    """Not to a relay inside the own network, and never with a password."""
    async with drand_beacon(url) as beacon:
        assert beacon.public_address(WANTED) == f"{server}/{WANTED.chain}/public/{WANTED.round}"
    assert NoBeacon().public_address(WANTED) == f"https://api.drand.sh/{WANTED.chain}/public/{WANTED.round}"


async def test_without_a_beacon_there_is_no_randomness() -> None:
    assert not NoBeacon().configured
    with pytest.raises(Unavailable):
        await NoBeacon().randomness(WANTED)


# drand


@pytest.fixture
def service() -> Iterator[Neighbour]:
    with neighbour(DRAND) as running:
        yield running


@pytest.fixture
async def beacon(service: Neighbour) -> AsyncIterator[PublicBeacon]:
    async with drand_beacon(service.url, key=DRAND.key) as over_http:
        yield over_http


async def test_a_recorded_round_of_quicknet_is_genuine(service: Neighbour) -> None:
    service.say(Reply(200, KNOWN | {"extra": True}))

    async with drand_beacon(service.url) as quicknet:
        known = DrandRound(chain=QUICKNET.hash, round=1000)
        assert await quicknet.randomness(known) == KNOWN["randomness"]

    assert [request.path for request in service.requests] == [f"/{QUICKNET.hash}/public/1000"]


async def test_a_round_of_another_key_is_not_genuine_for_quicknet(service: Neighbour) -> None:
    async with drand_beacon(service.url) as quicknet:
        with pytest.raises(BeaconNotGenuine):
            await quicknet.randomness(WANTED)


@pytest.mark.parametrize("status", [404, 425])
async def test_servers_say_in_two_ways_that_it_is_too_early(
    service: Neighbour, beacon: PublicBeacon, status: int
) -> None:
    service.say(SmallDrand(newest=6_999, not_yet=status))

    assert await beacon.randomness(WANTED) is None


LIES: dict[str, dict[str, Any]] = {
    "another_round": DRAND.body(6_999),
    "another_rounds_signature": DRAND.body(6_999) | {"round": 7_000},
    "another_key": DRAND.with_other_key().body(7_000),
    "no_point": DRAND.body(7_000) | {"signature": "ff" * 48},
    "infinity": DRAND.body(7_000) | {"signature": INFINITY},
    "not_the_hash": DRAND.body(7_000) | {"randomness": DRAND.randomness(6_999)},
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_the_network_did_not_sign_is_not_used(
    service: Neighbour, beacon: PublicBeacon, lie: str
) -> None:
    service.say(Reply(200, LIES[lie]))

    with capture_logs() as logged, pytest.raises(BeaconNotGenuine) as refused:
        await beacon.randomness(WANTED)

    assert [(line["part"], line["reason"]) for line in logged] == [("beacon", refused.value.context["reason"])]
    service.say(DRAND)
    assert await beacon.randomness(WANTED) == DRAND.randomness(7_000)


@pytest.mark.parametrize("trouble", sorted(TROUBLES.keys() - {"slow"}))
async def test_a_failing_server_is_unavailable(service: Neighbour, beacon: PublicBeacon, trouble: str) -> None:
    service.say(TROUBLES[trouble])

    with pytest.raises(Unavailable) as refused:
        await beacon.randomness(WANTED)

    assert refused.value.part == "beacon"


async def test_a_slow_server_is_not_waited_for(service: Neighbour) -> None:
    service.say(TROUBLES["slow"])

    async with drand_beacon(service.url, key=DRAND.key, seconds=0.2) as beacon:
        with capture_logs() as logged, pytest.raises(Unavailable):
            await beacon.randomness(WANTED)

    assert [line["reason"] for line in logged] == ["timed out"]


async def test_a_server_that_is_down_is_asked_again_when_it_is_back(
    service: Neighbour, beacon: PublicBeacon
) -> None:
    service.stop()
    with pytest.raises(Unavailable):
        await beacon.randomness(WANTED)

    service.start()

    assert await beacon.randomness(WANTED) == DRAND.randomness(7_000)


BODY = DRAND.body(7_000)
RUBBISH: list[object] = [
    {},
    {"round": 7_000},
    BODY | {"round": "7000"},
    BODY | {"signature": "zz" * 48},
    BODY | {"signature": str(BODY["signature"]) + "\n"},
    BODY | {"signature": str(BODY["signature"])[:-2]},
    BODY | {"signature": str(BODY["signature"]).upper()},
    BODY | {"randomness": None},
    BODY | {"randomness": "00"},
]


@pytest.mark.parametrize("rubbish", RUBBISH)
async def test_an_answer_in_another_form_is_unavailable(
    service: Neighbour, beacon: PublicBeacon, rubbish: object
) -> None:
    service.say(Reply(200, rubbish))

    with pytest.raises(Unavailable):
        await beacon.randomness(WANTED)


@pytest.mark.parametrize("key", [b"\x00" * 96, b"\xff" * 96, b"\xc0" + b"\x00" * 95, QUICKNET_KEY[:-1]])
def test_what_is_no_public_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        DrandKey(key)
