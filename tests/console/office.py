"""A ticket office: the service in this process over memory, its staff with their browsers, and its fans."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from litestar.testing import TestClient
from litestar.types import ASGIApp
from pydantic import SecretStr

from entrypoints.application import Application
from entrypoints.config.settings import Settings
from entrypoints.console.pages import console
from entrypoints.http.app import http_app
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.response.answers import Reply, no_content
from tests.console.reading import Form, Seen
from tests.support.fresh import new_campaign_id, new_phone
from tests.support.platform import Platform
from tests.support.registrations import a_campaign, a_fan, campaign_body, fan_body
from tests.support.servers.service import SECRET
from tests.support.tokens import bearer, token

HOST: Final = "http://testserver.local"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the browser got."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    page: Seen

    @property
    def text(self) -> str:
        return self.page.text

    @property
    def leads_to(self) -> str:
        return self.headers.get("location", "")


@dataclass(slots=True)
class Browser:
    """Keeps cookies as a browser does, and follows no redirect by itself."""

    client: TestClient[Any]
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, address: str, headers: Mapping[str, str] | None = None, **request: Any) -> Shown:
        own = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        self.client.cookies.clear()
        answer = self.client.request(
            method, address, headers={**own, **self.headers, **(headers or {})}, follow_redirects=False, **request
        )
        set_cookies = answer.headers.get_list("set-cookie")
        for cookie in set_cookies:
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return Shown(answer.status_code, answer.headers, set_cookies, Seen(answer.text))

    def open(self, address: str, **headers: str) -> Shown:
        return self.ask("GET", address, headers)

    def send(self, form: Form, **values: str) -> Shown:
        return self.post(form.action, form.filled(**values))

    def post(self, address: str, pairs: list[tuple[str, str]], **headers: str) -> Shown:
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        return self.ask("POST", address, {"origin": HOST, **headers}, data=data)

    def follow(self, shown: Shown) -> Shown:
        assert shown.status == 303, shown.text
        return self.open(shown.leads_to)

    def sign_in(self, **claims: Any) -> "Browser":
        shown = self.post("/console/sign-in", [("token", token(**claims))])
        assert (shown.status, shown.leads_to) == (303, "/console"), shown.text
        return self


Work = Callable[[Application], Awaitable[None]]


class Inside:
    """Work that is done inside the service, where no operation of the API does it."""

    ADDRESS: Final = "/console/tests/inside"

    def __init__(self) -> None:
        self._work: list[Work] = []

    async def endpoint(self, request: AnyRequest) -> Reply:
        await self._work.pop()(request.app.state.application)
        return no_content()

    def do(self, client: TestClient[Any], work: Work) -> None:
        self._work.append(work)
        assert client.post(self.ADDRESS).status_code == 204


@dataclass(frozen=True, slots=True)
class Office:
    client: TestClient[Any]
    platform: Platform
    inside: Inside

    def browser(self) -> Browser:
        return Browser(self.client)

    def staff(self, **claims: Any) -> Browser:
        """Signed in; ``claims`` narrow the token."""
        return self.browser().sign_in(**claims)

    def campaign(self, **changes: Any) -> "Sale":
        sale = Sale(self, new_campaign_id())
        self.platform.put_campaigns(campaign_body(a_campaign(sale.id, **changes)))
        return sale

    def do(self, work: Work) -> None:
        self.inside.do(self.client, work)

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """Of the API, as staff; the body of an answer that must be a good one."""
        self.client.cookies.clear()
        answer = self.client.request(method, path, headers=bearer() | request.pop("headers", {}), **request)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@dataclass(frozen=True, slots=True)
class Sale:
    office: Office
    id: str

    def at(self, *segments: str) -> str:
        return "/".join(("/console/campaigns", self.id, *segments))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return self.office.ask(method, f"/{self.id}/{path}", **({} if body is None else {"json": body}))

    def stock(self, *codes: str, type: str = "tm", name: str = "first.csv") -> Any:
        content = "\n".join(codes).encode()
        kept = self.office.ask("PUT", f"/{self.id}/uploads/{type}/{name}?replace=true", content=content)
        return self.ask("POST", "codes", {"key": kept["key"]})

    def fan(self, name: str = "ann", *, confirmed: bool = True, **details: Any) -> str:
        """Registered. The account vouches for the phone of one who is confirmed."""
        phone = details.pop("phone", None) or new_phone()
        id = f"{name}-{self.id}"
        self.office.platform.put_fans(fan_body(a_fan(id, phone=phone, phone_verified=confirmed)))
        self.ask("POST", "entries", {"userId": id, "phone": phone, "markets": ["nyc", "bos"], **details})
        return id


@contextmanager
def an_office(folder: Path, **settings: Any) -> Iterator[Office]:
    platform = Platform(folder, None)  # type: ignore[arg-type]  # its messages go to the log
    platform.objects.mkdir(exist_ok=True)
    platform.put_campaigns()
    platform.put_fans()
    given: dict[str, Any] = {
        "jwt_secret": SecretStr(SECRET),
        "campaigns": f"file:{folder}/campaigns.json",
        "users": f"file:{folder}/users.json",
        "objects": f"file:{platform.objects}",
    }
    inside, read = Inside(), Settings(**given | settings)
    pages = console(read)
    added = {(Inside.ADDRESS, "POST"): inside.endpoint}
    app: ASGIApp = http_app(read, replace(pages, endpoints={**pages.endpoints, **added}))
    with TestClient(app, base_url=HOST) as client:
        yield Office(client, platform, inside)
