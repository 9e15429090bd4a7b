"""Every page of the console. A new screen is a line here; routes, menus and tests read this list."""

from typing import Final

from entrypoints.console.page import Page
from entrypoints.console.screens import campaigns

SCREENS: Final[tuple[Page, ...]] = (
    campaigns.overview,
    campaigns.table,
)
"""In the order of the menus."""
