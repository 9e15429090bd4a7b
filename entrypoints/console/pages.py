"""The console: its pages as endpoints beside the operations of the API."""

from collections.abc import Mapping

from entrypoints.bootstrap.identity import Identity, identity
from entrypoints.config.settings import Settings
from entrypoints.console.attempts import Attempts
from entrypoints.console.menu import Menu
from entrypoints.console.page import ROOT, Page
from entrypoints.console.provider import ByProvider
from entrypoints.console.rendering import Rendering
from entrypoints.console.screens import SCREENS
from entrypoints.console.serving import Guarded, answering, unknown_page
from entrypoints.console.session import Sessions
from entrypoints.console.sign_in_page import SignInPage
from entrypoints.console.signing_in import SigningIn
from entrypoints.console.static import ROUTE, static
from entrypoints.http.dispatcher import Pages
from entrypoints.http.request.token_refusals import RefusalLog
from entrypoints.http.request.token_verifier import TokenVerifier
from entrypoints.http.serving import Endpoint


def console(settings: Settings) -> Pages:
    """Opens nothing."""
    rendering = Rendering(menu=Menu(SCREENS))
    idp = identity(settings)
    sessions = Sessions(_verifier(settings, idp) if idp else None)
    endpoints: dict[tuple[str, str], Endpoint] = {
        (page.route, page.method): answering(Guarded(page, rendering, sessions), rendering) for page in SCREENS
    }
    endpoints |= {
        (f"{ROOT}{path}", method): answering(endpoint, rendering)
        for (path, method), endpoint in _signing_in(settings, idp, sessions, rendering).items()
    }
    endpoints[ROUTE, "GET"] = answering(static, rendering)
    unknown = answering(Guarded(Page(path="", handler=unknown_page), rendering, sessions), rendering)
    return Pages(endpoints=endpoints, prefix=ROOT, unknown=unknown)


def _signing_in(
    settings: Settings, idp: Identity | None, sessions: Sessions, rendering: Rendering
) -> Mapping[tuple[str, str], Endpoint]:
    page = SignInPage(rendering, idp.provider if idp else None)
    endpoints = SigningIn(sessions, page).endpoints
    if idp is None:
        return endpoints
    attempts = Attempts(settings.oidc_client_secret.get_secret_value())
    by_provider = ByProvider(provider=idp.provider, attempts=attempts, sessions=sessions, page=page)
    return {**endpoints, **by_provider.endpoints}


def _verifier(settings: Settings, idp: Identity) -> TokenVerifier:
    """Of identity tokens: they are issued for the console, and the API does not take them."""
    issuer, audience = settings.oidc_issuer, settings.oidc_client_id
    return TokenVerifier(
        keys=idp.keys,
        issuer=issuer,
        audience=audience,
        supreme_claim=settings.jwt_supreme_claim,
        refusals=RefusalLog(issuer=issuer, audience=audience),
    )
