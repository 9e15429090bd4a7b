"""A campaign of a test's own on a running service, its fans with their phones, and its staff."""

import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from domain.model.registrations.campaigns import Campaign
from tests.support.platform import Platform
from tests.support.registrations import a_campaign, a_fan, campaign_body, fan_body
from tests.support.servers.service import Service
from tests.support.tokens import bearer

_PHONES: Final = (f"+1201{number}" for number in itertools.count(5_550_000))
"""Of a test's own each: how many codes a number gets is counted over all campaigns."""


def a_phone() -> str:
    return next(_PHONES)


@dataclass(frozen=True, slots=True)
class Fan:
    """Someone with an account, a token and a phone."""

    scene: "Scene"
    id: str
    phone: str = field(default_factory=a_phone)

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.id, supreme=False)

    def get(self, path: str) -> httpx2.Response:
        return self.scene.ask("GET", path, headers=self.headers)

    def post(self, path: str, body: Any) -> httpx2.Response:
        return self.scene.ask("POST", path, headers=self.headers, json=body)

    def register(self, **changes: Any) -> httpx2.Response:
        return self.post("entries", {"phone": self.phone, "markets": ["nyc", "bos"]} | changes)

    def registered(self, **changes: Any) -> Any:
        """The entry, of a registration that must have been taken."""
        answer = self.register(**changes)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def confirm(self, entry: Any, code: str | None = None) -> httpx2.Response:
        """With the code last sent to the phone, unless another is given."""
        code = code or self.codes()[-1]
        return self.post("entries/confirm", {"token": entry["confirmation"]["token"], "code": code})

    def confirmed(self, **changes: Any) -> Any:
        """The entry, registered and confirmed as fans do it."""
        answer = self.confirm(self.registered(**changes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def codes(self) -> list[str]:
        return self.scene.platform.codes_sent_to(self.phone)

    def wrong_code(self) -> str:
        return f"{(int(self.codes()[-1]) + 1) % 1_000_000:06}"

    def use_up_all_tries(self, entry: Any) -> None:
        wrong = self.wrong_code()
        assert [self.confirm(entry, wrong).status_code for _ in range(5)] == [422] * 5


@dataclass(frozen=True, slots=True)
class Scene:
    service: Service
    platform: Platform
    http: httpx2.Client
    campaign: str = field(default_factory=lambda: f"c-{uuid.uuid4().hex[:12]}")

    def opens(self, **changes: Any) -> "Scene":
        """The campaign, as ``a_campaign`` but for ``changes``; said again, it changes."""
        campaign: Campaign = a_campaign(self.campaign, **changes)
        self.platform.put_campaigns(campaign_body(campaign))
        return self

    def fan(self, name: str = "ann", *, using: str | None = None, **account: Any) -> Fan:
        """Someone ``using`` a phone, with an account that vouches for nothing but ``account``."""
        id = f"{name}-{self.campaign}"
        self.platform.put_fans(fan_body(a_fan(id, **account)))
        return Fan(self, id, using or a_phone())

    def ask(self, method: str, path: str, **request: Any) -> httpx2.Response:
        return self.http.request(method, f"/{self.campaign}/{path}", **request)

    def get(self, path: str, **request: Any) -> httpx2.Response:
        """As staff."""
        return self.ask("GET", path, **{"headers": bearer()} | request)

    def post(self, path: str, body: Any, **request: Any) -> httpx2.Response:
        """As staff."""
        return self.ask("POST", path, json=body, **{"headers": bearer()} | request)

    def told(self, path: str, body: Any) -> Any:
        """The answer to what staff must be allowed."""
        answer = self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def seen(self, path: str, **parameters: Any) -> Any:
        """The answer to what staff must be allowed to ask."""
        answer = self.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def score(self, **scores: Any) -> Any:
        """Of fans by name."""
        records = [{"userId": f"{name}-{self.campaign}", "score": score} for name, score in scores.items()]
        return self.told("entries/scoring", {"records": records})

    def select(self, selection: str, *names: str) -> Any:
        users = [f"{name}-{self.campaign}" for name in names]
        return self.told("entries/selection", {"userIds": users, "selection": selection})

    def ranking(self, **parameters: Any) -> list[str]:
        """The names of the eligible on one page, the best first."""
        return [self.name(record["userId"]) for record in self.seen("entries/scoring", **parameters)["records"]]

    def name(self, user_id: str) -> str:
        return user_id.removesuffix(f"-{self.campaign}")
