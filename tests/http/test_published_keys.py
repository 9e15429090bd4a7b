"""Tokens signed with keys that an issuer publishes (RS256, ES256), by ``kid``."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.http.forging import claims, hs256, unsigned
from tests.http.issuer import Issuer, SigningKey, issuer
from tests.http.scene import assert_problem
from tests.servers.ports import free_port
from tests.servers.service import Service, service

RSA, EC = SigningKey.rsa("rsa-1"), SigningKey.ec("ec-1")
OTHER_RSA = SigningKey.rsa("rsa-2")


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
        ]
        publisher.publish(RSA, EC, more=foreign)
        yield publisher


@pytest.fixture(scope="module")
def trusted(publisher: Issuer) -> Iterator[Service]:
    with trusting(publisher.url) as running:
        yield running


def ask(running: Service, token: str) -> httpx2.Response:
    url = f"{running.url}/c1/codes/count"
    return httpx2.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


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
        pytest.param(RSA.sign(kid=None), id="no kid"),
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


def test_made_up_kids_do_not_make_us_ask_the_issuer_again_and_again() -> None:
    with issuer() as publisher, trusting(publisher.url) as running:
        publisher.publish(RSA)
        for number in range(20):
            assert ask(running, RSA.sign(kid=f"made-up-{number}")).status_code == 401

        assert publisher.asked <= 4
        assert ask(running, RSA.sign()).status_code == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"broken"), (200, b"no JSON"), (200, b"[]"), (200, b'{"keys":[]}'), (200, b'{"keys":7}')],
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
