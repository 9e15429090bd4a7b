"""All neighbours of Fangate, on this machine. Each does what a test wants of it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.fresh import new_id
from tests.support.registrations import a_campaign, a_fan, campaign_body, fan_body
from tests.support.servers.neighbours import (
    TROUBLES,
    Neighbour,
    Reply,
    Request,
    neighbour,
    nothing_here,
    records,
)

_CODE: Final = re.compile(r"^\d{6}\b")

FANSCORE: Final = 0.5
FRAUD: Final = 3.0


@dataclass(slots=True)
class Texts:
    """The phones of all fans: what the SMS gateway was given for each."""

    received: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    codes: set[str] = field(default_factory=set)
    """All that were ever sent."""

    def __call__(self, request: Request) -> Reply:
        message = request.json()
        code = _CODE.match(message["body"])
        if code is None:
            return Reply(400, {"error": "where is the code?"})
        self.received[message["to"]].append(code.group())
        self.codes.add(code.group())
        return Reply(202, {})

    def count(self, phone: str) -> int:
        return len(self.received[phone])

    def code(self, phone: str) -> str:
        """The one that came last."""
        return self.received[phone][-1]


@dataclass(slots=True)
class World:
    """Five neighbours. Campaigns are there once they were opened; fans are there without further ado."""

    campaigns: Neighbour
    users: Neighbour
    fanscore: Neighbour
    fraud: Neighbour
    sms: Neighbour
    texts: Texts = field(default_factory=Texts)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    _open: dict[str, object] = field(default_factory=dict)

    def open_campaign(self, **changes: Any) -> str:
        campaign = a_campaign(new_id("campaign"), **changes)
        self._open[campaign.id] = campaign_body(campaign)
        return campaign.id

    def vouch(self, user: str, phone: str) -> None:
        """This number is verified on the fan's account."""
        self.accounts[user] = fan_body(a_fan(user, phone=phone, phone_verified=True))

    def be_well(self) -> None:
        """From now on all of them do their work."""
        self.campaigns.say(records(self._open))
        self.users.say(self._account)
        self.fanscore.say(Reply(200, {"value": FANSCORE}))
        self.fraud.say(Reply(200, {"score": FRAUD, "band": "green"}))
        self.sms.say(self.texts)

    @contextmanager
    def in_trouble(self, one: Neighbour, trouble: str) -> Iterator[None]:
        """One of them, for as long as the block lasts. A slow one outlasts the patience of every client."""
        if trouble == "down":
            one.stop()
        else:
            one.say(nothing_here if trouble == "not_found" else TROUBLES[trouble])
        try:
            yield
        finally:
            if trouble == "down":
                one.start()
            self.be_well()

    def _account(self, request: Request) -> Reply:
        user = request.path.rpartition("/")[2]
        return Reply(200, self.accounts.get(user) or fan_body(a_fan(user)))

    @property
    def settings(self) -> dict[str, str]:
        return {
            "FANGATE_CAMPAIGNS": self.campaigns.url,
            "FANGATE_USERS": self.users.url,
            "FANGATE_FANSCORE": self.fanscore.url,
            "FANGATE_FRAUD": self.fraud.url,
            "FANGATE_SMS": f"{self.sms.url}/messages",
        }


@contextmanager
def a_world() -> Iterator[World]:
    with ExitStack() as stack:
        campaigns, users, fanscore, fraud, sms = (stack.enter_context(neighbour()) for _ in range(5))
        world = World(campaigns, users, fanscore, fraud, sms)
        world.be_well()
        yield world
