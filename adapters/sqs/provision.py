"""Creates the queues of new jobs, of postponed jobs and of dead letters."""

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
"""The longest time that SQS keeps a message, for all queues. The age of a message counts from its first sending,
and fanscore may be down for days."""
REDRIVE_POLICY: Final = "RedrivePolicy"
_KEPT: Final = {"MessageRetentionPeriod": str(RETENTION_SECONDS)}
_POLLED: Final = {
    "VisibilityTimeout": str(VISIBILITY_SECONDS),
    "ReceiveMessageWaitTimeSeconds": str(LONGEST_WAIT_SECONDS),
}

Attributes = Mapping[str, str]


async def build_queues(name: str, *, attempts: int, region: str | None) -> list[str]:
    """Create the three queues, or correct their attributes. Returns the names of the queues that changed."""
    dead = dead_letters_of(name)
    with translated():
        async with sqs_client(region) as client:
            built = {dead: await _build(client, dead, _KEPT)}
            arn = (await _attributes(client, dead))["QueueArn"]
            # A job comes into the queue of postponed jobs after its first attempt.
            for queue, times in ((name, attempts), (later_of(name), max(1, attempts - 1))):
                redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": times})
                built[queue] = await _build(client, queue, _KEPT | _POLLED | {REDRIVE_POLICY: redrive})
    return [queue for queue, changed in built.items() if changed]


async def _build(client: Any, name: str, wanted: Attributes) -> bool:
    """Create or correct one queue. True if there was something to do."""
    try:
        found = await _attributes(client, name)
    except botocore.exceptions.ClientError as error:
        if code_of(error) not in MISSING:
            raise
        await client.create_queue(QueueName=name, Attributes=dict(wanted))
        return True
    wrong = {key: value for key, value in wanted.items() if _differs(found, key, value)}
    if wrong:
        await client.set_queue_attributes(QueueUrl=await _url(client, name), Attributes=wrong)
    return bool(wrong)


async def _attributes(client: Any, name: str) -> Attributes:
    answer = await client.get_queue_attributes(QueueUrl=await _url(client, name), AttributeNames=["All"])
    attributes: Attributes = answer["Attributes"]
    return attributes


async def _url(client: Any, name: str) -> str:
    return str((await client.get_queue_url(QueueName=name))["QueueUrl"])


def _differs(found: Attributes, key: str, wanted: str) -> bool:
    """A queue without dead letters reports no policy. The server does not have another attribute that is missing:
    ElasticMQ has no retention."""
    return (key in found or key == REDRIVE_POLICY) and _comparable(found.get(key)) != _comparable(wanted)


def _comparable(value: str | None) -> object:
    """A value that can be compared. Policies are JSON in any order, with numbers or with text."""
    if value is None or not value.startswith("{"):
        return value
    return {key: str(part) for key, part in json.loads(value).items()}
