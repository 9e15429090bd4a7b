"""Every page of the console. A new screen is a line here; routes, menus and tests read this list."""

from typing import Final

from entrypoints.console.page import Page
from entrypoints.console.screens import campaign, campaigns

SCREENS: Final[tuple[Page, ...]] = (
    campaigns.overview,
    campaigns.table,
    campaign.overview,
    campaign.now_part,
    campaign.over_time,
    campaign.timeline,
)
"""In the order of the menus."""
