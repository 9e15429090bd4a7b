"""The connection to Amazon SQS, and the translation of its errors."""

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, Final

import aiohttp
import botocore.exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from adapters.outgoing.aws import aws_session
from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import unavailable

LONGEST_WAIT_SECONDS: Final = 20
"""The time of one long poll. It is the limit of SQS."""
READ_TIMEOUT_SECONDS: Final = 30
"""Longer than a long poll, and shorter than VISIBILITY_SECONDS: a job whose delivery was lost comes again only
after we have stopped waiting for the answer."""
VISIBILITY_SECONDS: Final = 60
"""How long a delivered job is hidden from other workers: the visibility timeout of SQS."""
BATCH: Final = 10
"""Messages in one call. It is the limit of SQS."""
MAX_CONNECTIONS: Final = 50
"""Enough for several polls of two queues, and other calls at the same time."""
LONGEST_DELAY_SECONDS: Final = 900
"""The delay of a new message. It is the limit of SQS."""
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
    """Connect with the standard AWS variables. ``region`` is needed because botocore does not read ``AWS_REGION``.

    aiobotocore creates its clients at run time, so they have no type that could be named.
    """
    async with aws_session().client("sqs", region_name=region, config=_CONFIG) as client:
        yield client


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of SQS into Unavailable. The reason is logged, without data that was sent."""
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
    """Full seconds, rounded up."""
    return math.ceil(time.total_seconds())


def dead_letters_of(queue: str) -> str:
    return f"{queue}{DEAD_SUFFIX}"


def later_of(queue: str) -> str:
    """The queue of postponed jobs. In the same queue, new jobs would wait behind them."""
    return f"{queue}{LATER_SUFFIX}"
