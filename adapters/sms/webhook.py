"""Sends text messages to an SMS gateway that accepts ``{"to", "body"}`` over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_neighbour, unavailable
from domain.model.registrations.phones import PhoneNumber

SECONDS: Final = 2.0


class WebhookSms:
    """Any 2xx means that the gateway accepted the message. Without retries: a fan can ask for another code."""

    def __init__(self, gateway: HttpNeighbour) -> None:
        self._gateway = gateway

    async def send(self, to: PhoneNumber, body: str) -> None:
        try:
            answer = await self._gateway.post({"to": to, "body": body})
        except NoAnswer as error:
            raise unavailable("sms", error) from error
        if not answer.ok:
            raise unavailable("sms", NoAnswer(f"status {answer.status}"))


@asynccontextmanager
async def webhook_sms(url: str) -> AsyncIterator[WebhookSms]:
    """The gateway with the exact address ``url``."""
    async with http_neighbour(url, part="sms", seconds=SECONDS) as gateway:
        yield WebhookSms(gateway)
