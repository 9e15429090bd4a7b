"""What neighbours are told of the connection, beside what the caller typed."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers.neighbours import Neighbour, Reply, neighbour

TYPED = {"sessionId": "s-1", "ip": "203.0.113.9", "userAgent": "Typed/1.0"}


@pytest.fixture(scope="module")
def detection() -> Iterator[Neighbour]:
    with neighbour(lambda _: Reply(200, {"score": 7, "band": "green"})) as running:
        yield running


@pytest.fixture(scope="module")
def watched(platform: Platform, detection: Neighbour) -> Iterator[Scene]:
    settings = platform.settings | {"FANGATE_FRAUD": detection.url}
    with a_scene(platform, settings) as scene:
        yield scene


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"User-Agent": "Real/2.0"}, ("127.0.0.1", "Real/2.0")),
        ({"User-Agent": ""}, ("127.0.0.1", None)),
        ({"User-Agent": "x" * 2_000}, ("127.0.0.1", "x" * 1_024)),
        ({"User-Agent": "Real/2.0", "X-Forwarded-For": "198.51.100.7"}, ("198.51.100.7", "Real/2.0")),
    ],
    ids=["its own", "none", "long", "behind a proxy that is believed"],
)
def test_fraud_detection_gets_both(
    watched: Scene, detection: Neighbour, headers: dict[str, str], shown: tuple[str, str | None]
) -> None:
    watched.http.headers.update(headers)
    assert watched.fan(uuid4().hex).register(device=TYPED).status_code == 201

    asked = detection.requests[-1].json()
    assert asked == asked | TYPED
    assert (asked["connectionIp"], asked["connectionUserAgent"]) == shown
    watched.http.headers.pop("X-Forwarded-For", None)


def test_neighbours_learn_for_which_request_they_are_asked(
    watched: Scene, detection: Neighbour, platform: Platform
) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    watched.http.headers.update({"X-Request-Id": "find-me-again", "traceparent": traceparent})

    assert watched.fan(uuid4().hex).register().status_code == 201

    for told in (detection.requests[-1], platform.gateway.requests[-1]):
        assert told.headers["x-request-id"] == "find-me-again"
        assert told.headers["traceparent"] == traceparent
