"""A member of staff with a browser: opens pages, and notes what the browser complains about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from tests.support.servers.chromium import axe
from tests.support.tokens import token

WIDE: Final = (1280, 900)
NARROW: Final = (390, 844)
ZOOMED: Final = (320, 640)
"""As wide as 1,280 pixels at a zoom of 400 %."""
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SECONDS: Final = 20
FOUND: Final = """async (only) => {
    const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
    return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${
        node.any.concat(node.all, node.none).map((check) => check.message).join("; ").slice(0, 240)}`));
}"""
OVERFLOWING: Final = """() => {
    const page = document.scrollingElement;
    if (page.scrollWidth <= innerWidth) return [];
    return [...document.querySelectorAll("body *")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .filter((one) => !one.closest(".table-responsive > *"))
        .map((one) => `${one.tagName}.${one.className}`).slice(0, 5).concat(String(page.scrollWidth));
}"""


@dataclass(slots=True)
class Visitor:
    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    """What the console of the browser says, broken scripts, and files that did not come."""

    @classmethod
    @asynccontextmanager
    async def signed_in(
        cls, browser: Browser, url: str, *, scripts: bool = True, **claims: Any
    ) -> AsyncIterator["Visitor"]:
        context = await browser.new_context(
            base_url=url, java_script_enabled=scripts, reduced_motion="reduce", viewport=_size(WIDE)
        )
        try:
            session = token(**claims)
            host = urlsplit(url).hostname or ""
            await context.add_cookies(
                [
                    {
                        "name": "fangate",
                        "value": session,
                        "domain": host,
                        "path": "/console",
                        "httpOnly": True,
                        "sameSite": "Strict",
                    }
                ]
            )
            visitor = cls(context, await context.new_page(), url)
            visitor._listen()
            yield visitor
        finally:
            await context.close()

    def _listen(self) -> None:
        def said(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                self.complaints.append(f"{message.type}: {message.text}")

        def answered(response: Response) -> None:
            if response.status >= 400 and not response.request.is_navigation_request():
                self.complaints.append(f"{response.status}: {response.url}")

        self.page.on("console", said)
        self.page.on("response", answered)
        self.page.on("pageerror", lambda error: self.complaints.append(f"broken: {error}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))

    async def open(self, address: str) -> Page:
        """The page, once the parts that come later are there."""
        await self.page.goto(address, wait_until="load")
        await self.settled()
        return self.page

    async def settled(self) -> None:
        await expect(self.page.locator(".fg-later, .htmx-request")).to_have_count(0, timeout=SECONDS * 1_000)

    async def resize(self, size: tuple[int, int]) -> None:
        await self.page.set_viewport_size(_size(size))

    async def light(self, scheme: Literal["light", "dark"]) -> None:
        await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    async def barriers(self, *rules: str) -> list[str]:
        """What axe finds: of all rules of WCAG 2.2 AA, or of these."""
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.evaluate(axe())
        only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": RULES}
        found: list[str] = await self.page.evaluate(FOUND, only)
        return found

    async def overflowing(self) -> list[str]:
        found: list[str] = await self.page.evaluate(OVERFLOWING)
        return found


def _size(size: tuple[int, int]) -> Any:
    return {"width": size[0], "height": size[1]}
