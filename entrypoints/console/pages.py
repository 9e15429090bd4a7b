"""The console: its pages as endpoints beside the operations of the API."""

from entrypoints.config.settings import Settings
from entrypoints.console.menu import Menu
from entrypoints.console.page import ROOT, Page
from entrypoints.console.rendering import Rendering
from entrypoints.console.screens import SCREENS
from entrypoints.console.serving import Guarded, answering, unknown_page
from entrypoints.console.signing_in import SigningIn
from entrypoints.console.static import ROUTE, static
from entrypoints.http.dispatcher import Pages
from entrypoints.http.serving import Endpoint


def console(settings: Settings) -> Pages:
    """Opens nothing."""
    rendering = Rendering(menu=Menu(SCREENS))
    signing_in = SigningIn(settings, rendering)
    endpoints: dict[tuple[str, str], Endpoint] = {
        (page.route, page.method): answering(Guarded(page, rendering), rendering) for page in SCREENS
    }
    endpoints |= {
        (f"{ROOT}{path}", method): answering(endpoint, rendering)
        for (path, method), endpoint in signing_in.endpoints.items()
    }
    endpoints[ROUTE, "GET"] = answering(static, rendering)
    unknown = answering(Guarded(Page(path="", handler=unknown_page), rendering), rendering)
    return Pages(endpoints=endpoints, prefix=ROOT, unknown=unknown)
