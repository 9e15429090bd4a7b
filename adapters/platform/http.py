"""campaign-service and user-service over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import Answer, HttpNeighbour, http_neighbour, unavailable
from adapters.platform.bodies import CAMPAIGN, FAN, CampaignBody, FanBody
from domain.model.campaigns import Campaign, Fan
from domain.model.errors import CampaignNotFound, UserNotFound
from domain.model.ids import CampaignId, UserId

Body = TypeVar("Body", CampaignBody, FanBody)

SECONDS: Final = 2.0
ATTEMPTS: Final = 2


class HttpCampaigns:
    def __init__(self, service: HttpNeighbour) -> None:
        self._service = service

    async def get(self, campaign_id: CampaignId) -> Campaign:
        body = await _found(self._service, "campaigns", campaign_id, CAMPAIGN)
        if body is None:
            raise CampaignNotFound
        return body.to_campaign()


class HttpUsers:
    def __init__(self, service: HttpNeighbour) -> None:
        self._service = service

    async def get(self, user_id: UserId) -> Fan:
        body = await _found(self._service, "users", user_id, FAN)
        if body is None:
            raise UserNotFound
        return body.to_fan()


async def _found(
    service: HttpNeighbour, collection: str, id: str, decoder: "msgspec.json.Decoder[Body]"
) -> Body | None:
    """The record, None if there is none. Another record than the one asked for is no answer at all."""
    try:
        answer = await service.get(collection, id, attempts=ATTEMPTS)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        body = _read(answer, decoder, id)
    except NoAnswer as error:
        raise unavailable(collection, error) from error
    return body


def _read(answer: Answer, decoder: "msgspec.json.Decoder[Body]", id: str) -> Body:
    """The log names a campaign. The id of an account may be somebody's address: the request's id leads to it."""
    named = f"campaign {id}" if decoder is CAMPAIGN else "an account"
    try:
        body = answer.read(decoder)
    except NoAnswer as error:
        raise NoAnswer(f"{named}: {error.reason}") from None
    if body.id != id:
        raise NoAnswer(f"{named}: another id")
    return body


@asynccontextmanager
async def http_campaigns(url: str) -> AsyncIterator[HttpCampaigns]:
    """campaign-service below ``url``."""
    async with http_neighbour(url, part="campaigns", seconds=SECONDS) as service:
        yield HttpCampaigns(service)


@asynccontextmanager
async def http_users(url: str) -> AsyncIterator[HttpUsers]:
    """user-service below ``url``."""
    async with http_neighbour(url, part="users", seconds=SECONDS) as service:
        yield HttpUsers(service)
