"""The connection to Amazon SQS, and what its errors mean."""

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, Final

import aioboto3
import aiohttp
import botocore.exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import unavailable

LONGEST_WAIT_SECONDS: Final = 20
"""Of one long poll; SQS allows no more."""
READ_TIMEOUT_SECONDS: Final = 30
"""Longer than a long poll, and shorter than a job stays in hand: one whose delivery is lost on the way comes again
only after we have given up waiting for it."""
VISIBILITY_SECONDS: Final = 60
"""How long a job that was handed out is nobody else's: SQS's visibility timeout."""
BATCH: Final = 10
"""Messages in one call; SQS allows no more."""
MAX_CONNECTIONS: Final = 50
"""Several polls at once of two queues, and what is told of jobs meanwhile."""
LONGEST_DELAY_SECONDS: Final = 900
"""Before a message is handed out first; SQS allows no more."""
DEAD_SUFFIX: Final = "-dead"
LATER_SUFFIX: Final = "-later"
MISSING: Final = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
_CONFIG: Final = Config(
    connect_timeout=2,
    read_timeout=READ_TIMEOUT_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=MAX_CONNECTIONS,
)


@asynccontextmanager
async def sqs_client(region: str | None) -> AsyncIterator[Any]:
    """Connect by the standard AWS variables; botocore itself does not know ``AWS_REGION``, hence ``region``.

    aiobotocore makes its clients at run time, so there is no type to name.
    """
    async with aioboto3.Session().client("sqs", region_name=region, config=_CONFIG) as client:
        yield client


@contextmanager
def translated() -> Iterator[None]:
    """What SQS refuses or does not answer is Unavailable; the reason goes to the log, without what was sent."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        raise unavailable("queue", NoAnswer(_advice(code_of(error)))) from None
    except (
        botocore.exceptions.BotoCoreError,
        ResponseParserError,
        aiohttp.ClientError,
        OSError,
    ) as error:
        raise unavailable("queue", NoAnswer(type(error).__name__)) from None


def code_of(error: botocore.exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _advice(code: str) -> str:
    return f"{code}: run fangate migrate" if code in MISSING else code


def whole_seconds(time: timedelta) -> int:
    """Rather too long than too short."""
    return math.ceil(time.total_seconds())


def dead_letters_of(queue: str) -> str:
    return f"{queue}{DEAD_SUFFIX}"


def later_of(queue: str) -> str:
    """Where jobs wait that were put off: in one queue, new jobs would wait behind them."""
    return f"{queue}{LATER_SUFFIX}"
