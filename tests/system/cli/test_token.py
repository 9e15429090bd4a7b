"""``fangate token``: what it signs, the service takes."""

import jwt
import pytest

from tests.support.commands import fangate
from tests.support.servers.service import SECRET


def claims(token: str, **options: str) -> dict[str, object]:
    return dict(jwt.decode(token.strip(), SECRET, algorithms=["HS256"], **options))  # type: ignore[arg-type]  # its own options


def test_a_supreme_token_lasts_as_long_as_asked() -> None:
    outcome = fangate("token", "--sub", "staff-1", "--supreme", "--ttl", "60", forked=False)

    signed = claims(outcome.stdout)
    assert outcome.returncode == 0
    assert (signed["sub"], signed["supreme"]) == ("staff-1", True)
    assert isinstance(signed["exp"], int)
    assert isinstance(signed["iat"], int)
    assert signed["exp"] - signed["iat"] == 60


def test_without_supreme_it_is_a_fans() -> None:
    signed = claims(fangate("token", "--sub", "fan-1").stdout)

    assert "supreme" not in signed


def test_the_claim_of_an_administrator_is_the_configured_one() -> None:
    outcome = fangate(
        "token", "--sub", "staff", "--supreme", settings={"FANGATE_JWT_SUPREME_CLAIM": "https://x.example/supreme"}
    )

    signed = claims(outcome.stdout)
    assert signed["https://x.example/supreme"] is True
    assert "supreme" not in signed


def test_it_is_for_the_configured_issuer_and_audience() -> None:
    settings = {"FANGATE_JWT_ISSUER": "https://id.example", "FANGATE_JWT_AUDIENCE": "fangate"}

    outcome = fangate("token", "--sub", "staff", settings=settings)

    assert claims(outcome.stdout, issuer="https://id.example", audience="fangate")["sub"] == "staff"


def test_an_administrator_s_token_can_be_narrowed() -> None:
    narrowed = [
        "--scope",
        "fangate:read",
        "--scope",
        "fangate:codes",
        "--campaign",
        "tour-1",
        "--campaign",
        "fair-*",
    ]

    signed = claims(fangate("token", "--sub", "helper", "--supreme", *narrowed).stdout)

    assert (signed["scope"], signed["campaigns"]) == ("fangate:read fangate:codes", ["tour-1", "fair-*"])
    assert {"scope", "campaigns"}.isdisjoint(claims(fangate("token", "--sub", "staff", "--supreme").stdout))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--supreme", "--scope", "fangate:everything"], "--scope"),
        (["--supreme", "--campaign", "a b"], "--campaign"),
        (["--supreme", "--campaign", ""], "--campaign"),
        (["--scope", "fangate:read"], "--supreme"),
        (["--campaign", "tour"], "--supreme"),
    ],
)
def test_what_narrows_nothing_is_not_signed(arguments: list[str], word: str) -> None:
    outcome = fangate("token", "--sub", "helper", *arguments)

    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert word in outcome.stderr


def test_it_cannot_sign_for_another_issuer() -> None:
    outcome = fangate(
        "token", "--sub", "x",
        settings={"FANGATE_JWT_SECRET": "", "FANGATE_JWT_JWKS_URL": "https://id.example/keys"},
    )  # fmt: skip

    assert outcome.returncode == 1
    assert outcome.stderr == "fangate: FANGATE_JWT_SECRET must be set to sign tokens\n"


@pytest.mark.parametrize("arguments", [["--sub", "a\nb"], ["--sub", ""], ["--sub", "x", "--ttl", "0"]])
def test_a_token_that_the_service_would_refuse_is_not_signed(arguments: list[str]) -> None:
    outcome = fangate("token", *arguments)

    assert (outcome.returncode, outcome.stdout) == (2, "")
