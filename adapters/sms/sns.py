"""Sends text messages with Amazon SNS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import botocore.exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from adapters.outgoing.aws import aws_session
from adapters.outgoing.breaker import Breaker, NoAnswer
from adapters.outgoing.http import unavailable
from domain.model.registrations.phones import PhoneNumber

SECONDS: Final = 2.0
_CONFIG: Final = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1})
"""No retries: a repeat could reach the phone twice, and a fan can ask for another code."""
_TRANSACTIONAL: Final = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
"""Transactional messages are sent before advertisements."""


class SnsSms:
    def __init__(self, client: Any) -> None:
        # aiobotocore creates its clients at run time, so they have no type that could be named.
        self._client = client
        self._breaker = Breaker("sms")

    async def send(self, to: PhoneNumber, body: str) -> None:
        try:
            with self._breaker.watch():
                refusal = await self._publish(to, body)
        except NoAnswer as error:
            raise unavailable("sms", error) from error
        if refusal is not None:
            raise unavailable("sms", NoAnswer(refusal))

    async def _publish(self, to: PhoneNumber, body: str) -> str | None:
        """None, or the error code when SNS refuses this message. Raises NoAnswer when SNS is down.

        Errors of SNS contain the number, so they do not leave this method.
        """
        try:
            async with asyncio.timeout(SECONDS):
                await self._client.publish(PhoneNumber=to, Message=body, MessageAttributes=_TRANSACTIONAL)
        except botocore.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise NoAnswer(_code(error)) from None
            return _code(error)
        except (botocore.exceptions.BotoCoreError, ResponseParserError, TimeoutError, OSError) as error:
            raise NoAnswer(type(error).__name__) from None
        return None


def _code(error: botocore.exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


@asynccontextmanager
async def sns_sms(*, region: str | None) -> AsyncIterator[SnsSms]:
    """Connect with the standard AWS variables. ``region`` is needed because botocore does not read
    ``AWS_REGION``."""
    async with aws_session().client("sns", region_name=region, config=_CONFIG) as client:
        yield SnsSms(client)
