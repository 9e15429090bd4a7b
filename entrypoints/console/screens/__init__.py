"""Every page of the console. A new screen is a line here; routes, menus and tests read this list."""

from typing import Final

from entrypoints.console.page import Page
from entrypoints.console.screens import campaign, campaigns, fan, fans, search

SCREENS: Final[tuple[Page, ...]] = (
    campaigns.overview,
    campaigns.table,
    campaign.overview,
    campaign.now_part,
    campaign.over_time,
    campaign.timeline,
    fans.fans,
    fans.find_fan,
    fans.find_fan_again,
    fan.fan,
    fan.before,
    fan.do,
    search.search,
    search.search_again,
)
"""In the order of the menus."""
