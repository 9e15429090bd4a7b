"""Bodies as they should not be: unreadable (400), of the wrong type (415), too large (413), wrong (422)."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from entrypoints.http.request.field_problems import pointer
from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer

JSON = {"Content-Type": "application/json"}
MEGABYTE = 1024 * 1024
GOOD = b'{"type":"tm","count":1}'


def send(scene: Scene, content: Any, headers: dict[str, str] = JSON) -> httpx2.Response:
    return scene.http.post(f"/{scene.campaign}/reserve", content=content, headers=bearer() | headers)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b'{"type":"tm"', b"nonsense", b"{'type':'tm'}", b'{"type":"tm",}', GOOD + b"x", GOOD + GOOD,
        b"\xff\xfe", b'{"type":"\xff"}', b"\xef\xbb\xbf" + GOOD, b'{"type":"tm","count":NaN}',
        b'{"type":"tm","count":Infinity}', b'{"type":"tm","count":01}', b'{"type":7,"count":', b'{"type":"a\nb"}',
        b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000,
        b'{"type":"tm","count":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_json_is_a_400(scene: Scene, content: bytes) -> None:
    assert_problem(send(scene, content), 400, "request.malformed")


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (b"null", ""), (b"[]", ""), (b'"x"', ""), (b"7", ""), (b"{}", "/type"),
        (b'{"type":"tm","count":"1"}', "/count"), (b'{"type":"tm","count":null}', "/count"),
        (b'{"type":"tm","count":true}', "/count"), (b'{"type":"tm","count":1.5}', "/count"),
        (b'{"type":"tm","count":99999999999999999999999}', "/count"),
        (b'{"type":"tm","count":' + b"9" * 5_000 + b"}", "/count"),
        (b'{"type":"tm","count":1e999}', "/count"), (b'{"type":"\\ud800","count":1}', ""),
        (b'{"type":"tm","count":1,"a/b~c":0}', "/a~1b~0c"), (b'{"type":["tm"],"count":1}', "/type"),
        (b'{"type":"tm","count":1,"' + b"x" * 500_000 + b'":0}', "/" + "x" * 64),
    ],
)  # fmt: skip
def test_json_that_does_not_fit_is_a_422(scene: Scene, content: bytes, pointer: str) -> None:
    assert_problem(send(scene, content), 422, "request.invalid", pointer)


@pytest.mark.parametrize(
    "name", [" - at `$" + "[" * 900_000, "`.+" * 300_000, " - at `$.a`" * 80_000, "[" * 900_000]
)
def test_an_unknown_field_with_a_hostile_name_costs_no_more_than_another(scene: Scene, name: str) -> None:
    """The decoder quotes the name. A quadratic reader takes hours, and the client gives up after seconds."""
    answer = send(scene, json.dumps({"type": "tm", "count": 1, name: 1}))
    assert_problem(answer, 422, "request.invalid", pointer(name))


@pytest.mark.parametrize(
    "type",
    ["text/plain", "application/x-www-form-urlencoded", "application/problem+json", "text/json", "nonsense"],
)
def test_another_content_type_is_a_415(scene: Scene, type: str) -> None:
    assert_problem(send(scene, GOOD, {"Content-Type": type}), 415, "request.unsupported_media_type")


def test_a_body_without_a_type_is_a_415_and_no_body_at_all_a_400(scene: Scene) -> None:
    assert_problem(send(scene, GOOD, {}), 415, "request.unsupported_media_type")
    assert_problem(send(scene, b"", {}), 400, "request.malformed")


@pytest.mark.parametrize("type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
def test_the_type_may_have_parameters_and_any_case(scene: Scene, type: str) -> None:
    assert_problem(send(scene, GOOD, {"Content-Type": type}), 409, "codes.exhausted")


def chunks(size: int) -> Iterator[bytes]:
    """So that there is no Content-Length."""
    for _ in range(size // 100_000):
        yield b"x" * 100_000
    yield b"x" * (size % 100_000)


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("connection", ["keep-alive", "close"])
@pytest.mark.parametrize("size", [MEGABYTE + 1, 20 * MEGABYTE])
def test_a_body_over_the_limit_is_a_413_that_reaches_the_caller(
    scene: Scene, size: int, connection: str, chunked: bool
) -> None:
    content: Any = chunks(size) if chunked else b"x" * size

    answer = send(scene, content, JSON | {"Connection": connection})

    assert_problem(answer, 413, "request.too_large")


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
@pytest.mark.parametrize(("headers", "status"), [(bearer() | JSON, 413), (JSON, 401)])
def test_it_reaches_a_caller_who_only_listens_once_all_is_sent(
    scene: Scene, headers: dict[str, str], status: int, connection: str
) -> None:
    caller = http.client.HTTPConnection("127.0.0.1", int(scene.service.url.rpartition(":")[2]), timeout=60)
    try:
        caller.request("POST", "/c1/reserve", b"x" * 20 * MEGABYTE, headers | {"Connection": connection})
        assert caller.getresponse().status == status
    finally:
        caller.close()


def test_a_body_of_exactly_the_limit_is_read(scene: Scene) -> None:
    padded = GOOD + b" " * (MEGABYTE - len(GOOD))

    assert_problem(send(scene, padded), 409, "codes.exhausted")
    assert_problem(send(scene, padded + b" "), 413, "request.too_large")


def test_a_caller_who_asks_first_is_refused_before_sending(scene: Scene) -> None:
    """``Expect: 100-continue`` (RFC 9110, 10.1.1): nothing is read, so nothing must be sent."""
    caller = http.client.HTTPConnection("127.0.0.1", int(scene.service.url.rpartition(":")[2]), timeout=60)
    try:
        caller.putrequest("POST", "/c1/reserve")
        asking = {"Content-Length": str(20 * MEGABYTE), "Expect": "100-continue", "Connection": "close"}
        for name, value in (bearer() | JSON | asking).items():
            caller.putheader(name, value)
        caller.endheaders()
        assert caller.getresponse().status == 413
    finally:
        caller.close()


@pytest.mark.parametrize(
    ("path", "body", "pointer", "detail"),
    [
        ("reserve", {"type": "gold", "count": 1}, "/type", "must be one of: tm, external"),
        ("reserve", {"type": "tm", "count": 1, "reserveId": "short"}, "/reserveId", "must be 8 to 128 "),
        ("reserve", {"type": "tm"}, "/count", "is missing"),
        ("release", {"reserveId": "reservation-1", "codes": ["a", "b\nc"]}, "/codes/1", "must be a code: 1 to"),
        ("assign", {"reserveId": "reservation-1", "assignments": []}, "/assignments", "must have at least 1"),
        ("assign", {"reserveId": "reservation-1", "assignments": [{"code": "A", "userId": "a\nb"}]},
         "/assignments/0/userId", "must be 1 to 128 "),
    ],
)  # fmt: skip
def test_an_error_says_how_the_field_is_written(
    scene: Scene, path: str, body: Any, pointer: str, detail: str
) -> None:
    told = assert_problem(scene.post(path, body), 422, "request.invalid", pointer)
    assert told["errors"][0]["detail"].startswith(detail)


def test_what_was_sent_in_the_wrong_place_is_not_repeated(scene: Scene) -> None:
    """A code must not come back in an error, wherever it was put."""
    secret = "SECRET-CODE-1"
    answers = [
        scene.post("reserve", {"type": secret, "count": 1}),
        scene.post("reserve", {"type": "tm", "count": secret}),
        scene.post("reserve", {"type": "tm", "count": 1, "reserveId": f"{secret}\n!"}),
        scene.post(
            "assign", {"reserveId": "reservation-1", "assignments": [{"code": secret, "userId": f"{secret}\n"}]}
        ),
        scene.post("assign", {"reserveId": "reservation-1", "assignments": [secret]}),
        scene.post("release", {"reserveId": "reservation-1", "codes": secret}),
        scene.post("codes", {"key": f"codes/{scene.campaign}/tm/{secret}/x"}),
        scene.get(f"codes?type={secret}"),
        scene.get(f"codes?limit={secret}"),
        scene.get(f"codes?cursor={secret}!"),
        scene.http.get(f"/{secret}!/codes", headers=bearer()),
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert not [answer.text for answer in answers if secret in answer.text]
    missing = scene.get(f"codes/history?code={secret}")
    assert missing.status_code == 404
    assert secret not in missing.text
