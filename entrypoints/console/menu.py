"""The menus: what a token does not allow is not in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from entrypoints.console.desk import Desk
from entrypoints.console.page import Page


class Entry(NamedTuple):
    name: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Menu:
    pages: Sequence[Page]

    def main(self, desk: Desk) -> list[Entry]:
        return self._entries(desk, of_campaign=False)

    def of_campaign(self, desk: Desk) -> list[Entry]:
        return self._entries(desk, of_campaign=True) if desk.campaign_id else []

    def _entries(self, desk: Desk, *, of_campaign: bool) -> list[Entry]:
        offered = [
            page for page in self.pages if page.menu and page.of_campaign == of_campaign and page.offered(desk)
        ]
        named = [(page.menu, page.route.replace("{campaignId}", desk.campaign_id)) for page in offered]
        above = [address for _, address in named if f"{desk.here}/".startswith(f"{address}/")]
        nearest = max(above, key=len, default="")
        return [Entry(name, address, address == nearest) for name, address in named]
