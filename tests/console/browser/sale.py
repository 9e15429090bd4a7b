"""A campaign in which every text tries to break out of the page or to break its layout."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from domain.model.draws.beacons import QUICKNET
from domain.model.registrations.markets import MarketId
from tests.console.office import Office, Sale
from tests.support.fresh import new_campaign_id
from tests.support.registrations import a_campaign, campaign_body

BREAKING: Final = "\"'><img src=x onerror=broken()><script>broken()</script>{{7*7}}"
HEBREW: Final = "\u05e9\u05dc\u05d5\u05dd abc"
RIGHT_TO_LEFT: Final = f"\u202e\u200f{HEBREW}"
RANDOMNESS: Final = "5a" * 32
LONG: Final = "W" * 128
EMOJI: Final = "\U0001f39f\U0001f469\U0001f3fd" * 16
CODES: Final = (BREAKING, f"{EMOJI}-1", LONG, "x" * 60 + BREAKING, *(f"CODE-{at}" for at in range(20)))


@dataclass(frozen=True, slots=True)
class Sold:
    sale: Sale
    fans: list[str]
    """The first is confirmed, the second is not, the third has the longest id."""
    import_id: str
    key: str
    held: str
    """A code that is reserved."""
    draws: list[tuple[str, str]]
    """Campaign and id: announced for a round, announced without one, and drawn."""


def sold(office: Office) -> Sold:
    markets = tuple(map(MarketId, ("nyc", "bos", f"<b>{'m' * 50}", HEBREW)))
    sale = Sale(office, new_campaign_id())
    name = f"{BREAKING} {RIGHT_TO_LEFT} {LONG}"
    office.platform.put_campaigns(campaign_body(a_campaign(sale.id, name=name, markets=markets)))
    fans = [
        sale.fan(BREAKING, firstName=BREAKING, lastName=LONG[:100], attributes={"<i>": BREAKING, "a": LONG}),
        sale.fan("bob", confirmed=False, firstName=HEBREW),
        sale.fan("W" * 100),
    ]
    scores = [{"userId": fan, "score": 70 + at} for at, fan in enumerate(fans)]
    sale.ask("POST", "entries/scoring", {"records": scores})
    receipt = sale.stock(*map(_quoted, CODES), "NULL", "bad\u200bcode", name="a'&b" + "n" * 100 + ".csv")
    hold = sale.ask("POST", "reserve", {"type": "tm", "count": 2})
    given = [{"code": hold["codes"][0], "userId": fans[0]}]
    sale.ask("POST", "assign", {"reserveId": hold["reserveId"], "assignments": given})
    draws = [*_announced(sale, "drand", "manual"), _drawn(office)]
    return Sold(sale, fans, receipt["importId"], receipt["key"], hold["codes"][1], draws)


def _announced(sale: Sale, *beacons: str) -> Iterator[tuple[str, str]]:
    rules: dict[str, Any] = {"places": {"nyc": 1, HEBREW: 2}, "groupBy": BREAKING, "tiers": [90, 70.5]}
    for kind in beacons:
        beacon = {"kind": kind} | ({"round": in_an_hour()} if kind == "drand" else {})
        yield sale.id, sale.ask("POST", "draws", rules | {"beacon": beacon})["drawId"]


def in_an_hour() -> int:
    """The number of a round of drand."""
    return QUICKNET.first_round_from(datetime.now(UTC) + timedelta(hours=1))


def _drawn(office: Office) -> tuple[str, str]:
    """In a campaign of its own: the draw decides about fans that other pages show undecided."""
    sale = Sale(office, new_campaign_id())
    markets = (MarketId("nyc"), MarketId(HEBREW), MarketId("m" * 50))
    office.platform.put_campaigns(campaign_body(a_campaign(sale.id, markets=markets)))
    for name in ("ann", "bob", "cid"):
        sale.fan(name, markets=[*markets])
    rules = {"places": {"nyc": 1, "m" * 50: 1}, "beacon": {"kind": "manual"}}
    draw: str = sale.ask("POST", "draws", rules)["drawId"]
    sale.ask("POST", f"draws/{draw}/run", {"randomness": RANDOMNESS})
    sale.ask("POST", f"draws/{draw}/fill", {"places": {"nyc": 1}})
    return sale.id, draw


def _quoted(code: str) -> str:
    """As a cell of a file."""
    return '"' + code.replace('"', '""') + '"'
