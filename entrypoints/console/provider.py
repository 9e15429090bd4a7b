"""Signing in at an identity provider: to it, and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog

from domain.model.errors import Unavailable
from entrypoints.console.attempts import Attempts, Begun, new_attempt
from entrypoints.console.request import Fields, query_of
from entrypoints.console.session import Sessions, behind_tls, by_proxy, cookies_with, is_token, token_of
from entrypoints.console.sign_in_page import SignInPage, local
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.headers import header
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import Problem, malformed
from entrypoints.http.serving import Endpoint
from ports.identity import IdentityProvider, SignInRefused

BACK: Final = "/console/sign-in/back"
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByProvider:
    provider: IdentityProvider
    attempts: Attempts
    sessions: Sessions
    page: SignInPage

    @property
    def endpoints(self) -> Mapping[tuple[str, str], Endpoint]:
        return {("/sign-in/provider", "GET"): self.begin, ("/sign-in/back", "GET"): self.back}

    async def begin(self, request: AnyRequest) -> Reply:
        """Lead the browser to the provider."""
        to = local(query_of(request).one("to"))
        if by_proxy(request):
            return self.page.rendering.redirect(to)
        attempt = new_attempt(_address_of(request) + BACK)
        try:
            where = await self.provider.sign_in_url(attempt)
        except Unavailable:
            return await self.page.show(to, "down", HTTPStatus.SERVICE_UNAVAILABLE)
        return self.page.rendering.redirect(where, self.attempts.cookies_keeping(request, Begun(attempt, to)))

    async def back(self, request: AnyRequest) -> Reply:
        """The browser comes back from the provider. Each attempt is answered once."""
        query = query_of(request)
        begun = self.attempts.of(request, query.one("state"))
        if begun is None:
            return await self._unknown(request)
        ended = self.attempts.cookie_forgetting(request, begun.attempt.state)
        try:
            token = await self._token(query, begun)
            await self.sessions.caller_of(request, token)
        except SignInRefused as refused:
            log.warning("sign_in.refused", reason=refused.reason)
            return await self.page.show(begun.to, "provider", HTTPStatus.FORBIDDEN, [ended])
        except Unavailable:
            return await self.page.show(begun.to, "down", HTTPStatus.SERVICE_UNAVAILABLE, [ended])
        except Problem as problem:  # The log has the reason already.
            reason = "staff" if problem.code == "auth.forbidden" else "provider"
            return await self.page.show(begun.to, reason, HTTPStatus.FORBIDDEN, [ended])
        return self._opening(begun.to, [*cookies_with(request, token), ended])

    async def _token(self, query: Fields, begun: Begun) -> str:
        """Raises SignInRefused, or Unavailable."""
        if query.one("error") or not query.one("code"):
            denied = query.one("error") == "access_denied"
            raise SignInRefused("access denied" if denied else "the provider sent no code")
        issuer = query.one("iss") or None
        token = await self.provider.redeem(query.one("code"), begun.attempt, issuer=issuer)
        if not is_token(token):
            raise SignInRefused("the identity token is no token")
        return token

    async def _unknown(self, request: AnyRequest) -> Reply:
        """Back and Reload lead here too, when the sign-in is done: the session goes on."""
        token = token_of(request)
        if token:
            try:
                await self.sessions.caller_of(request, token)
            except (Problem, Unavailable):
                pass
            else:
                return self._opening(local(""), [])
        return await self.page.show(local(""), "over", HTTPStatus.BAD_REQUEST)

    def _opening(self, to: str, cookies: list[str]) -> Reply:
        """A redirect would still count as coming from the provider's site, and the session's cookie would not be
        sent along with it. So the page asks for the next one itself."""
        return self.page.rendering.reply("again.html", address=to, cookies=cookies)


def _address_of(request: AnyRequest) -> str:
    """Of the service, as the browser knows it. The provider leads back to registered addresses only."""
    host = header(request, b"host") or ""
    if not _HOST.fullmatch(host):
        raise malformed("the header Host is no host")
    return f"{'https' if behind_tls(request) else 'http'}://{host}"
