"""What every act of the demo uses: a running service, reached over HTTP, and its neighbours."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
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
    folder: Path
    """For the files of this run."""
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

    async def get_without_token(self, path: str) -> Answer:
        """As a caller without a token."""
        async with httpx2.AsyncClient(
            base_url=self.client.base_url, timeout=self.client.timeout, trust_env=False
        ) as unknown:
            return await replace(self, client=unknown).get(path)

    async def post_as(self, fan: str, path: str, body: Answer) -> httpx2.Response:
        """The answer to a fan's request. It may be a refusal."""
        return await self.send_as(self.token_of(fan), "POST", path, json=body)

    async def create(self, path: str, body: Answer) -> Answer:
        return _answered(await self.send("POST", path, json=body), f"POST {path}", httpx2.codes.CREATED)

    async def upload(self, path: str, content: bytes) -> Answer:
        return _answered(await self.send("PUT", path, content=content), f"PUT {path}", httpx2.codes.CREATED)

    async def send_as(self, token: str, method: str, path: str, **request: Any) -> httpx2.Response:
        """The answer to a request with another token. It may be a refusal."""
        return await self.send(method, path, headers={"Authorization": f"Bearer {token}"}, **request)

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        """The answer. Any status but 200 ends the demo."""
        return _answered(await self.send(method, path, **request), f"{method} {path}")

    async def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """The answer to a request below the campaign, unless the path begins with a slash."""
        path = path if path.startswith("/") else f"/{self.campaign}/{path}"
        try:
            return await self.client.request(method, path, **request)
        except httpx2.TransportError as error:
            raise DemoFailed(f"{method} {path}: {type(error).__name__}") from error


def _answered(response: httpx2.Response, request: str, status: int = httpx2.codes.OK) -> Answer:
    """Any other status ends the demo."""
    if response.status_code != status:
        raise DemoFailed(f"{request} was answered {response.status_code}: {response.text}")
    answer: Answer = response.json()
    return answer


async def each(items: Iterable[Item], ask: Callable[[Item], Awaitable[Result]]) -> list[Result]:
    """Call ``ask`` for each item, ``CALLERS`` at a time. Returns the answers in the order of the items."""
    limit = asyncio.Semaphore(CALLERS)

    async def one(item: Item) -> Result:
        async with limit:
            return await ask(item)

    return await asyncio.gather(*map(one, items))
