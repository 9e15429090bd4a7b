"""Everything that runs: service and workers as processes, MongoDB, SQS, and all neighbours, each as told."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import httpx2
import pymongo

from tests.support.commands import fangate
from tests.support.fresh import new_id, new_phone
from tests.support.servers.neighbours import Neighbour, Reply, neighbour
from tests.support.servers.service import Service, service
from tests.support.servers.sfmc import CLIENT_ID, CLIENT_SECRET, DEFINITION_KEY, Mailer, sfmc
from tests.support.servers.worker import Worker, worker
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS
from tests.support.world import World, a_world

Body = dict[str, Any]

ATTEMPTS: Final = 3
API_KEY: Final = "da2-key"


@dataclass(frozen=True, slots=True)
class Deployment:
    world: World
    mailer: Mailer
    appsync: Neighbour
    service: Service
    settings: Mapping[str, str]
    queue_name: str
    entries: Any
    """The collection, as it lies in the database."""
    sqs: Any
    stack: ExitStack = field(repr=False)

    def worker(self) -> Worker:
        """Another one, until the deployment ends."""
        return self.stack.enter_context(worker(self.settings))

    def register(self, campaign: str, fan: str, **changes: Any) -> Body:
        body = {"phone": self.world.accounts[fan]["phone"], "markets": ["nyc"]} | changes
        headers = bearer(fan, supreme=False)
        answer = httpx2.post(
            f"{self.service.url}/{campaign}/entries", json=body, headers=headers, timeout=30, verify=NO_TLS
        )
        assert answer.is_success, answer.text
        entry: Body = answer.json() | {"requestId": answer.headers["x-request-id"]}
        return entry

    def entry(self, campaign: str, fan: str) -> Body:
        """As the fan sees it."""
        headers = bearer(fan, supreme=False)
        entry: Body = httpx2.get(
            f"{self.service.url}/{campaign}/entries/me", headers=headers, timeout=30, verify=NO_TLS
        ).json()
        return entry

    def vouched_fan(self) -> str:
        """Whose registration is confirmed at once."""
        fan = new_id("fan")
        self.world.vouch(fan, new_phone())
        return fan

    def waiting(self, queue: str = "") -> int:
        """Messages in the queue, in hand and put off; or in ``-dead``."""
        url = self.sqs.get_queue_url(QueueName=f"{self.queue_name}{queue}")["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        counts = ("", "Delayed", "NotVisible")
        return sum(int(found[f"ApproximateNumberOfMessages{which}"]) for which in counts)

    def left(self) -> list[Body]:
        """The messages that wait in any outbox."""
        return [message for entry in self.entries.find() for message in entry.get("outbox", ())]


@contextmanager
def a_deployment(database_url: str, aws: Mapping[str, str], **changes: str) -> Iterator[Deployment]:
    name = f"scores-{uuid.uuid4().hex}"
    with ExitStack() as stack:
        world = stack.enter_context(a_world())
        mailer, cloud = stack.enter_context(sfmc())
        appsync = stack.enter_context(neighbour(lambda _: Reply(200, {"data": {}})))
        settings = {
            **world.settings,
            **aws,
            "FANGATE_STORE": database_url,
            "FANGATE_OBJECTS": "memory:",
            "FANGATE_QUEUE": f"sqs://{name}",
            "FANGATE_SCORE_ATTEMPTS": str(ATTEMPTS),
            "FANGATE_RELAY_LEASE": "2",
            "FANGATE_RECEIPTS": cloud.url,
            "FANGATE_SFMC_AUTH_URL": cloud.url,
            "FANGATE_SFMC_CLIENT_ID": CLIENT_ID,
            "FANGATE_SFMC_CLIENT_SECRET": CLIENT_SECRET,
            "FANGATE_SFMC_DEFINITION_KEY": DEFINITION_KEY,
            "FANGATE_REALTIME": f"{appsync.url}/graphql",
            "FANGATE_APPSYNC_API_KEY": API_KEY,
        } | changes
        migrated = fangate("migrate", settings=settings)
        assert f"queue {name}-dead, queue {name}" in migrated.stdout, migrated
        sqs = boto3.client(
            "sqs",
            endpoint_url=aws["AWS_ENDPOINT_URL"],
            region_name=aws["AWS_REGION"],
            aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        )
        stack.callback(sqs.close)
        mongo: pymongo.MongoClient[Body] = stack.enter_context(pymongo.MongoClient(database_url))
        entries = mongo.get_default_database()["entries"]
        running = stack.enter_context(service(settings))
        yield Deployment(world, mailer, appsync, running, settings, name, entries, sqs, stack)
