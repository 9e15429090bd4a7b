"""Tokens signed with keys that an issuer publishes (RS256, ES256), by ``kid``."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import structlog

from adapters.jwks.keys import LONGEST_SECONDS, RETRY_SECONDS, PublishedKeys
from domain.model.errors import Unavailable
from entrypoints.http.request.token_refusals import BURST, Reason, RefusalLog, TokenRefused
from tests.support.answers import assert_problem
from tests.support.forging import claims, hs256, unsigned
from tests.support.issuer import Issuer, SigningKey, issuer
from tests.support.servers.ports import free_port
from tests.support.servers.service import Service, service
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS

RSA, EC = SigningKey.rsa("rsa-1"), SigningKey.ec("ec-1")
OTHER_RSA = SigningKey.rsa("rsa-2")
ENCRYPTING = SigningKey.rsa("enc-1")


@contextmanager
def trusting(url: str) -> Iterator[Service]:
    """A service that takes the keys published there."""
    with service({"FANGATE_JWT_SECRET": "", "FANGATE_JWT_JWKS_URL": url}) as running:
        yield running


@pytest.fixture(scope="module")
def publisher() -> Iterator[Issuer]:
    with issuer() as publisher:
        foreign = [
            {"kty": "oct", "k": "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA", "kid": "oct-1", "alg": "HS256"},
            OTHER_RSA.published(kid="rs512-1", alg="RS512"),
            {"kty": "unheard-of", "kid": "odd-1"},
            ENCRYPTING.published(use="enc"),
            ENCRYPTING.published(kid="rsa-1", use="enc"),
        ]
        publisher.publish(RSA, EC, more=foreign)
        yield publisher


@pytest.fixture(scope="module")
def trusted(publisher: Issuer) -> Iterator[Service]:
    with trusting(publisher.url) as running:
        yield running


def ask(running: Service, token: str) -> httpx2.Response:
    url = f"{running.url}/c1/codes/count"
    return httpx2.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30, verify=NO_TLS)


@pytest.mark.parametrize("key", [RSA, EC])
def test_a_token_signed_with_a_published_key_is_good(trusted: Service, key: SigningKey) -> None:
    assert ask(trusted, key.sign()).status_code == 200
    assert_problem(ask(trusted, key.sign(supreme=False)), 403, "auth.forbidden")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(hs256(RSA.pem, claims(), kid="rsa-1"), id="HS256 with the public key as its secret"),
        pytest.param(hs256(EC.pem, claims(), kid="ec-1"), id="HS256 with the public EC key as its secret"),
        pytest.param(hs256(b"secret secret secret secret secret", claims(), kid="oct-1"), id="a published secret"),
        pytest.param(unsigned(claims()), id="alg none"),
        pytest.param(OTHER_RSA.sign(kid="rsa-1"), id="another key under a known kid"),
        pytest.param(EC.sign(kid="rsa-1"), id="an EC signature under an RSA kid"),
        pytest.param(RSA.sign(algorithm="RS512"), id="another algorithm than the key's"),
        pytest.param(RSA.sign(algorithm="PS256"), id="the key's kind, another padding"),
        pytest.param(OTHER_RSA.sign(kid="rs512-1", algorithm="RS512"), id="an algorithm not allowed here"),
        pytest.param(OTHER_RSA.sign(kid=None), id="no kid, and another key than the one that fits"),
        pytest.param(ENCRYPTING.sign(), id="a key that encrypts"),
        pytest.param(ENCRYPTING.sign(kid="rsa-1"), id="a key that encrypts, under the kid of one that signs"),
        pytest.param(ENCRYPTING.sign(kid=None), id="a key that encrypts, without a kid"),
        pytest.param(RSA.sign(kid="nobody-knows"), id="an unknown kid"),
        pytest.param(RSA.sign(exp=1), id="expired"),
        pytest.param(RSA.sign(exp=None), id="no exp"),
        pytest.param(RSA.sign(sub=None), id="no sub"),
    ],
)
def test_the_algorithm_comes_from_the_key_never_from_the_token(trusted: Service, token: str) -> None:
    answer = ask(trusted, token)

    assert_problem(answer, 401, "auth.unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_new_key_is_found_when_its_kid_first_comes_and_the_old_one_is_gone() -> None:
    with issuer() as publisher, trusting(publisher.url) as running:
        publisher.publish(RSA)
        assert ask(running, RSA.sign()).status_code == 200

        publisher.publish(EC)

        assert ask(running, EC.sign()).status_code == 200
        assert ask(running, RSA.sign()).status_code == 401
        assert publisher.asked == 2


def test_a_key_set_without_keys_withdraws_them_all() -> None:
    with issuer() as publisher, trusting(publisher.url) as running:
        publisher.publish(RSA)
        assert ask(running, RSA.sign()).status_code == 200
        publisher.publish()

        assert ask(running, EC.sign()).status_code == 401
        assert ask(running, RSA.sign()).status_code == 401
        assert publisher.asked == 2


@pytest.mark.parametrize("published", [{}, {"kid": None}], ids=["with a kid", "without"])
def test_a_token_needs_no_kid_where_one_key_fits(published: dict[str, Any]) -> None:
    with issuer() as publisher, trusting(publisher.url) as running:
        publisher.publish(more=[RSA.published(**published), EC.published(), ENCRYPTING.published(use="enc")])

        assert ask(running, RSA.sign(kid=None)).status_code == 200
        assert ask(running, EC.sign(kid=None)).status_code == 200
        assert ask(running, ENCRYPTING.sign(kid=None)).status_code == 401


def test_where_two_keys_fit_a_token_must_name_one() -> None:
    with issuer() as publisher, trusting(publisher.url) as running:
        publisher.publish(RSA, OTHER_RSA)

        assert ask(running, RSA.sign(kid=None)).status_code == 401
        assert ask(running, RSA.sign()).status_code == 200


def test_a_key_without_a_kid_may_be_changed_for_another() -> None:
    with issuer() as publisher, trusting(publisher.url) as running:
        publisher.publish(RSA)
        assert ask(running, RSA.sign(kid=None)).status_code == 200
        publisher.publish(OTHER_RSA)

        assert ask(running, OTHER_RSA.sign(kid=None)).status_code == 200
        assert ask(running, RSA.sign(kid=None)).status_code == 401


async def test_keys_that_cannot_be_fetched_anew_are_good_for_an_hour_and_no_longer() -> None:
    clock = [1_000.0]
    with issuer() as publisher:
        publisher.publish(RSA)
        keys = PublishedKeys(publisher.url, now=lambda: clock[0])
        await keys.key("rsa-1", "RS256")
        publisher.break_down()

        clock[0] += LONGEST_SECONDS
        await keys.key("rsa-1", "RS256")
        checked_with = keys.generation
        clock[0] += RETRY_SECONDS
        with pytest.raises(Unavailable):
            await keys.key("rsa-1", "RS256")
        assert keys.generation != checked_with  # Tokens that were checked are not remembered any longer.

        publisher.publish(RSA)
        clock[0] += RETRY_SECONDS
        await keys.key("rsa-1", "RS256")


REFUSED = [
    (RSA.sign(iss="https://evil.example"), {"reason": "issuer", "iss": "https://evil.example", "kid": "rsa-1"}),
    (RSA.sign(iss="https://id.example", kid="made-up"), {"reason": "key_unknown", "kid": "made-up"}),
    (OTHER_RSA.sign(kid="rsa-1"), {"reason": "signature", "kid": "rsa-1"}),
    (RSA.sign(kid=None), {"reason": "kid_missing"}),
    (RSA.sign(exp=1), {"reason": "expired", "claim": "exp"}),
    (RSA.sign(exp=None), {"reason": "claim_missing", "claim": "exp"}),
    (RSA.sign(iss="https://id.example", sub=""), {"reason": "claim_invalid", "claim": "sub"}),
    (hs256(RSA.pem, claims(), kid="rsa-1"), {"reason": "algorithm", "alg": "HS256"}),
    (RSA.sign(iss="x" * 5_000), {"reason": "issuer"}),
    ("not.a.token", {"reason": "malformed"}),
    ("x" * 9_000, {"reason": "too_long"}),
]


def test_the_log_says_why_a_token_was_refused_and_never_the_token() -> None:
    with issuer() as publisher:
        publisher.publish(RSA, OTHER_RSA)
        settings = {"FANGATE_JWT_JWKS_URL": publisher.url, "FANGATE_JWT_ISSUER": "https://id.example"}
        with service({"FANGATE_JWT_SECRET": "", **settings}) as running:
            for token, _ in REFUSED:
                assert ask(running, token).status_code == 401
            log = eventually(running.logged, lambda log: log.count('"auth.refused"') == len(REFUSED))

    said = [line for line in map(json.loads, log.splitlines()) if line["event"] == "auth.refused"]
    assert [wanted.items() <= line.items() for line, (_, wanted) in zip(said, REFUSED, strict=True)] == [
        True
    ] * len(REFUSED)
    assert not [part for token, _ in REFUSED for part in token.split(".")[1:] if len(part) > 9 and part in log]
    assert max(map(len, log.splitlines())) < 1_000


def test_a_flood_of_refusals_is_counted_and_does_not_fill_the_log() -> None:
    clock = [0.0]
    log = RefusalLog(issuer=None, audience=None, now=lambda: clock[0])
    with structlog.testing.capture_logs() as lines:
        for _ in range(10_000):
            log.add(TokenRefused(Reason.SIGNATURE))
        clock[0] += 1
        log.add(TokenRefused(Reason.SIGNATURE))
        log.add(TokenRefused(Reason.EXPIRED))

    assert len(lines) == BURST + 2
    assert lines[-2]["not_logged"] == 10_000 - BURST
    assert lines[-1]["reason"] == "expired"


def test_made_up_kids_do_not_make_us_ask_the_issuer_again_and_again() -> None:
    with issuer() as publisher, trusting(publisher.url) as running:
        publisher.publish(RSA)
        for number in range(20):
            assert ask(running, RSA.sign(kid=f"made-up-{number}")).status_code == 401

        assert publisher.asked <= 4
        assert ask(running, RSA.sign()).status_code == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"broken"), (200, b"no JSON"), (200, b"[]"), (200, b"[" * 100_000), (200, b'{"keys":7}')],
)
def test_keys_once_seen_stay_good_while_the_issuer_is_broken(status: int, body: bytes) -> None:
    with issuer() as publisher, trusting(publisher.url) as running:
        publisher.publish(RSA)
        assert ask(running, RSA.sign()).status_code == 200
        publisher.break_down(status, body)

        assert ask(running, EC.sign()).status_code == 401
        assert publisher.asked == 2
        assert ask(running, RSA.sign()).status_code == 200


def test_while_there_never_were_keys_the_answer_is_to_try_again() -> None:
    with trusting(f"http://127.0.0.1:{free_port()}/jwks.json") as running:
        answer = ask(running, RSA.sign())

        problem = assert_problem(answer, 503, "service.unavailable")
        assert problem["part"] == "keys"
        assert int(answer.headers["retry-after"]) > 0
        assert ask(running, "not.a.token").status_code == 401
