"""The settings of signing in: all three, or none; and the secret is never shown."""

import os
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from entrypoints.config.settings import Settings

ISSUER: dict[str, Any] = {"oidc_issuer": "https://id.example.org"}
CLIENT: dict[str, Any] = {"oidc_client_id": "console"}
SECRET: dict[str, Any] = {"oidc_client_secret": SecretStr("very-hidden")}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (ISSUER, "FANGATE_OIDC_ISSUER needs FANGATE_OIDC_CLIENT_ID, FANGATE_OIDC_CLIENT_SECRET"),
        (ISSUER | CLIENT, "FANGATE_OIDC_ISSUER needs FANGATE_OIDC_CLIENT_SECRET"),
        (ISSUER | SECRET, "FANGATE_OIDC_ISSUER needs FANGATE_OIDC_CLIENT_ID"),
        (CLIENT, "FANGATE_OIDC_CLIENT_ID needs FANGATE_OIDC_ISSUER"),
        (SECRET, "FANGATE_OIDC_CLIENT_SECRET needs FANGATE_OIDC_ISSUER"),
    ],
)
def test_half_a_provider_stops_the_start(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**given)
    (problem,) = refused.value.errors()
    assert problem["msg"] == f"Value error, {words}"
    assert "very-hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "issuer",
    ["id.example.org", "ftp://id.example.org", "https://", "https://id.example.org/?a=b", "https://id.example.org/#a",
     "https://user:pass@id.example.org"],
)  # fmt: skip
def test_an_issuer_is_a_web_address_without_anything_behind_it(issuer: str) -> None:
    with pytest.raises(ValidationError, match="FANGATE_OIDC_ISSUER must be an http"):
        Settings(**{"oidc_issuer": issuer} | CLIENT | SECRET)


def test_a_provider_on_another_machine_is_asked_over_tls() -> None:
    plain: dict[str, Any] = {"oidc_issuer": "http://id.example.org"} | CLIENT | SECRET
    with pytest.raises(ValidationError, match="FANGATE_OIDC_ISSUER: must be https://"):
        Settings(**plain)
    assert Settings(**plain, allow_http=True).oidc_issuer == "http://id.example.org"


def test_the_secret_is_not_shown() -> None:
    settings = Settings(**ISSUER | CLIENT | SECRET)
    assert "very-hidden" not in f"{settings!r} {settings.oidc_client_secret!r} {settings}"


def test_an_empty_variable_is_none() -> None:
    """A compose file makes one from ``${NAME:-}``."""
    assert "FANGATE_OIDC_ISSUER" not in os.environ
    assert Settings(oidc_client_id="").oidc_issuer is None
