"""What every act of the demo plays on: a running service, reached over HTTP, and a folder of uploads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from entrypoints.cli.demo.story import Story

Answer = dict[str, Any]


class DemoFailed(Exception):
    """The demo cannot go on; its text is for whoever runs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    client: httpx2.AsyncClient
    story: Story
    campaign: str
    """Unique per run, so that the demo can be repeated on one database."""
    uploads: Path
    """The folder behind FANGATE_OBJECTS."""
    hold_seconds: float

    async def get(self, path: str, **parameters: str) -> Answer:
        return await self._ask("GET", path, params=parameters)

    async def post(self, path: str, body: Answer) -> Answer:
        return await self._ask("POST", path, json=body)

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        """The answer to a request below the campaign; anything but a 200 ends the demo."""
        try:
            response = await self.client.request(method, f"/{self.campaign}/{path}", **request)
        except httpx2.TransportError as error:
            raise DemoFailed(f"{method} {path}: {type(error).__name__}") from error
        if response.status_code != httpx2.codes.OK:
            raise DemoFailed(f"{method} {path} was answered {response.status_code}: {response.text}")
        answer: Answer = response.json()
        return answer
