"""What every act of the demo uses: a running service, reached over HTTP, and its neighbours."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx2

from entrypoints.cli.demo.crowd import Crowd
from entrypoints.cli.demo.sms import SmsSink
from entrypoints.cli.demo.story import Story

Answer = dict[str, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")

CALLERS: Final = 64
"""Requests in progress at the same time."""


class DemoFailed(Exception):
    """The demo cannot go on. The text is for the person who runs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    client: httpx2.AsyncClient
    """The token of an administrator."""
    story: Story
    campaign: str
    """Another one in each run, so that the demo can be repeated on one database."""
    hold_seconds: float
    crowd: Crowd
    phones: SmsSink
    token_of: Callable[[str], str]
    """A fan's own token."""
    helper_token: Callable[[str], str]
    """The token of staff with one scope, for this campaign."""

    async def get(self, path: str, **parameters: str) -> Answer:
        return await self._ask("GET", path, params=parameters)

    async def post(self, path: str, body: Answer) -> Answer:
        return await self._ask("POST", path, json=body)

    async def post_as(self, fan: str, path: str, body: Answer) -> httpx2.Response:
        """The answer to a fan's request. It may be a refusal."""
        return await self.send_as(self.token_of(fan), "POST", path, json=body)

    async def upload(self, path: str, content: bytes) -> Answer:
        response = await self.send("PUT", path, content=content)
        if response.status_code != httpx2.codes.CREATED:
            raise DemoFailed(f"PUT {path} was answered {response.status_code}: {response.text}")
        answer: Answer = response.json()
        return answer

    async def send_as(self, token: str, method: str, path: str, **request: Any) -> httpx2.Response:
        """The answer to a request with another token. It may be a refusal."""
        return await self.send(method, path, headers={"Authorization": f"Bearer {token}"}, **request)

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        """The answer. Any status but 200 ends the demo."""
        response = await self.send(method, path, **request)
        if response.status_code != httpx2.codes.OK:
            raise DemoFailed(f"{method} {path} was answered {response.status_code}: {response.text}")
        answer: Answer = response.json()
        return answer

    async def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """The answer to a request below the campaign, unless the path begins with a slash."""
        path = path if path.startswith("/") else f"/{self.campaign}/{path}"
        try:
            return await self.client.request(method, path, **request)
        except httpx2.TransportError as error:
            raise DemoFailed(f"{method} {path}: {type(error).__name__}") from error


async def each(items: Iterable[Item], ask: Callable[[Item], Awaitable[Result]]) -> list[Result]:
    """Call ``ask`` for each item, ``CALLERS`` at a time. Returns the answers in the order of the items."""
    limit = asyncio.Semaphore(CALLERS)

    async def one(item: Item) -> Result:
        async with limit:
            return await ask(item)

    return await asyncio.gather(*map(one, items))
