"""A campaign of a test's own on a running service, with its staff, its fans and its codes.

One caller at a time. The crowds that call in the same instant are in ``tests/system``; the use cases without a
service have a scene of their own in ``tests/usecases``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from domain.model.registrations.campaigns import Campaign
from tests.support.fresh import new_campaign_id, new_phone
from tests.support.platform import Platform
from tests.support.registrations import a_campaign, a_fan, campaign_body, fan_body
from tests.support.servers.service import Service, service
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS

TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Fan:
    """A fan with an account, a token and a phone."""

    scene: "Scene"
    id: str
    phone: str = field(default_factory=new_phone)

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
    """Without a token."""
    campaign: str = field(default_factory=new_campaign_id)

    def elsewhere(self, campaign: str | None = None) -> "Scene":
        """Another campaign on the same service. The platform does not know it until it ``opens``."""
        return Scene(self.service, self.platform, self.http, campaign or new_campaign_id())

    def opens(self, **changes: Any) -> "Scene":
        """The campaign is ``a_campaign`` but for ``changes``. Opened a second time, it changes."""
        campaign: Campaign = a_campaign(self.campaign, **changes)
        self.platform.put_campaigns(campaign_body(campaign))
        return self

    def fan(self, name: str = "ann", *, using: str | None = None, **account: Any) -> Fan:
        """A fan ``using`` a phone, with an account that vouches for nothing but ``account``."""
        id = f"{name}-{self.campaign}"
        self.platform.put_fans(fan_body(a_fan(id, **account)))
        return Fan(self, id, using or new_phone())

    # Requests

    def ask(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Without a token, unless ``headers`` have one."""
        return self.http.request(method, f"/{self.campaign}/{path}", **request)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **request: Any) -> httpx2.Response:
        """As staff, unless ``headers`` have another token."""
        return self.ask("GET", path, headers=bearer() | dict(headers or {}), **request)

    def post(
        self, path: str, body: Any, *, headers: Mapping[str, str] | None = None, **request: Any
    ) -> httpx2.Response:
        """As staff, unless ``headers`` have another token."""
        return self.ask("POST", path, json=body, headers=bearer() | dict(headers or {}), **request)

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

    # Codes

    def put(self, content: str | bytes, *, type: str = "tm", name: str = "codes.csv") -> str:
        """A file of codes for this campaign; its key."""
        raw = content if isinstance(content, bytes) else content.encode()
        return self.platform.put_file(f"codes/{self.campaign}/{type}/{name}", raw)

    def load(
        self, content: str | bytes, *, type: str = "tm", headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx2.Response:
        """Put a file and import it."""
        return self.post("codes", {"key": self.put(content, type=type)} | options, headers=headers)

    def stock(self, *codes: str, type: str = "tm", **options: Any) -> None:
        assert self.load("\n".join(codes), type=type, **options).json()["inserted"] == len(codes)

    def reserve(self, count: int = 1, *, type: str = "tm", **more: Any) -> Any:
        """The reservation, of a request that must have been granted."""
        return self.told("reserve", {"type": type, "count": count} | more)

    def assign(self, reservation: Any, code: str, user: str) -> Any:
        body = {"reserveId": reservation["reserveId"], "assignments": [{"code": code, "userId": user}]}
        return self.post("assign", body).json()

    def counts(self, type: str = "tm") -> tuple[int, int, int]:
        counts = self.seen("codes/count")["types"][type]
        return counts["available"], counts["reserved"], counts["assigned"]

    # Registrations

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


def staff(service: Service) -> httpx2.Client:
    """A client with a supreme token."""
    return httpx2.Client(base_url=service.url, headers=bearer(), timeout=TIMEOUT_SECONDS, verify=NO_TLS)


@contextmanager
def scene_on(running: Service, platform: Platform, campaign: str | None = None) -> Iterator[Scene]:
    """An open campaign on a service that runs already."""
    with httpx2.Client(base_url=running.url, timeout=TIMEOUT_SECONDS, verify=NO_TLS) as http:
        yield Scene(running, platform, http, campaign or new_campaign_id()).opens()


@contextmanager
def a_scene(
    platform: Platform, settings: Mapping[str, str] | None = None, *, workers: int = 1, campaign: str | None = None
) -> Iterator[Scene]:
    """An open campaign on a service of its own, with the platform's settings and these."""
    with (
        service(platform.settings | dict(settings or {}), workers=workers) as running,
        scene_on(running, platform, campaign) as scene,
    ):
        yield scene
