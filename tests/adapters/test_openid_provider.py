"""What an OpenID provider says, and what of it is believed."""

import json
from typing import Any, Final

import pytest

from adapters.oidc.metadata import metadata_of
from adapters.oidc.provider import OpenIdProvider
from adapters.outgoing.answers import Answer
from adapters.outgoing.breaker import NoAnswer
from domain.model.errors import Unavailable
from ports.identity import SignInAttempt, SignInRefused
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, Request, neighbour

ISSUER: Final = "https://id.example.org"
METADATA: Final = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize?tenant=a",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}
ATTEMPT: Final = SignInAttempt(
    state="s" * 43, nonce="n" * 43, verifier="v" * 43, redirect_uri="https://desk.example.org/console/sign-in/back"
)
SECRET: Final = "very-hidden"


def provider_at(running: Neighbour) -> OpenIdProvider:
    return OpenIdProvider(running.url, "console", SECRET)


class Script:
    """A provider that answers as it is told for each path."""

    def __init__(self) -> None:
        self.tokens = Reply(400, {"error": "invalid_grant"})
        self.more: dict[str, Any] = {}
        self.asked: list[Request] = []
        self.issuer = ""

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        if request.path == "/token":
            return self.tokens
        named = {name: url.replace(ISSUER, self.issuer) for name, url in METADATA.items()}
        return Reply(200, named | self.more)


def test_metadata_of_the_issuer_are_read() -> None:
    read = metadata_of(Answer(200, json.dumps(METADATA).encode()), ISSUER)
    assert (read.jwks_uri, read.end_session_endpoint) == (f"{ISSUER}/keys", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": f"{ISSUER}/"},
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://id.example.org/token"},
        {"jwks_uri": "http://id.example.org/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "//id.example.org/out"},
        {"token_endpoint": "https:///token"},
        {"token_endpoint": "https://[::1/token"},
    ],
    ids=str,
)
def test_metadata_that_must_not_be_used_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(NoAnswer):
        metadata_of(Answer(200, json.dumps(METADATA | changes).encode()), ISSUER)


@pytest.mark.parametrize("trouble", [name for name in TROUBLES if name != "slow"])
async def test_a_provider_in_trouble_is_unavailable(trouble: str) -> None:
    with neighbour(lambda _: TROUBLES[trouble]) as running:
        provider = provider_at(running)
        for ask in (provider.sign_in_url(ATTEMPT), provider.sign_out_url(), provider.keys_url()):
            with pytest.raises(Unavailable):
                await ask


@pytest.mark.parametrize("trouble", [name for name in TROUBLES if name not in {"slow", "forbidden", "redirect"}])
async def test_a_code_is_not_sent_twice_when_the_answer_is_in_trouble(trouble: str) -> None:
    script = Script()
    script.tokens = TROUBLES[trouble]
    with neighbour(script) as running:
        script.issuer = running.url
        with pytest.raises(Unavailable):
            await provider_at(running).redeem("code", ATTEMPT, issuer=None)
    assert [request.path for request in script.asked].count("/token") == 1


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (Reply(400, {"error": "invalid_grant"}), "status 400, invalid_grant"),
        (Reply(401, {"error": "invalid_client", "error_description": SECRET}), "status 401, invalid_client"),
        (Reply(400, {"error": SECRET}), "status 400, another error"),
        (Reply(302, b"", headers={"Location": "/elsewhere"}), "status 302, another error"),
        (Reply(200, {"id_token": "no.token.here"}), "the identity token does not fit: DecodeError"),
        (Reply(200, {"id_token": "x" * 8_193}), "the identity token has more than 8192 characters"),
    ],
)
async def test_a_refusal_has_a_reason_without_words_of_the_provider(tokens: Reply, reason: str) -> None:
    script = Script()
    script.tokens = tokens
    with neighbour(script) as running:
        script.issuer = running.url
        with pytest.raises(SignInRefused) as refused:
            await provider_at(running).redeem("code", ATTEMPT, issuer=None)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("issuer", "asked"), [(None, False), ("https://another.example", False), ("", False)])
async def test_a_provider_that_names_itself_in_its_answers_must_do_so(issuer: str | None, asked: bool) -> None:
    script = Script()
    script.more = {"authorization_response_iss_parameter_supported": True}
    with neighbour(script) as running:
        script.issuer = running.url
        with pytest.raises(SignInRefused, match="another issuer answered"):
            await provider_at(running).redeem("code", ATTEMPT, issuer=issuer)
    assert ("/token" in [request.path for request in script.asked]) is asked


@pytest.mark.parametrize(
    ("methods", "in_form"),
    [(None, False), (["client_secret_basic"], False), (["client_secret_post", "client_secret_basic"], True)],
)
async def test_the_secret_goes_where_the_provider_takes_it(methods: list[str] | None, in_form: bool) -> None:
    script = Script()
    script.more = {} if methods is None else {"token_endpoint_auth_methods_supported": methods}
    with neighbour(script) as running:
        script.issuer = running.url
        with pytest.raises(SignInRefused):
            await provider_at(running).redeem("co&de", ATTEMPT, issuer=running.url)
    sent = script.asked[-1]
    assert (SECRET in sent.body.decode()) is in_form
    assert ("authorization" in sent.headers) is not in_form
    assert b"code=co%26de" in sent.body


async def test_metadata_are_read_once_and_the_query_of_an_address_is_kept() -> None:
    script = Script()
    script.more = {"end_session_endpoint": "http://127.0.0.1/out?tenant=a"}
    with neighbour(script) as running:
        script.issuer = running.url
        provider = provider_at(running)
        url = await provider.sign_in_url(ATTEMPT)
        assert await provider.sign_out_url() == "http://127.0.0.1/out?tenant=a&client_id=console"
    assert url.startswith(f"{running.url}/authorize?tenant=a&response_type=code&client_id=console&")
    assert len(script.asked) == 1
