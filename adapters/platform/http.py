"""campaign-service and user-service over HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final, TypeVar

from adapters.outgoing.answers import Answer
from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_neighbour, unavailable
from adapters.platform.bodies import read_campaign, read_fan
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.campaigns import Campaign, Fan
from domain.model.registrations.errors import CampaignNotFound, UserNotFound

Record = TypeVar("Record", bound=Campaign | Fan)

SECONDS: Final = 2.0
ATTEMPTS: Final = 2


class HttpCampaigns:
    def __init__(self, service: HttpNeighbour) -> None:
        self._service = service

    async def get(self, campaign_id: CampaignId) -> Campaign:
        answer = await _found(self._service, "campaigns", campaign_id)
        if answer is None:
            raise CampaignNotFound
        return _read(answer, "campaigns", campaign_id, read_campaign, named=f"campaign {campaign_id}")


class HttpUsers:
    def __init__(self, service: HttpNeighbour) -> None:
        self._service = service

    async def get(self, user_id: UserId) -> Fan:
        answer = await _found(self._service, "users", user_id)
        if answer is None:
            raise UserNotFound
        # The id of an account may be a mail address, so it is not logged. The request id leads to it.
        return _read(answer, "users", user_id, read_fan, named="an account")


async def _found(service: HttpNeighbour, collection: str, id: str) -> Answer | None:
    """The answer, or None if there is no such record."""
    try:
        answer = await service.get(collection, id, attempts=ATTEMPTS)
    except NoAnswer as error:
        raise unavailable(collection, error) from error
    return None if answer.status == HTTPStatus.NOT_FOUND else answer


def _read(answer: Answer, collection: str, id: str, read: Callable[[bytes], Record], *, named: str) -> Record:
    """The record of an answer. Raises Unavailable for another record than the requested one."""
    try:
        record = read(answer.content)
    except NoAnswer as error:
        raise unavailable(collection, NoAnswer(f"{named}: {error.reason}")) from error
    if record.id != id:
        raise unavailable(collection, NoAnswer(f"{named}: another id"))
    return record


@asynccontextmanager
async def http_campaigns(url: str) -> AsyncIterator[HttpCampaigns]:
    """campaign-service at ``url``."""
    async with http_neighbour(url, part="campaigns", seconds=SECONDS) as service:
        yield HttpCampaigns(service)


@asynccontextmanager
async def http_users(url: str) -> AsyncIterator[HttpUsers]:
    """user-service at ``url``."""
    async with http_neighbour(url, part="users", seconds=SECONDS) as service:
        yield HttpUsers(service)
