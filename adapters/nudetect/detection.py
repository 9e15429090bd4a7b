"""Fraud detection by Nudetect."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final, Literal

import msgspec

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_neighbour, log_no_answer
from domain.model.registrations.entry import Fraud, FraudStatus
from ports.neighbours import RegistrationAttempt

SECONDS: Final = 0.3

_STATUS: Final = {"green": FraudStatus.CLEAR, "yellow": FraudStatus.REVIEW, "red": FraudStatus.FLAGGED}


class _Assessment(msgspec.Struct, frozen=True):
    score: Annotated[float, msgspec.Meta(ge=0, le=100)]
    band: Literal["green", "yellow", "red"]


_ASSESSMENT: Final = msgspec.json.Decoder(_Assessment)


class NoFraudDetection:
    """For installations without fraud detection."""

    async def assess(self, attempt: RegistrationAttempt) -> Fraud:
        return Fraud(status=FraudStatus.NOT_ASKED)


class NudetectFraudDetection:
    """Fraud detection with the Nudetect API."""

    def __init__(self, service: HttpNeighbour) -> None:
        self._service = service

    async def assess(self, attempt: RegistrationAttempt) -> Fraud:
        try:
            answer = await self._service.post(_question(attempt), path="/assess")
            assessment = answer.read(_ASSESSMENT)
        except NoAnswer as error:
            log_no_answer("fraud", error)
            return Fraud()
        return Fraud(status=_STATUS[assessment.band], score=assessment.score)


def _question(attempt: RegistrationAttempt) -> dict[str, str | None]:
    return {
        "campaignId": attempt.campaign_id,
        "userId": attempt.user_id,
        "phone": attempt.phone,
        "email": attempt.email,
        "sessionId": attempt.session_id,
        "ip": attempt.ip,
        "userAgent": attempt.user_agent,
        "connectionIp": attempt.connection_ip,
        "connectionUserAgent": attempt.connection_user_agent,
        "event": attempt.event,
    }


@asynccontextmanager
async def nudetect(url: str) -> AsyncIterator[NudetectFraudDetection]:
    """Nudetect at ``url``."""
    async with http_neighbour(url, part="fraud", seconds=SECONDS) as service:
        yield NudetectFraudDetection(service)
