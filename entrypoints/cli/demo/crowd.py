"""The fans of the demo: their accounts and phones, and what the demo does with each."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

FANS: Final = 1_000
MARKETS: Final = {"nyc": "New York", "bos": "Boston", "chi": "Chicago", "lax": "Los Angeles"}
GATES: Final = ("gate.invite_required", "gate.linked_account_required", "gate.card_required")
TURNED_AWAY: Final = ((GATES, 10), *(((gate,), 10) for gate in GATES))
"""Gates that some fans fail, and how many fans."""
VOUCHED: Final = 100
"""Fans with a number that their account has already verified."""
SILENT: Final = 25
"""Fans who never enter the code that they are sent."""
AREA_CODES: Final = (
    212, 213, 310, 312, 323, 332, 347, 424, 617, 646, 718, 747, 773, 781, 818, 857, 872, 917, 929,
)  # fmt: skip
"""Of the four cities. In each, the numbers 555-0100 to 555-0199 are reserved for fiction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    id: str
    phone: str
    markets: tuple[str, ...]
    score: float
    """The score that the scoring service gives the fan."""
    lacks: tuple[str, ...] = ()
    vouched: bool = False
    silent: bool = False

    @property
    def passes(self) -> bool:
        return not self.lacks

    @property
    def will_confirm(self) -> bool:
        return self.passes and not self.silent

    @property
    def invite(self) -> str:
        return f"VIP-{self.id}"

    @property
    def typed(self) -> str:
        """The number as a fan types it."""
        return f"({self.phone[2:5]}) {self.phone[5:8]}-{self.phone[8:]}"

    def registration(self, phone: str | None = None) -> dict[str, Any]:
        """The body of the fan's registration."""
        return {"phone": phone or self.typed, "markets": self.markets, "inviteCode": self.invite}

    def account(self, campaign: str) -> dict[str, Any]:
        """The fan's account in user-service."""
        invited, linked, card = (gate not in self.lacks for gate in GATES)
        return {
            "id": self.id,
            "email": f"{self.id}@example.com",
            "firstName": "Fan",
            "lastName": self.id.removeprefix("fan-"),
            "phone": self.phone if self.vouched else None,
            "phoneVerified": self.vouched,
            "linkedAccounts": ["spotify"] if linked else [],
            "verifiedCard": card,
            "inviteCodes": {campaign: [self.invite]} if invited else {},
        }

    def transferred(self, source: str, target: str) -> "Fan":
        """``target`` takes the position of ``source``. A fan who chose both has it once, at the better rank."""
        moved = (target if market == source else market for market in self.markets)
        return replace(self, markets=tuple(dict.fromkeys(moved)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    campaign: str
    fans: Sequence[Fan]
    latecomer: Fan
    """A fan who wants to use another fan's number."""

    def write(self, folder: Path) -> dict[str, str]:
        """Write files that replace campaign-service and user-service. Returns the settings that name them."""
        accounts = [fan.account(self.campaign) for fan in (*self.fans, self.latecomer)]
        settings = {}
        for name, records in (("CAMPAIGNS", [_campaign(self.campaign)]), ("USERS", accounts)):
            path = folder / f"{name.lower()}.json"
            path.write_text(json.dumps(records))
            settings[name] = f"file:{path}"
        return settings


def gather(campaign: str) -> Crowd:
    """Different fans in each run, in random order. No other run has their ids: one of them is erased."""
    phones = random.sample([f"+1{area}55501{line:02}" for area in AREA_CODES for line in range(100)], FANS + 1)
    run = campaign.removeprefix("demo-")
    fans = [_fan(f"fan-{run}-{number:04}", phone) for number, phone in enumerate(phones)]
    latecomer = fans.pop()
    some = iter(random.sample(range(FANS), FANS))
    for lacks, count in TURNED_AWAY:
        for _ in range(count):
            index = next(some)
            fans[index] = replace(fans[index], lacks=lacks)
    for _ in range(VOUCHED):
        index = next(some)
        fans[index] = replace(fans[index], vouched=True)
    for _ in range(SILENT):
        index = next(some)
        fans[index] = replace(fans[index], silent=True)
    return Crowd(campaign=campaign, fans=fans, latecomer=latecomer)


def _fan(id: str, phone: str) -> Fan:
    markets = random.sample(list(MARKETS), random.randint(1, len(MARKETS)))
    return Fan(id=id, phone=phone, markets=tuple(markets), score=round(random.uniform(0, 100), 1))


def _campaign(id: str) -> dict[str, Any]:
    return {
        "id": id,
        "name": "The demo tour",
        "status": "open",
        "opensAt": None,
        "closesAt": None,
        "needsPhoneConfirmation": True,
        "gates": {"inviteOnly": True, "linkedAccounts": ["spotify"], "verifiedCard": True},
        "markets": [{"id": market, "name": name} for market, name in MARKETS.items()],
        "defaultRegion": "US",
    }
