"""Retries of fanscores, beside a bare loop over the same queue; and how long a new job waits for old ones."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from adapters.mongo.entries.mapping import new_document
from adapters.sqs.client import sqs_client
from adapters.sqs.provision import build_queues
from adapters.sqs.queue import SqsQueue
from domain.model.ids import CampaignId, UserId, new_id
from ports.messaging import ScoreRetry
from tests.bench.crowds import confirmed, fan
from tests.bench.figures import Figure, median, percentile
from tests.bench.ground import Database, Ground, insert, new_campaign
from tests.bench.neighbours import UNKNOWN, neighbours
from tests.support.servers import aws, backends
from tests.support.servers.worker import Worker, worker

SHARE = 0.4
A_SECOND_MS = 1_000
ATTEMPTS = 1_000
PATIENCE_SECONDS = 300.0
POLL_SECONDS = 0.02


def run(ground: Ground, console: Console) -> list[Figure]:
    """A round: the bare loop puts off all jobs once, then a worker does, with its requests to fanscore."""
    with _sqs(ground) as (name, where), aws.environment(where), neighbours() as settings:
        needed = where | {"FANGATE_FANSCORE": settings["FANGATE_FANSCORE"]}
        ours, theirs, waits = asyncio.run(_run(ground, needed, console))
    ratio = median(ours) / median(theirs)
    return [
        Figure(
            work=f"retries of {ground.size.jobs:,} fanscores that are not known, SQS ({name}), one worker",
            measured=f"{median(ours):,.0f}/s",
            ceiling=f"a bare loop that receives and puts off by ten: {median(theirs):,.0f}/s",
            outcome=f"{ratio:.2f} x",
            target=f"≥ {SHARE} x",
            met=ratio >= SHARE,
        ),
        Figure(
            work=f"a new job beside {ground.size.jobs:,} old ones, from sent to stored",
            measured=f"p50 {median(waits):.0f} / p95 {percentile(waits, 95):.0f} ms",
            ceiling="",
            outcome=f"p95 {percentile(waits, 95):.0f} ms",
            target=f"p95 < {A_SECOND_MS} ms",
            met=percentile(waits, 95) < A_SECOND_MS,
        ),
    ]


@contextmanager
def _sqs(ground: Ground) -> Iterator[tuple[str, dict[str, str]]]:
    """Its name and its variables. ElasticMQ where it can be had: moto looks at every message of a queue for each
    call, and answers 500 jobs at a twentieth of the rate."""
    with tempfile.TemporaryDirectory(prefix="fangate-bench-") as folder, ExitStack() as stack:
        try:
            name, url = "ElasticMQ", stack.enter_context(backends.second_sqs(Path(folder)))
        except pytest.skip.Exception:
            name, url = "moto", ground.aws_url
        yield name, aws.ENVIRONMENT | {"AWS_ENDPOINT_URL": url}


async def _run(
    ground: Ground, settings: dict[str, str], console: Console
) -> tuple[list[float], list[float], list[float]]:
    ours: list[float] = []
    theirs: list[float] = []
    waits: list[float] = []
    async with sqs_client(aws.ENVIRONMENT["AWS_REGION"]) as client:
        for _ in range(ground.size.rounds // 2 + 1):
            theirs.append(await _bare_rate(client, ground.size.jobs))
            rate, waited = await _worker_rate(ground, client, settings)
            ours.append(rate)
            waits += waited
            console.print(f"  retries {ours[-1]:,.0f}/s, bare {theirs[-1]:,.0f}/s")
    return ours, theirs, waits


async def _queue(client: Any) -> tuple[str, SqsQueue]:
    name = f"bench-{new_id()}"
    await build_queues(name, attempts=ATTEMPTS, region=aws.ENVIRONMENT["AWS_REGION"])
    return name, SqsQueue(client, name, attempts=ATTEMPTS)


def _job(campaign: str, user: str) -> ScoreRetry:
    return ScoreRetry(id=new_id(), campaign_id=CampaignId(campaign), user_id=UserId(user))


async def _bare_rate(client: Any, jobs: int) -> float:
    name, queue = await _queue(client)
    await queue.send([_job("none", f"{UNKNOWN}{number}") for number in range(jobs)])
    url = (await client.get_queue_url(QueueName=name))["QueueUrl"]
    began, left = time.perf_counter(), jobs
    while left > 0:
        messages = (await client.receive_message(QueueUrl=url, MaxNumberOfMessages=10))["Messages"]
        entries = [
            {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 600}
            for index, message in enumerate(messages)
        ]
        await client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
        left -= len(messages)
    return jobs / (time.perf_counter() - began)


async def _worker_rate(ground: Ground, client: Any, settings: dict[str, str]) -> tuple[float, list[float]]:
    """Jobs a second, from the first that was put off to the last: not how long a worker takes to start."""
    database, campaign, jobs = ground.database(), new_campaign(), ground.size.jobs
    name, queue = await _queue(client)
    _register(database, campaign, [f"{UNKNOWN}{number}" for number in range(jobs)])
    await queue.send([_job(campaign, f"{UNKNOWN}{number}") for number in range(jobs)])
    async with _working(ground, database, name, settings) as running:
        await _until(lambda: _waiting(client, f"{name}-later"), lambda count: count > 0, running)
        began, first = time.perf_counter(), await _waiting(client, name)
        await _until(lambda: _waiting(client, name), lambda count: count == 0, running)
        seconds = time.perf_counter() - began
        waits = [
            await _new_job(ground, database, campaign, queue, number) for number in range(ground.size.queries)
        ]
    return first / seconds, waits


def _register(database: Database, campaign: str, users: list[str]) -> None:
    entries = [confirmed(campaign, number) for number in range(len(users))]
    unscored = (
        replace(entry, user_id=UserId(user), fanscore=None) for entry, user in zip(entries, users, strict=True)
    )
    insert(database.entries, (new_document(entry) for entry in unscored))


@asynccontextmanager
async def _working(
    ground: Ground, database: Database, name: str, settings: dict[str, str]
) -> AsyncIterator[Worker]:
    mine = {
        "FANGATE_STORE": database.url,
        "FANGATE_QUEUE": f"sqs://{name}",
        "FANGATE_SCORE_ATTEMPTS": str(ATTEMPTS),
    }
    with worker(mine | settings) as running:
        yield running


async def _waiting(client: Any, name: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    names += ["ApproximateNumberOfMessagesDelayed"]
    url = (await client.get_queue_url(QueueName=name))["QueueUrl"]
    found = (await client.get_queue_attributes(QueueUrl=url, AttributeNames=names))["Attributes"]
    return sum(int(found[name]) for name in names)


async def _until(look: Callable[[], Awaitable[int]], holds: Callable[[int], bool], running: Worker) -> None:
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while not holds(await look()):
        assert time.perf_counter() < deadline, running.logged()[-2_000:]
        await asyncio.sleep(5 * POLL_SECONDS)


async def _new_job(ground: Ground, database: Database, campaign: str, queue: SqsQueue, number: int) -> float:
    """Milliseconds until the score of a fan that is known now is stored."""
    user = fan(ground.size.jobs + number)
    entry = replace(confirmed(campaign, ground.size.jobs + number), user_id=UserId(user), fanscore=None)
    insert(database.entries, [new_document(entry)])
    began = time.perf_counter()
    await queue.send([_job(campaign, user)])
    while database.entries.find_one({"userId": user, "fanscore": None}, {"_id": 1}):
        assert time.perf_counter() - began < PATIENCE_SECONDS
        await asyncio.sleep(POLL_SECONDS)
    return (time.perf_counter() - began) * 1_000
