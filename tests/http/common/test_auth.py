"""Who may call (code-service REQ-001: supreme users only), with HS256 and a shared secret."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from entrypoints.http.request.token_verifier import claim_at
from tests.support.answers import assert_problem
from tests.support.forging import claims, hs256, unsigned
from tests.support.servers.service import SECRET, Service, service
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS

KEY = SECRET.encode()
NOW = int(time.time())

EVERY_CODE_OPERATION = [
    ("POST", "codes"), ("GET", "codes"), ("GET", "codes/count"), ("GET", "codes/history"),
    ("GET", "codes/imports/1"), ("GET", "codes/imports"), ("PUT", "uploads/tm/a"), ("PUT", "uploads/scoring/a"),
    ("GET", "reserve"), ("POST", "reserve"), ("POST", "assign"), ("POST", "release"),
]  # fmt: skip


def ask(running: Service, headers: Any) -> httpx2.Response:
    return httpx2.get(f"{running.url}/c1/codes/count", headers=headers, timeout=30, verify=NO_TLS)


def with_token(running: Service, token: str) -> httpx2.Response:
    return ask(running, {"Authorization": f"Bearer {token}"})


def assert_not_let_in(answer: httpx2.Response) -> None:
    assert_problem(answer, 401, "auth.unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), EVERY_CODE_OPERATION)
def test_every_code_operation_wants_a_token_and_a_supreme_one(running: Service, method: str, path: str) -> None:
    url = f"{running.url}/c1/{path}"

    assert_not_let_in(httpx2.request(method, url, verify=NO_TLS))
    refused = httpx2.request(method, url, headers=bearer("fan-1", supreme=False), verify=NO_TLS)
    assert_problem(refused, 403, "auth.forbidden")
    assert httpx2.request(method, url, headers=bearer(), verify=NO_TLS).status_code not in {401, 403}


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Basic c3RhZmY6c3RhZmY=", "Bearer x", "Bearer a.b.c", "Bearer ..", "Bearer\tx",
        "Bearer " + "x" * 9_000, b"Bearer \xc3\xa9.\xff.\xff", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.",
    ],
)  # fmt: skip
def test_what_is_no_token_is_not_let_in(running: Service, authorization: str | bytes) -> None:
    assert_not_let_in(ask(running, {"Authorization": authorization}))


@pytest.mark.parametrize(
    "token",
    [
        hs256(b"another secret, long enough for HS256", claims()),
        hs256(KEY, claims(exp=NOW - 60)),
        hs256(KEY, claims(exp=None)),
        hs256(KEY, claims(exp="soon")),
        hs256(KEY, claims(exp=float("-inf"))),
        hs256(KEY, claims(exp=[NOW + 60])),
        hs256(KEY, claims(sub=None)),
        hs256(KEY, claims(sub="")),
        hs256(KEY, claims(sub=7)),
        hs256(KEY, claims(sub=["staff"])),
        hs256(KEY, claims(sub={"id": "staff"})),
        hs256(KEY, claims(sub="with\na line feed")),
        hs256(KEY, claims(sub="x" * 129)),
        hs256(KEY, claims(nbf=NOW + 3_600)),
        hs256(KEY, claims(), alg="HS512"),
        hs256(KEY, claims(), alg="none"),
        hs256(KEY, claims(), alg=["HS256"]),
        hs256(KEY, claims(), crit=["b64"], b64=False),
        hs256(KEY, ["staff"]),
        hs256(KEY, b"[" * 5_000),
        unsigned(claims()),
        unsigned(claims(), alg="None"),
        unsigned(claims(), alg="HS256"),
    ],
)
def test_a_token_that_does_not_hold_is_not_let_in(running: Service, token: str) -> None:
    assert_not_let_in(with_token(running, token))


@pytest.mark.parametrize(("expired_since", "status"), [(10, 200), (120, 401)])
def test_clocks_may_differ_by_half_a_minute(running: Service, expired_since: int, status: int) -> None:
    token = hs256(KEY, claims(exp=int(time.time()) - expired_since))

    assert with_token(running, token).status_code == status


def test_a_token_that_was_good_a_moment_ago_expires_all_the_same(running: Service) -> None:
    """Tokens that were checked are remembered, but not longer than they hold."""
    token = hs256(KEY, claims(exp=int(time.time()) - 22))
    assert with_token(running, token).status_code == 200

    assert_not_let_in(eventually(lambda: with_token(running, token), lambda answer: answer.status_code != 200))


@pytest.mark.parametrize("supreme", ["true", "True", 1, 1.0, [True], {"is": True}, False, None])
def test_supreme_is_the_boolean_true_and_nothing_else(running: Service, supreme: Any) -> None:
    assert_problem(with_token(running, hs256(KEY, claims(supreme=supreme))), 403, "auth.forbidden")


def test_the_scheme_may_be_written_in_any_case(running: Service) -> None:
    assert ask(running, {"Authorization": f"bearer {hs256(KEY, claims())}"}).status_code == 200


def test_without_issuer_and_audience_configured_neither_is_looked_at(running: Service) -> None:
    assert with_token(running, hs256(KEY, claims(iss="anyone", aud="anything"))).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/docs", "/openapi.json", "/asyncapi.json"])
def test_operators_need_no_token_and_a_bad_one_does_not_matter(running: Service, path: str) -> None:
    assert httpx2.get(running.url + path, verify=NO_TLS).status_code == 200
    assert httpx2.get(running.url + path, headers={"Authorization": "Bearer x"}, verify=NO_TLS).status_code == 200


@pytest.fixture(scope="module")
def particular() -> Iterator[Service]:
    """A service that takes tokens of one issuer, for itself, only."""
    with service({"FANGATE_JWT_ISSUER": "https://id.example", "FANGATE_JWT_AUDIENCE": "fangate"}) as running:
        yield running


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"iss": "https://id.example", "aud": "fangate"}, 200),
        ({"iss": "https://id.example", "aud": ["other", "fangate"]}, 200),
        ({"iss": "https://evil.example", "aud": "fangate"}, 401),
        ({"iss": "https://id.example/", "aud": "fangate"}, 401),
        ({"iss": ["https://id.example"], "aud": "fangate"}, 401),
        ({"iss": "https://id.example", "aud": "other"}, 401),
        ({"iss": "https://id.example", "aud": 7}, 401),
        ({"iss": "https://id.example", "aud": []}, 401),
        ({"iss": "https://id.example"}, 401),
        ({"aud": "fangate"}, 401),
    ],
)
def test_issuer_and_audience_are_checked_where_configured(
    particular: Service, changes: dict[str, Any], status: int
) -> None:
    assert with_token(particular, hs256(KEY, claims(**changes))).status_code == status


NESTED, URL = "app.roles.supreme", "https://x.example/supreme"


@pytest.fixture(scope="module", params=[NESTED, URL])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[tuple[str, Service]]:
    """A service that knows administrators by another claim."""
    with service({"FANGATE_JWT_SUPREME_CLAIM": request.param}) as running:
        yield request.param, running


@pytest.mark.parametrize(
    ("value", "status"), [(True, 200), ("true", 403), (1, 403), ([True], 403), ({"is": True}, 403), (None, 403)]
)
def test_another_claim_may_make_the_administrator(
    elsewhere: tuple[str, Service], value: object, status: int
) -> None:
    name, running = elsewhere
    given: dict[str, Any] = {"app": {"roles": {"supreme": value}}} if name == NESTED else {URL: value}

    assert with_token(running, hs256(KEY, claims(supreme=None) | given)).status_code == status
    assert with_token(running, hs256(KEY, claims(supreme=True, app=7))).status_code == 403


def test_the_longest_name_with_dots_is_the_one_that_is_meant() -> None:
    assert claim_at({"a.b": {"c": True}, "a": {"b": {"c": False}}}, "a.b.c") is True
    assert claim_at({"a.b.c": False, "a": {"b": {"c": True}}}, "a.b.c") is False
    assert claim_at({"a": {"b.c": True}}, "a.b.c") is True
    assert claim_at({"": {"": True}, "a": None}, "a.b..") is None
