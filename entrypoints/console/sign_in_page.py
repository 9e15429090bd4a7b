"""The page where the staff sign in, with the reason why they see it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.errors import Unavailable
from entrypoints.console.rendering import Rendering
from entrypoints.console.serving import SIGN_IN
from entrypoints.http.response.answers import Reply
from ports.identity import IdentityProvider

HOME: Final = "/console"
_LOCAL: Final = re.compile(r"/console(/[!-.0->@-~]+)*/?(\?[!-~]*)?")
_DOTS: Final = re.compile(r"/(?:\.|%2e){1,2}(?:[/?]|$)", re.IGNORECASE)
"""Browsers go up by such a segment: out of the console, too."""
_LONGEST: Final = 2_000


def local(address: str) -> str:
    """Only a page of the console is opened after signing in: an address that leads elsewhere is replaced."""
    fits = len(address) <= _LONGEST and "\\" not in address and _LOCAL.fullmatch(address)
    leads_up = fits and _DOTS.search(address.partition("?")[0])
    return address if fits and not leads_up and not address.startswith(SIGN_IN) else HOME


@dataclass(frozen=True, slots=True)
class SignInPage:
    rendering: Rendering
    provider: IdentityProvider | None

    async def show(self, to: str, reason: str = "", status: int = 200, cookies: Sequence[str] = ()) -> Reply:
        return self.rendering.reply(
            "sign_in.html",
            status,
            cookies=cookies,
            desk=None,
            to=to,
            reason=reason,
            by_provider=self.provider is not None,
            sign_out_url=await self._sign_out_url() if reason in {"out", "staff"} else None,
        )

    async def _sign_out_url(self) -> str | None:
        """On a machine that people share, the next one would be signed in as this one."""
        if self.provider is None:
            return None
        try:
            return await self.provider.sign_out_url()
        except Unavailable:
            return None
