"""The fanscore service: the account score of a fan."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from adapters.outgoing.answers import Answer
from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_neighbour, log_no_answer, unavailable
from domain.model.ids import CampaignId, UserId

SECONDS: Final = 0.3
"""For a registration: the fan waits for the answer."""
PATIENT_SECONDS: Final = 5.0
"""For a worker."""
_NOT_YET: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.ACCEPTED}
_REFUSES_EVERY_REQUEST: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
"""Answers that are not about this fan: the service refuses all requests."""


class _Score(msgspec.Struct, frozen=True):
    value: Annotated[float, msgspec.Meta(ge=0, le=1)]


_SCORE: Final = msgspec.json.Decoder(_Score)


class NoFanscore:
    """For installations without account scoring."""

    configured: Final = False

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        return None

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        return None


class HttpFanscore:
    """The fanscore service, with two connections: one for registrations, with a short time-out, and one for the
    worker, with a long one. Each has its own circuit breaker."""

    configured: Final = True

    def __init__(self, service: HttpNeighbour, patient: HttpNeighbour) -> None:
        self._service = service
        self._patient = patient

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        try:
            return _read(await _ask(self._service, user_id, campaign_id))
        except NoAnswer as error:
            log_no_answer("fanscore", error)
            return None

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        """An answer that cannot be decoded may concern this fan only, so it counts as not known yet."""
        try:
            answer = await _ask(self._patient, user_id, campaign_id)
        except NoAnswer as error:
            raise unavailable("fanscore", error) from None
        if answer.status in _REFUSES_EVERY_REQUEST:
            raise unavailable("fanscore", NoAnswer(f"status {answer.status}"))
        try:
            return _read(answer)
        except NoAnswer as error:
            log_no_answer("fanscore", error)
            return None


async def _ask(service: HttpNeighbour, user_id: UserId, campaign_id: CampaignId) -> Answer:
    return await service.get("users", user_id, "fanscore", params={"campaignId": campaign_id})


def _read(answer: Answer) -> float | None:
    return None if answer.status in _NOT_YET else answer.read(_SCORE).value


@asynccontextmanager
async def http_fanscore(url: str) -> AsyncIterator[HttpFanscore]:
    """The fanscore service at ``url``."""
    async with (
        http_neighbour(url, part="fanscore", seconds=SECONDS) as service,
        http_neighbour(url, part="fanscore", seconds=PATIENT_SECONDS) as patient,
    ):
        yield HttpFanscore(service, patient)
