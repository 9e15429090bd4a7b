"""The account score of a fan."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_neighbour, tell
from domain.model.ids import CampaignId, UserId

SECONDS: Final = 0.3
_NOT_YET: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.ACCEPTED}


class _Score(msgspec.Struct, frozen=True):
    value: Annotated[float, msgspec.Meta(ge=0, le=1)]


_SCORE: Final = msgspec.json.Decoder(_Score)


class NoFanscore:
    """There is nobody to ask."""

    asks: Final = False

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        return None


class HttpFanscore:
    """The fanscore service."""

    asks: Final = True

    def __init__(self, service: HttpNeighbour) -> None:
        self._service = service

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        try:
            answer = await self._service.get("users", user_id, "fanscore", params={"campaignId": campaign_id})
            return None if answer.status in _NOT_YET else answer.read(_SCORE).value
        except NoAnswer as error:
            tell("fanscore", error)
            return None


@asynccontextmanager
async def http_fanscore(url: str) -> AsyncIterator[HttpFanscore]:
    """The fanscore service below ``url``."""
    async with http_neighbour(url, part="fanscore", seconds=SECONDS) as service:
        yield HttpFanscore(service)
