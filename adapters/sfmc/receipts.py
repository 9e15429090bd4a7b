"""Sends receipts with the Transactional Messaging API of Salesforce Marketing Cloud (SFMC)."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import structlog

from adapters.outgoing.answers import Answer
from adapters.outgoing.breaker import CircuitOpen, NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_neighbour, unavailable
from adapters.sfmc.answers import Busy, Misconfigured, refusal
from adapters.sfmc.tokens import AccessTokens
from ports.neighbours import Receipt

PATH: Final = "/messaging/v1/email/messages"
SECONDS: Final = 5.0
"""The time-out of one request."""
TOTAL_SECONDS: Final = 15.0
"""The time-out of all attempts together."""
PAUSES_SECONDS: Final = (0.5, 1.0, 2.0)
"""The longest pause before each further attempt."""
LONGEST_WAIT_SECONDS: Final = 5.0
"""The longest Retry-After that we wait for. After a longer one the mailer counts as unavailable."""


class SfmcReceipts:
    """The receipt's id is the message key. SFMC refuses a key that it accepted in the last two days. So a mail is
    not sent again when it was accepted and then the answer was lost or the worker was killed."""

    def __init__(self, mailer: HttpNeighbour, tokens: AccessTokens, *, definition_key: str) -> None:
        self._mailer = mailer
        self._tokens = tokens
        self._definition_key = definition_key

    async def send(self, receipt: Receipt) -> bool:
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                refused = await self._send_with_retries(receipt)
        except NoAnswer as error:
            raise unavailable("receipts", error) from None
        except TimeoutError:
            raise unavailable("receipts", NoAnswer("timed out")) from None
        if refused is not None:
            structlog.get_logger().warning("receipt.refused", message_id=receipt.id, reason=refused)
        return refused is None

    async def _send_with_retries(self, receipt: Receipt) -> str | None:
        """Send the mail, and repeat failures that may pass soon. Raises NoAnswer."""
        for pause in PAUSES_SECONDS:
            try:
                return refusal(await self._mail(receipt))
            except (CircuitOpen, Misconfigured):
                raise
            except NoAnswer as error:
                wait = error.seconds if isinstance(error, Busy) else 0
                if wait > LONGEST_WAIT_SECONDS:
                    raise
                await asyncio.sleep(wait + random.uniform(0, pause))
        return refusal(await self._mail(receipt))

    async def _mail(self, receipt: Receipt) -> Answer:
        """Send the mail. When SFMC refuses the token, which may end early, send again with a new token."""
        token = await self._tokens.current()
        answer = await self._post(receipt, token)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        self._tokens.forget(token)
        return await self._post(receipt, await self._tokens.current())

    async def _post(self, receipt: Receipt, token: str) -> Answer:
        body = {
            "definitionKey": self._definition_key,
            "recipient": {
                "contactKey": receipt.user_id,
                "to": receipt.email,
                "attributes": _attributes(receipt),
            },
        }
        path = f"{PATH}/{quote(receipt.id, safe='')}"
        return await self._mailer.post(body, path=path, headers={"Authorization": f"Bearer {token}"})


def _attributes(receipt: Receipt) -> dict[str, str]:
    """The values that the text of the mail may use. Unknown values are left out."""
    known = {
        "CampaignId": receipt.campaign_id,
        "FirstName": receipt.first_name,
        "LastName": receipt.last_name,
        "Markets": ", ".join(receipt.markets),
    }
    return {name: value for name, value in known.items() if value}


@asynccontextmanager
async def sfmc_receipts(
    url: str, *, auth_url: str, client_id: str, client_secret: str, definition_key: str
) -> AsyncIterator[SfmcReceipts]:
    """SFMC with the REST address ``url`` and the authentication address of one tenant."""
    async with (
        http_neighbour(auth_url, part="receipts", seconds=SECONDS) as auth,
        http_neighbour(url, part="receipts", seconds=SECONDS) as mailer,
    ):
        tokens = AccessTokens(auth, client_id=client_id, client_secret=client_secret)
        yield SfmcReceipts(mailer, tokens, definition_key=definition_key)
