"""Every page of the console. A new screen is a line here; routes, menus and tests read this list."""

from typing import Final

from entrypoints.console.page import Page
from entrypoints.console.screens import campaign, campaigns, codes, fan, fans, imports, search

SCREENS: Final[tuple[Page, ...]] = (
    campaigns.overview,
    campaigns.table,
    campaign.overview,
    campaign.now_part,
    campaign.over_time,
    campaign.timeline,
    codes.codes,
    codes.pools,
    codes.listed,
    codes.export,
    codes.one,
    codes.before_release,
    codes.release,
    imports.upload,
    imports.check,
    imports.checked_part,
    imports.begin,
    imports.history,
    imports.receipt,
    imports.progress,
    imports.problems,
    imports.before_withdrawing,
    imports.withdraw,
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
