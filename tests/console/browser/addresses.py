"""The address of every page, from the list of the screens: a new page is covered as soon as it is listed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from entrypoints.console.page import Page
from entrypoints.console.screens import SCREENS
from tests.console.browser.sale import CODES, RANDOMNESS, Sold

OPENED: Final[tuple[Page, ...]] = tuple(page for page in SCREENS if page.method == "GET")
_PARAMETER: Final = re.compile(r"{(\w+)}")
_CODES: Final = "/campaigns/{campaignId}/codes"
_FANS: Final = "/campaigns/{campaignId}/fans"
_DRAWS: Final = "/campaigns/{campaignId}/draws"
_DRAW: Final = f"{_DRAWS}/one/{{drawId}}"
AFTER_THE_DRAW: Final = {f"{_DRAW}/{name}" for name in ("waitlists", "results", "fill", "verified")}


def addresses_of(page: Page, sold: Sold) -> Iterator[str]:
    """With the queries that show most. Without a line below, a page is opened without a query."""
    for values in _values(page, sold):
        missing = set(_PARAMETER.findall(page.path)) - values.keys()
        assert not missing, f"tests/console/browser/addresses.py has no value of {missing} for {page.path}"
        path = _PARAMETER.sub(lambda match, values=values: quote(values[match[1]], safe=""), page.route)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        for query in _queries(sold).get(page.path, [{}]):
            yield f"{path}?{urlencode(query)}" if query else path


def _values(page: Page, sold: Sold) -> list[dict[str, str]]:
    """Of the parameters of the path: the page of a draw is opened for each draw that can have it."""
    if "{drawId}" not in page.path:
        return [{"campaignId": sold.sale.id, "importId": sold.import_id}]
    draws = sold.draws[-1:] if page.path in AFTER_THE_DRAW else sold.draws
    draws = sold.draws[:1] if page.path == f"{_DRAW}/now" else draws
    return [{"campaignId": campaign, "drawId": draw} for campaign, draw in draws]


def _queries(sold: Sold) -> Mapping[str, Sequence[Mapping[str, str]]]:
    fan, pending, _ = sold.fans
    acts = [*((fan, act) for act in ("selected", "withdraw")), (pending, "resend")]
    rules = {"places.nyc": "1", "tiers": "90, 70.5", "weights": "90: 4", "groupBy": "<i>", "exclude": "flagged"}
    return {
        f"{_CODES}/one": [{"code": CODES[0]}, {"code": CODES[2]}, {"code": sold.held}],
        f"{_CODES}/release": [{"code": sold.held}],
        f"{_CODES}/check": [{"key": sold.key}],
        f"{_CODES}/checked": [{"key": sold.key}],
        f"{_DRAWS}/preview": [rules],
        f"{_DRAWS}/counted": [rules],
        f"{_DRAW}/fill": [{}, {"places.nyc": "2"}],
        f"{_DRAW}/verify": [{}, {"randomness": RANDOMNESS}],
        f"{_DRAW}/verified": [{"randomness": RANDOMNESS}],
        f"{_FANS}/one": [{"userId": one} for one in sold.fans],
        "/campaigns/{campaignId}/eligible": [{"minScore": "71"}, {"minScore": "101"}],
        "/campaigns/{campaignId}/audit": [{}, {"by": "another"}],
        f"{_FANS}/act": [{"userId": one, "act": act} for one, act in acts],
    }
