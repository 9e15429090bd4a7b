"""Signing in at an OpenID provider: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636).

Authlib writes the requests. They travel as the requests to every other neighbour: bounded in time and size.
"""

from typing import Final
from urllib.parse import parse_qsl

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from adapters.oidc.metadata import PART, SECONDS, Discovery, Metadata
from adapters.oidc.tokens import LONGEST, Binding, id_token_of
from adapters.outgoing.answers import Answer
from adapters.outgoing.breaker import Breaker, NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_session, unavailable
from ports.identity import SignInAttempt, SignInRefused

SCOPE: Final = "openid"
_POST: Final = "client_secret_post"
_BASIC: Final = "client_secret_basic"


class OpenIdProvider:
    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self._discovery = Discovery(issuer)
        self._client_id = client_id
        self._client_secret = client_secret
        self._breaker = Breaker(PART)

    async def sign_in_url(self, attempt: SignInAttempt) -> str:
        metadata = await self._discovery.metadata()
        client = OAuth2Client(None, self._client_id, scope=SCOPE, code_challenge_method="S256")
        url, _ = client.create_authorization_url(
            metadata.authorization_endpoint,
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
            redirect_uri=attempt.redirect_uri,
        )
        return str(url)

    async def redeem(self, code: str, attempt: SignInAttempt, *, issuer: str | None) -> str:
        metadata = await self._discovery.metadata()
        if len(code) > LONGEST:
            raise SignInRefused("the code is too long")
        if issuer != metadata.issuer and (issuer or metadata.authorization_response_iss_parameter_supported):
            raise SignInRefused("another issuer answered")
        binding = Binding(issuer=metadata.issuer, client_id=self._client_id, nonce=attempt.nonce)
        try:
            return id_token_of(await self._exchange(metadata, code, attempt), binding)
        except NoAnswer as error:
            raise unavailable(PART, error) from None

    async def sign_out_url(self) -> str | None:
        page = (await self._discovery.metadata()).end_session_endpoint
        return str(add_params_to_uri(page, [("client_id", self._client_id)])) if page else None

    async def keys_url(self) -> str:
        return (await self._discovery.metadata()).jwks_uri

    async def _exchange(self, metadata: Metadata, code: str, attempt: SignInAttempt) -> Answer:
        """Raises NoAnswer. Never repeated: a code can be used once."""
        url = metadata.token_endpoint
        request = prepare_token_request(
            "authorization_code", code=code, redirect_uri=attempt.redirect_uri, code_verifier=attempt.verifier
        )
        methods = metadata.token_endpoint_auth_methods_supported
        # Providers differ in how a header's secret with special characters is read; a form has one reading.
        client = ClientAuth(self._client_id, self._client_secret, _POST if _POST in methods else _BASIC)
        _, headers, body = client.prepare("POST", url, {}, request)
        async with http_session() as session:
            provider = HttpNeighbour(session, url, part=PART, seconds=SECONDS, breaker=self._breaker)
            return await provider.post_form(dict(parse_qsl(body)), headers=headers)
