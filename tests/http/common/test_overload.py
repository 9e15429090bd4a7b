"""A process with more requests than it can answer: it refuses some at once, and goes on with the others."""

import json
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import httpx2
import pytest

from entrypoints.http.server.admission import WAITING
from tests.support.answers import assert_problem
from tests.support.platform import Platform
from tests.support.scene import TIMEOUT_SECONDS, Fan, Scene, a_scene
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS


@pytest.fixture(scope="module")
def process(platform: Platform) -> Iterator[Scene]:
    """It works on one request of each lane at a time."""
    with a_scene(platform, {"FANGATE_MAX_REQUESTS": "1"}) as scene:
        yield scene


@pytest.fixture
def narrow(process: Scene) -> Scene:
    return process.elsewhere().opens()


@contextmanager
def unfinished(scene: Scene, number: int) -> Iterator[None]:
    """So many registrations were begun; the last byte of each comes at the end of the block. Until then, the first
    has the slot, and the others wait for it."""
    with ExitStack() as stack:
        begun = [stack.enter_context(Unfinished(scene.fan(f"early{one}"))) for one in range(number)]
        begun[0].has_slot()
        # The service has read what came before on other connections when it answers on a new one.
        assert httpx2.get(f"{scene.service.url}/livez", timeout=TIMEOUT_SECONDS, verify=NO_TLS).is_success
        yield
        for one in begun:
            one.finish()
        for one in begun:
            assert one.status() in {201, 503}


class Unfinished:
    """A registration without its last byte. The service tells it to go on when it reads the body."""

    def __init__(self, fan: Fan) -> None:
        body = json.dumps({"phone": fan.phone, "markets": ["nyc"]}).encode()
        headers = {"Host": "x", "Content-Type": "application/json", "Content-Length": str(len(body))} | fan.headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers | {"Expect": "100-continue"}).items())
        url = httpx2.URL(fan.scene.service.url)
        self._last = body[-1:]
        self._connection = socket.create_connection((url.host, url.port or 80), timeout=60)
        self._answers = self._connection.makefile("rb")
        head = f"POST /{fan.scene.campaign}/entries HTTP/1.1\r\n{lines}\r\n"
        self._connection.sendall(head.encode() + body[:-1])

    def __enter__(self) -> "Unfinished":
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._connection.close()

    def has_slot(self) -> None:
        assert self._answers.readline().startswith(b"HTTP/1.1 100 ")
        self._answers.readline()

    def finish(self) -> None:
        self._connection.sendall(self._last)

    def status(self) -> int:
        while b" 100 " in (line := self._answers.readline()):
            self._answers.readline()
        return int(line.split()[1])


def full(scene: Scene) -> AbstractContextManager[None]:
    """For as long as requests may wait, all slots for changes of registrations are taken, and all places to wait.

    After that, a further request waits, and is refused all the same: the slot stays taken.
    """
    return unfinished(scene, 1 + WAITING)


def shed(scene: Scene, lane: str) -> float:
    """So many requests were refused, by the metrics."""
    text = scene.http.get("/metrics").text
    begin = f'fangate_requests_shed_total{{lane="{lane}"}} '
    return next((float(line.removeprefix(begin)) for line in text.splitlines() if line.startswith(begin)), 0)


def test_a_full_process_tells_callers_to_come_again_and_then_goes_on(narrow: Scene) -> None:
    late = narrow.fan("late")

    with full(narrow):
        refused = late.register()

    assert_problem(refused, 503, "service.overloaded")
    assert int(refused.headers["Retry-After"]) > 0
    assert late.get("entries/me").status_code == 404, "nothing was stored"
    assert eventually(late.register, lambda answer: answer.status_code != 503).status_code == 201


def test_a_request_that_waits_too_long_is_refused(narrow: Scene) -> None:
    late = narrow.fan("late")

    with unfinished(narrow, 1):
        assert_problem(late.register(), 503, "service.overloaded")

    assert late.register().status_code == 201


def test_of_a_caller_that_leaves_while_it_waits_nothing_is_done(narrow: Scene) -> None:
    gone = narrow.fan("gone")

    with unfinished(narrow, 1):
        with Unfinished(gone) as request:
            request.finish()
        assert narrow.http.get("/livez").is_success  # The service has read that the caller has left.

    assert narrow.fan("next").register().status_code == 201, "the slot is free again"
    assert gone.get("entries/me").status_code == 404


def test_slow_work_of_one_kind_leaves_room_for_the_others(narrow: Scene) -> None:
    reserve = {"type": "tm", "count": 1}
    fan = narrow.fan("reader")

    with full(narrow):
        answers = {
            "reading": fan.get("entries/me").status_code,
            "codes": narrow.post("reserve", reserve).status_code,
            "entries": fan.register().status_code,
            **{path: narrow.http.get(path).status_code for path in ("/livez", "/readyz", "/metrics")},
        }

    assert answers == {
        "reading": 404, "codes": 409, "entries": 503, "/livez": 200, "/readyz": 200, "/metrics": 200,
    }  # fmt: skip


def test_refusals_are_counted_and_logged(narrow: Scene) -> None:
    late, before = narrow.fan("late"), shed(narrow, "entries")

    with full(narrow):
        refused = [late.register().status_code for _ in range(4)]

    assert refused == [503] * 4
    assert shed(narrow, "entries") >= before + 4
    assert shed(narrow, "reads") == 0
    logged = [line["lane"] for line in narrow.service.lines() if line["event"] == "http.overloaded"]
    assert set(logged) == {"entries"}
