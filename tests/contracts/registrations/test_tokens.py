"""What every ConfirmationTokens promises (entry-service REQ-001, REQ-003): bound, unforgeable, always the same."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest

from adapters.tokens.jwt import AUDIENCE, TYPE, JwtConfirmationTokens
from domain.model.ids import CampaignId
from domain.model.registrations.confirmation import phone_digest
from domain.model.registrations.errors import InvalidConfirmationToken
from ports.phones import ConfirmationTokens
from tests.support.registrations import ANN, BOB, KEY, OTHER_PHONE, PHONE, TOUR, a_challenge
from tests.support.tokens import token as access_token

CHALLENGE = a_challenge()


@pytest.fixture
def tokens() -> ConfirmationTokens:
    return JwtConfirmationTokens(KEY)


def _refused(tokens: ConfirmationTokens, token: str) -> None:
    with pytest.raises(InvalidConfirmationToken) as refused:
        tokens.read(token)
    assert refused.value.__cause__ is None


def test_a_token_contains_what_it_is_bound_to(tokens: ConfirmationTokens) -> None:
    bound_to = tokens.read(tokens.issue(CHALLENGE))

    assert (bound_to.user_id, bound_to.campaign_id) == (ANN, TOUR)
    assert bound_to.challenge_id == CHALLENGE.id
    assert bound_to.phone_digest == phone_digest(PHONE, KEY)


def test_the_same_challenge_makes_the_same_token(tokens: ConfirmationTokens) -> None:
    tried = replace(CHALLENGE, attempts=3)

    assert tokens.issue(CHALLENGE) == JwtConfirmationTokens(KEY).issue(tried)


@pytest.mark.parametrize(
    "other",
    [
        replace(CHALLENGE, user_id=BOB),
        replace(CHALLENGE, campaign_id=CampaignId("other")),
        replace(CHALLENGE, phone=OTHER_PHONE),
        replace(CHALLENGE, id="other"),
    ],
    ids=["fan", "campaign", "phone", "challenge"],
)
def test_another_challenge_makes_another_token(tokens: ConfirmationTokens, other: Any) -> None:
    assert tokens.read(tokens.issue(other)) != tokens.read(tokens.issue(CHALLENGE))


def test_the_phone_cannot_be_read_from_it(tokens: ConfirmationTokens) -> None:
    payload = base64.urlsafe_b64decode(tokens.issue(CHALLENGE).split(".")[1] + "==").decode()

    assert ANN in payload
    assert PHONE[1:] not in payload


def test_it_survives_every_id_we_allow(tokens: ConfirmationTokens) -> None:
    challenge = replace(CHALLENGE, user_id=type(ANN)("x" * 128), campaign_id=CampaignId("y" * 64))

    assert tokens.read(tokens.issue(challenge)).user_id == "x" * 128


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "ü.ü.ü", "\x00", "\ud800", " ", "e30.e30.e30"])
def test_rubbish_is_refused(tokens: ConfirmationTokens, token: str) -> None:
    _refused(tokens, token)


def test_what_is_too_long_is_refused(tokens: ConfirmationTokens) -> None:
    padded = replace(CHALLENGE, id="x" * 4_096)

    _refused(tokens, tokens.issue(padded))


def test_deep_nesting_is_refused(tokens: ConfirmationTokens) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 1_500).decode().rstrip("=")

    _refused(tokens, f"{nested}.e30.e30")


def test_a_token_of_another_secret_is_refused(tokens: ConfirmationTokens) -> None:
    _refused(tokens, JwtConfirmationTokens(KEY[::-1]).issue(CHALLENGE))


def test_a_token_that_was_changed_is_refused(tokens: ConfirmationTokens) -> None:
    header, payload, signature = tokens.issue(CHALLENGE).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"sub": BOB}
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    _refused(tokens, f"{header}.{changed}.{signature}")


def test_an_unsigned_token_is_refused(tokens: ConfirmationTokens) -> None:
    claims = jwt.decode(tokens.issue(CHALLENGE), options={"verify_signature": False})

    _refused(tokens, jwt.encode(claims, "", algorithm="none", headers={"typ": TYPE}))


@pytest.mark.parametrize("audience", [{}, {"aud": AUDIENCE}, {"aud": [AUDIENCE]}])
def test_an_access_token_is_no_confirmation_token_even_with_the_same_secret(
    tokens: ConfirmationTokens, audience: dict[str, Any]
) -> None:
    claims = {"campaign": TOUR, "challenge": CHALLENGE.id, "phone": "x", **audience}

    _refused(tokens, access_token(ANN, secret=KEY.decode(), **claims))


def test_a_confirmation_token_is_no_access_token_even_with_the_same_secret(tokens: ConfirmationTokens) -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(tokens.issue(CHALLENGE), KEY, algorithms=["HS256"], options={"verify_aud": False})


@pytest.mark.parametrize(
    "changes", [{"aud": "fangate"}, {"aud": [AUDIENCE]}, {"sub": None}, {"challenge": 7}, {"phone": None}]
)
def test_a_token_of_another_kind_is_refused_even_with_our_key(
    tokens: ConfirmationTokens, changes: dict[str, Any]
) -> None:
    claims = jwt.decode(tokens.issue(CHALLENGE), options={"verify_signature": False})
    assert tokens.read(_signed_by_us(claims, TYPE)).user_id == ANN

    _refused(tokens, _signed_by_us(claims, "JWT"))
    _refused(tokens, _signed_by_us(claims | changes, TYPE))


def _signed_by_us(claims: dict[str, Any], type: str) -> str:
    derived = hmac.digest(KEY, AUDIENCE.encode(), hashlib.sha256)
    return jwt.encode(claims, derived, algorithm="HS256", headers={"typ": type})


def test_a_secret_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        JwtConfirmationTokens(b"x" * 31)
