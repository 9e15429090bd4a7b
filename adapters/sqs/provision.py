"""Making the queue, the one for jobs that were put off, and the one for dead letters."""

import json
from collections.abc import Mapping
from typing import Any, Final

import botocore.exceptions

from adapters.sqs.client import (
    LONGEST_WAIT_SECONDS,
    MISSING,
    VISIBILITY_SECONDS,
    code_of,
    dead_letters_of,
    later_of,
    sqs_client,
    translated,
)

RETENTION_SECONDS: Final = 14 * 86_400
"""The longest that SQS keeps a message, for all queues: its age counts from when it was first sent, and fanscore
may be away for days."""
_KEPT: Final = {"MessageRetentionPeriod": str(RETENTION_SECONDS)}
_POLLED: Final = {
    "VisibilityTimeout": str(VISIBILITY_SECONDS),
    "ReceiveMessageWaitTimeSeconds": str(LONGEST_WAIT_SECONDS),
}

Attributes = Mapping[str, str]


async def build_queues(name: str, *, attempts: int, region: str | None) -> list[str]:
    """Make all three, or put right what is not as it should be; the names of those it did something to."""
    dead = dead_letters_of(name)
    with translated():
        async with sqs_client(region) as client:
            built = {dead: await _build(client, dead, _KEPT)}
            arn = (await _attributes(client, dead))["QueueArn"]
            # A job comes into the later queue after its first attempt.
            for queue, times in ((name, attempts), (later_of(name), max(1, attempts - 1))):
                redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": times})
                built[queue] = await _build(client, queue, _KEPT | _POLLED | {"RedrivePolicy": redrive})
    return [queue for queue, changed in built.items() if changed]


async def _build(client: Any, name: str, wanted: Attributes) -> bool:
    """Whether there was anything to do."""
    try:
        found = await _attributes(client, name)
    except botocore.exceptions.ClientError as error:
        if code_of(error) not in MISSING:
            raise
        await client.create_queue(QueueName=name, Attributes=dict(wanted))
        return True
    wrong = {key: value for key, value in wanted.items() if _meant(found.get(key)) != _meant(value)}
    if wrong:
        await client.set_queue_attributes(QueueUrl=await _url(client, name), Attributes=wrong)
    return bool(wrong)


async def _attributes(client: Any, name: str) -> Attributes:
    answer = await client.get_queue_attributes(QueueUrl=await _url(client, name), AttributeNames=["All"])
    attributes: Attributes = answer["Attributes"]
    return attributes


async def _url(client: Any, name: str) -> str:
    return str((await client.get_queue_url(QueueName=name))["QueueUrl"])


def _meant(value: str | None) -> object:
    """Policies are JSON, in any order and with numbers as text or not."""
    if value is None or not value.startswith("{"):
        return value
    return {key: str(part) for key, part in json.loads(value).items()}
