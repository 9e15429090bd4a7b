"""A cluster of brokers, the first of them the controller too. Every listener is on 127.0.0.1."""

import secrets
import shutil
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaException

from tests.support.servers.apache_kafka.administration import Administration
from tests.support.servers.apache_kafka.certificates import LOOPBACK, Authority
from tests.support.servers.apache_kafka.machines import Machine
from tests.support.servers.apache_kafka.properties import LISTENERS, properties
from tests.support.servers.ports import free_port

READY_WITHIN_SECONDS: Final = 180.0
LOOK_SECONDS: Final = 0.2
_LOG_END: Final = -4_000


@dataclass(frozen=True, slots=True)
class ApacheKafka:
    """Listeners: PLAINTEXT; SASL_SSL with every mechanism; ONE, which has SCRAM-SHA-512 alone; SSL, which asks for
    a client certificate. Clients of PLAINTEXT may do everything, others what they were allowed."""

    folder: Path
    """Holds the certificates."""
    ports: Sequence[Mapping[str, int]]
    """Of each broker by listener."""

    @property
    def servers(self) -> str:
        return self.of("PLAINTEXT")

    def of(self, listener: str, host: str = "127.0.0.1") -> str:
        """Its brokers, ``host:port[,host:port]``."""
        return ",".join(f"{host}:{ports[listener]}" for ports in self.ports)

    @property
    def administration(self) -> Administration:
        return Administration(self.servers)

    @property
    def authority(self) -> Path:
        """Signed the brokers' certificates, and those of clients that they take."""
        return self.folder / "authority.pem"

    @property
    def client(self) -> tuple[Path, Path]:
        """Certificate and key of the user ``CN=relay``."""
        return self.folder / "relay.pem", self.folder / "relay.key"

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"folder": str(self.folder), "ports": list(self.ports)}

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "ApacheKafka":
        return cls(Path(description["folder"]), description["ports"])


@dataclass(slots=True)
class Node:
    """One broker, which can be killed and started again."""

    machine: Machine
    configuration: Path
    started: bool = False
    """It was started and not killed. If it does not live then, it ended by itself."""

    def start(self) -> None:
        self.machine.start(self.configuration)
        self.started = True

    def kill(self) -> None:
        self.machine.kill()
        self.started = False


@dataclass(frozen=True, slots=True)
class Cluster:
    kafka: ApacheKafka
    nodes: Mapping[int, Node]
    """By the broker's id."""

    def wait(self) -> None:
        """Until the brokers that were started, and no others, are known."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._complete():
            if time.monotonic() > deadline or self._ended():
                logs = (node.machine.logged()[_LOG_END:] for node in self.nodes.values())
                raise RuntimeError("the brokers did not start:\n" + "\n".join(logs))
            time.sleep(LOOK_SECONDS)

    def _ended(self) -> bool:
        """A broker ended by itself."""
        return any(node.started and not node.machine.alive() for node in self.nodes.values())

    def _complete(self) -> bool:
        started = {id for id, node in self.nodes.items() if node.started}
        try:
            return self.kafka.administration.brokers() == started
        except KafkaException:
            return False


@contextmanager
def cluster(
    machine: Callable[[Path], Machine], count: int = 1, listeners: Collection[str] = tuple(LISTENERS)
) -> Iterator[Cluster]:
    """For as long as the block lasts. ``machine`` makes one that sees a folder and may write to it."""
    folder = Path(tempfile.mkdtemp(prefix="fangate-kafka-"))
    ports = [{listener: free_port() for listener in listeners} for _ in range(count)]
    _issue_certificates(folder)
    running = Cluster(ApacheKafka(folder, ports), _nodes(folder, ports, machine))
    try:
        for node in running.nodes.values():
            node.start()
        running.wait()
        yield running
    finally:
        for node in running.nodes.values():
            node.kill()
        shutil.rmtree(folder)


def _issue_certificates(folder: Path) -> None:
    authority = Authority(folder, "authority")
    authority.issue("relay")
    (folder / "broker.keystore").write_text(authority.issue("broker", LOOPBACK).both)


def _nodes(
    folder: Path, ports: Sequence[Mapping[str, int]], machine: Callable[[Path], Machine]
) -> dict[int, Node]:
    cluster_id = _random_id()
    nodes = {}
    for number in range(1, len(ports) + 1):
        data = folder / str(number)
        data.mkdir()
        # As Kafka's StorageTool writes it, without a second Java machine.
        (data / "meta.properties").write_text(
            f"version=1\ncluster.id={cluster_id}\nnode.id={number}\ndirectory.id={_random_id()}\n"
        )
        configuration = folder / f"{number}.properties"
        configuration.write_text(properties(folder, number, ports))
        nodes[number] = Node(machine(folder), configuration)
    return nodes


def _random_id() -> str:
    """As Kafka writes those of clusters and directories."""
    return urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
