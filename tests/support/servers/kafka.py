"""A Kafka of three brokers on this machine that fails on command: librdkafka's mock cluster.

A process of its own (`tests.support.servers.librdkafka`) that speaks Kafka's protocol over TCP to any client. Each
partition keeps its last 5 MiB.
"""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from threading import Lock
from typing import Any, Final

from tests.support.paths import ROOT

WHEEL: Final = "confluent-kafka"
BROKERS: Final = (1, 2, 3)
PARTITIONS: Final = 12


class Api(IntEnum):
    """The requests a test may want to see fail."""

    PRODUCE = 0
    METADATA = 3
    INIT_PRODUCER_ID = 22


class Failure(IntEnum):
    """How; the numbers are Kafka's own, and negative ones librdkafka's."""

    HANG_UP = -195
    NONE = 0
    UNKNOWN_TOPIC = 3
    LEADER_NOT_AVAILABLE = 5
    NOT_LEADER = 6
    TIMED_OUT = 7
    MESSAGE_TOO_LARGE = 10
    NOT_ENOUGH_REPLICAS = 19
    NOT_ENOUGH_REPLICAS_AFTER_APPEND = 20
    OUT_OF_ORDER_SEQUENCE = 45
    INVALID_PRODUCER_EPOCH = 47
    UNKNOWN_PRODUCER_ID = 59


def packaged_kafka() -> Path | None:
    """librdkafka; None where the wheel is not installed or brings none."""
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    names = (file for file in files if file.name.startswith("librdkafka") and ".libs" in str(file))
    return next((Path(str(file.locate())) for file in names), None)


class MockCluster:
    """Three brokers; every topic is on all of them. RuntimeError where the process refuses, or has died."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lock = Lock()
        self.servers: Final[str] = self._execute("servers")
        """host:port[,host:port]…"""

    def create_topic(self, name: str, partitions: int = PARTITIONS) -> None:
        self._execute("create_topic", name, partitions, len(BROKERS))

    def fail_next(self, api: Api, failures: Sequence[Failure]) -> None:
        """Fail the next requests of this kind, on any broker; NONE lets one through."""
        self._execute("fail_next", api, failures)

    def dawdle(self, milliseconds: int) -> None:
        """From now on all brokers execute at once and answer later, perhaps after the client's time-out."""
        for broker in BROKERS:
            self._execute("dawdle", broker, milliseconds)

    @contextmanager
    def counting(self) -> Iterator[Callable[[Api], int]]:
        """Gives a function that counts the requests of a kind since the block was entered."""
        self._execute("begin_to_count")
        try:
            yield lambda api: int(self._execute("count", api))
        finally:
            self._execute("count_no_more")

    def heal(self) -> None:
        """All brokers up and prompt, nothing fails any more."""
        self.dawdle(0)
        self.set_up(*BROKERS)
        for api in Api:
            self._execute("fail_no_more", api)

    def set_down(self, *brokers: int) -> None:
        """The brokers close their connections and accept none."""
        for broker in brokers:
            self._execute("set_down", broker)

    def set_up(self, *brokers: int) -> None:
        for broker in brokers:
            self._execute("set_up", broker)

    def _execute(self, command: str, *arguments: object) -> Any:
        commands, answers = self._process.stdin, self._process.stdout
        assert commands is not None
        assert answers is not None
        with self._lock:
            print(json.dumps([command, *arguments]), file=commands, flush=True)
            line = answers.readline()
        if not line:
            raise RuntimeError(f"the mock cluster died of {command}: {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["is"]


@contextmanager
def mock_cluster() -> Iterator[MockCluster]:
    """A cluster of three brokers for as long as the block lasts."""
    path = packaged_kafka()
    if path is None:
        raise RuntimeError(f"the wheel {WHEEL} is not installed, or brings no librdkafka")
    command = [sys.executable, "-m", "tests.support.servers.librdkafka", str(path), str(len(BROKERS))]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield MockCluster(process)
        finally:
            process.kill()
