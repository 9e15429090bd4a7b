"""Signing in and out."""

from collections.abc import Mapping
from dataclasses import dataclass

from entrypoints.console.origin import check_origin
from entrypoints.console.request import form_of, query_of
from entrypoints.console.serving import SIGN_IN
from entrypoints.console.session import Sessions, by_proxy, cookies_with, is_token
from entrypoints.console.sign_in_page import SignInPage, local
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import Problem, not_found
from entrypoints.http.serving import Endpoint


@dataclass(frozen=True, slots=True)
class SigningIn:
    sessions: Sessions
    page: SignInPage

    @property
    def endpoints(self) -> Mapping[tuple[str, str], Endpoint]:
        return {
            ("/sign-in", "GET"): self.show,
            ("/sign-in", "POST"): self.by_token,
            ("/sign-out", "POST"): self.out,
        }

    async def show(self, request: AnyRequest) -> Reply:
        query = query_of(request)
        if by_proxy(request):
            return self.page.rendering.redirect(local(query.one("to")))
        reason = "ended" if query.one("ended") else "out" if query.one("out") else ""
        return await self.page.show(local(query.one("to")), reason)

    async def by_token(self, request: AnyRequest) -> Reply:
        """With a token that is pasted: for development, and only where no provider is configured."""
        check_origin(request)
        if self.page.provider is not None:
            raise not_found()
        form = await form_of(request)
        token = form.one("token").removeprefix("Bearer ").strip()
        to = local(form.one("to"))
        if not is_token(token):
            return await self.page.show(to, "unreadable", 422)
        try:
            await self.sessions.caller_of(request, token)
        except Problem as problem:
            reason = "fan" if problem.code == "auth.forbidden" else "refused"
            return await self.page.show(to, reason, problem.status)
        return self.page.rendering.redirect(to, cookies_with(request, token))

    async def out(self, request: AnyRequest) -> Reply:
        check_origin(request)
        return self.page.rendering.redirect(f"{SIGN_IN}?out=yes", cookies_with(request, ""))
