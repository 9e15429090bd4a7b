"""What every answer has: a request id, and for each error a problem (RFC 9457), whichever layer answers."""

import re
import socket
from typing import Any

import httpx2
import pytest

from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.servers.service import Service
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS

MADE_HERE = re.compile(r"[0-9a-f]{32}")


def every_kind_of_answer(running: Service, headers: dict[str, str]) -> list[httpx2.Response]:
    """200, 401, 404, 405, 413, 415 and 422; some of them to HEAD."""
    json = {"Content-Type": "application/json"}
    with httpx2.Client(base_url=running.url, headers=headers, verify=NO_TLS) as http:
        return [
            http.get("/livez"),
            http.get("/c1/codes"),
            http.get("/no/such/path"),
            http.get("/no"),
            http.put("/livez"),
            http.head("/livez"),
            http.head("/c1/assign"),
            http.post("/c1/reserve", content=b"x" * 2_000_000, headers=bearer() | json),
            http.post("/c1/reserve", content=b"x", headers=bearer()),
            http.post("/c1/reserve", content=b"{}", headers=bearer() | json),
        ]


def test_every_answer_echoes_the_request_id_of_the_caller(running: Service) -> None:
    answers = every_kind_of_answer(running, {"X-Request-Id": "trace-7.A_b:c"})

    assert [answer.status_code for answer in answers] == [200, 401, 404, 404, 405, 200, 405, 413, 415, 422]
    assert {answer.headers["x-request-id"] for answer in answers} == {"trace-7.A_b:c"}


def test_every_answer_gets_a_request_id_of_its_own_otherwise(running: Service) -> None:
    ids = [answer.headers["x-request-id"] for answer in every_kind_of_answer(running, {})]

    assert all(MADE_HERE.fullmatch(id) for id in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("sent", ["", "with a space", "x" * 129, "<script>", "a,b", b"\xff\xfe"])
def test_a_request_id_that_is_not_sane_is_replaced(running: Service, sent: str | bytes) -> None:
    headers: Any = {"X-Request-Id": sent}

    assert MADE_HERE.fullmatch(
        httpx2.get(f"{running.url}/livez", headers=headers, verify=NO_TLS).headers["x-request-id"]
    )


def test_every_error_is_a_problem(running: Service) -> None:
    for answer in every_kind_of_answer(running, {}):
        if answer.status_code >= 400 and answer.request.method != "HEAD":
            assert_problem(answer, answer.status_code, answer.json()["code"])


def test_every_answer_forbids_caching_sniffing_and_framing(running: Service) -> None:
    for answer in every_kind_of_answer(running, {}):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/livez", "GET, HEAD, OPTIONS"),
        ("DELETE", "/c1/codes", "GET, HEAD, OPTIONS, POST"),
        ("GET", "/c1/assign", "OPTIONS, POST"),
        ("TRACE", "/c1/reserve", "GET, OPTIONS, POST"),
    ],
)
def test_a_method_that_does_not_fit_is_told_which_do(
    running: Service, method: str, path: str, allowed: str
) -> None:
    answer = httpx2.request(method, running.url + path, verify=NO_TLS)

    assert_problem(answer, 405, "request.method_not_allowed")
    assert answer.headers["allow"] == allowed
    assert httpx2.options(running.url + path).headers["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/livez", "*/*", 200),
        ("/readyz", "*/*", 200),
        ("/metrics", "*/*", 200),
        ("/", "*/*", 307),
        ("/docs", "*/*", 200),
        ("/openapi.json", "*/*", 200),
        ("/c1/codes", "application/json", 200),
        ("/c1/codes", "application/x-ndjson", 200),
        ("/c1/codes", "text/csv", 200),
        ("/c1/codes?limit=0", "*/*", 422),
        ("/c1/codes/imports/none", "*/*", 404),
        ("/no/such/path", "*/*", 404),
    ],
)
def test_head_has_the_headers_of_get_and_no_body(running: Service, path: str, accept: str, status: int) -> None:
    """Load balancers and monitors ask with it."""
    headers = bearer() | {"Accept": accept, "X-Request-Id": "the-same"}

    got, asked = (httpx2.request(one, running.url + path, headers=headers) for one in ("GET", "HEAD"))

    assert (got.status_code, asked.status_code, asked.content) == (status, status, b"")
    ignored = {"date", "content-length" if path == "/metrics" else "transfer-encoding"}
    assert described(asked, ignored) == described(got, ignored)


def described(answer: httpx2.Response, ignored: set[str]) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ignored}


@pytest.mark.parametrize("path", ["/c1/codes", "/c1/codes/count", "/audit"])
def test_head_needs_the_token_that_get_needs(running: Service, path: str) -> None:
    assert httpx2.head(running.url + path).status_code == 401
    assert httpx2.head(running.url + path, headers=bearer(supreme=False)).status_code == 403


def test_head_changes_nothing(scene: Scene) -> None:
    """Codes are also reserved by a GET."""
    scene.stock("A1")

    answer = scene.ask("HEAD", "reserve", params={"type": "tm", "count": 1}, headers=bearer())

    assert (answer.status_code, answer.content) == (405, b"")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["allow"] == "GET, OPTIONS, POST"
    assert scene.counts() == (1, 0, 0)


@pytest.mark.parametrize("campaign", ["a%20b", "x" * 65, "%00", "%ff", "a.b", "é", "%0a", "c1%0a"])
def test_a_campaign_id_that_is_none_is_named(scene: Scene, campaign: str) -> None:
    answer = scene.elsewhere(campaign).get("codes/count")

    assert_problem(answer, 422, "request.invalid", "/campaignId")


@pytest.mark.parametrize("campaign", ["campaigns", "console", "privacy", "events", "operations", "audit", "docs"])
@pytest.mark.parametrize("path", ["codes/count", "entries/me", "reserve?type=tm&count=1"])
def test_no_campaign_is_named_as_a_part_of_the_service(scene: Scene, campaign: str, path: str) -> None:
    assert_problem(scene.elsewhere(campaign).get(path), 422, "request.invalid", "/campaignId")


def test_the_bare_address_leads_to_the_documentation(running: Service) -> None:
    answer = httpx2.get(f"{running.url}/", verify=NO_TLS)

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
    assert httpx2.get(f"{running.url}/", follow_redirects=True, verify=NO_TLS).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"x" * 65_000 + b"\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /c1/assign HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_problem_too(running: Service, sent: bytes) -> None:
    assert_problem(answer_to(running, sent), 400, "request.malformed")


def test_a_head_without_end_is_refused(running: Service) -> None:
    assert_problem(answer_to(running, b"GET /" + b"x" * 100_000), 431, "request.head_too_large")


def answer_to(running: Service, sent: bytes) -> httpx2.Response:
    port = int(running.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        received = b"".join(iter(lambda: connection.recv(65_536), b""))

    head, _, body = received.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return httpx2.Response(int(head.split()[1]), headers=headers, content=body)


def test_an_upgrade_that_the_service_does_not_offer_is_ignored(running: Service) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}

    assert httpx2.get(f"{running.url}/livez", headers=headers, verify=NO_TLS).status_code == 200
