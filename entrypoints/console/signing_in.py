"""Signing in and out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from entrypoints.config.settings import Settings
from entrypoints.console.origin import check_origin
from entrypoints.console.rendering import Rendering
from entrypoints.console.request import form_of, query_of
from entrypoints.console.serving import SIGN_IN
from entrypoints.console.session import by_proxy, caller_of, cookies_with, is_token
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import Problem, not_found
from entrypoints.http.serving import Endpoint

HOME: Final = "/console"
_LOCAL: Final = re.compile(r"/console(/[!-.0->@-~]+)*/?(\?[!-~]*)?")
_LONGEST: Final = 2_000


def local(address: str) -> str:
    """Only a page of the console is opened after signing in: an address that leads elsewhere is replaced."""
    fits = len(address) <= _LONGEST and "\\" not in address and _LOCAL.fullmatch(address)
    return address if fits and not address.startswith(SIGN_IN) else HOME


@dataclass(frozen=True, slots=True)
class SigningIn:
    settings: Settings
    rendering: Rendering

    @property
    def endpoints(self) -> Mapping[tuple[str, str], Endpoint]:
        return {
            ("/sign-in", "GET"): self.page,
            ("/sign-in", "POST"): self.by_token,
            ("/sign-out", "POST"): self.out,
        }

    @property
    def by_provider(self) -> bool:
        return self.settings.oidc_issuer is not None

    async def page(self, request: AnyRequest) -> Reply:
        query = query_of(request)
        if by_proxy(request):
            return self.rendering.redirect(local(query.one("to")))
        reason = "ended" if query.one("ended") else "out" if query.one("out") else ""
        return self._shown(local(query.one("to")), reason)

    def _shown(self, to: str, reason: str, status: int = 200) -> Reply:
        return self.rendering.reply(
            "sign_in.html", status, desk=None, to=to, reason=reason, by_provider=self.by_provider
        )

    async def by_token(self, request: AnyRequest) -> Reply:
        """With a token that is pasted: for development, and only where no provider is configured."""
        check_origin(request)
        if self.by_provider:
            raise not_found()
        form = await form_of(request)
        token = form.one("token").removeprefix("Bearer ").strip()
        to = local(form.one("to"))
        if not is_token(token):
            return self._shown(to, "unreadable", 422)
        try:
            await caller_of(request, token)
        except Problem as problem:
            return self._shown(to, "fan" if problem.code == "auth.forbidden" else "refused", problem.status)
        return self.rendering.redirect(to, cookies_with(request, token))

    async def out(self, request: AnyRequest) -> Reply:
        check_origin(request)
        return self.rendering.redirect(f"{SIGN_IN}?out=yes", cookies_with(request, ""))
