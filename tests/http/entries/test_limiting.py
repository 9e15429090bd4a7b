"""How often a fan may ask, over HTTP."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import httpx2
import pytest

from entrypoints.http.operation import Operation
from tests.support.answers import assert_problem
from tests.support.operations import DOCUMENTED, path_in_campaign
from tests.support.platform import Platform
from tests.support.scene import Fan, Scene, a_scene
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS

Ask = Callable[[Fan], httpx2.Response]


@contextmanager
def limited(platform: Platform, workers: int = 1, store: str = "memory:", **rates: str) -> Iterator[Scene]:
    limits = {f"FANGATE_RATE_{name}_PER_MINUTE": value for name, value in rates.items()}
    given = platform.settings | limits | {"FANGATE_STORE": store}
    with a_scene(platform, given, workers=workers) as scene:
        yield scene


def as_declared(operation: Operation) -> Ask:
    """With the example of the body that the operation declares."""
    path, body = path_in_campaign(operation), None if operation.body is None else operation.example
    return lambda fan: fan.scene.ask(operation.method, path, json=body, headers=fan.headers)


WRITES: Final[Mapping[str, Ask]] = {
    **{operation.id: as_declared(operation) for operation in DOCUMENTED if operation.limit == "writes"},
    "register": lambda fan: fan.register(),
}


def test_a_fans_writes_share_one_bucket_and_the_answer_says_when_there_is_more(platform: Platform) -> None:
    with limited(platform, WRITES=str(len(WRITES))) as scene:
        ann, bob = scene.fan("ann"), scene.fan("bob")
        for ask in WRITES.values():
            assert "rate.limited" not in ask(ann).text

        for ask in WRITES.values():
            refused = ask(ann)
            body = assert_problem(refused, 429, "rate.limited")
            assert 1 <= body["retryAfter"] <= 60 // len(WRITES)
            assert refused.headers["retry-after"] == str(body["retryAfter"])
            assert refused.headers["ratelimit-policy"] == f'"writes";q={len(WRITES)};w=60'
            assert refused.headers["ratelimit"] == f'"writes";r=0;t={body["retryAfter"]}'
        assert len(ann.codes()) == 1
        assert bob.register().status_code == 201
        assert ann.get("entries/me").status_code != 429, "reads are counted by themselves"
        text = scene.http.get("/metrics").text
        assert f'fangate_rate_limited_total{{of="writes"}} {len(WRITES)}.0' in text


def test_reads_are_counted_by_themselves_where_they_are(platform: Platform) -> None:
    with limited(platform, READS="2", WRITES="0") as scene:
        ann = scene.fan("ann")
        ann.registered()
        assert [ann.get("entries/me").status_code, ann.get(f"entries/{ann.id}").status_code] == [200, 200]

        assert_problem(ann.get("entries/me"), 429, "rate.limited")
        assert ann.register(markets=["bos"]).status_code == 200


def test_staff_are_not_counted(platform: Platform) -> None:
    with limited(platform, WRITES="1", READS="1", ADDRESS="1") as scene:
        ann = scene.fan("ann")
        body = {"phone": ann.phone, "markets": ["nyc"], "userId": ann.id}

        answers = [scene.post("entries", body) for _ in range(3)]
        answers += [scene.get(f"entries/{ann.id}") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [201] + [200] * 5


def test_an_address_is_what_the_proxy_says(platform: Platform) -> None:
    """This machine is the proxy that is believed; a whole /64 is one address."""
    with limited(platform, ADDRESS="1", WRITES="0") as scene:

        def register(address: str) -> int:
            fan = scene.fan(f"fan-{address}".replace(":", "-"))
            headers = bearer(fan.id, supreme=False) | {"X-Forwarded-For": address}
            body = {"phone": fan.phone, "markets": ["nyc"]}
            return scene.ask("POST", "entries", headers=headers, json=body).status_code

        assert [register(address) for address in ("192.0.2.1", "192.0.2.2")] == [201, 201]
        assert [register(address) for address in ("2001:db8::1", "2001:db8:0:1::1")] == [201, 201]
        assert [register("::ffff:192.0.2.1"), register("192.0.2.2"), register("2001:db8::ffff:2")] == [429] * 3


@pytest.mark.parametrize("limit", ["0", "40"])
def test_all_processes_share_the_buckets(platform: Platform, database_url: str, limit: str) -> None:
    with limited(platform, workers=2, WRITES=limit, store=database_url) as scene:
        ann = scene.fan("ann")
        ann.registered()

        def confirm(_: int) -> int:
            """On a connection of its own, so that both processes get some."""
            url = f"{scene.service.url}/{scene.campaign}/entries/confirm"
            body = {"token": "x", "code": "123456"}
            return httpx2.post(url, headers=ann.headers, json=body, timeout=60, verify=NO_TLS).status_code

        with ThreadPoolExecutor(8) as callers:
            statuses = list(callers.map(confirm, range(80)))

        refused = statuses.count(429)
        assert statuses.count(422) + refused == 80
        # The bucket fills while they ask: by two tokens in three seconds.
        assert refused == 0 if limit == "0" else 10 <= refused <= 41
