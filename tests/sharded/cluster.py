"""A sharded cluster: a config server, two shards and a mongos. The first three are replica sets of one process."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pymongo
import pymongo.errors

from tests.support.servers.ports import free_port

SHARDS: Final = ("shard0", "shard1")
START_SECONDS: Final = 60
STOP_SECONDS: Final = 30


@contextmanager
def cluster(mongod: str, mongos: str) -> Iterator[str]:
    """The URL of the mongos, without a database."""
    with tempfile.TemporaryDirectory(prefix="fangate-sharded-") as name, ExitStack() as stack:
        folder = Path(name)
        config = _replica_set(mongod, "config", "--configsvr", folder, stack)
        shards = [_replica_set(mongod, shard, "--shardsvr", folder, stack) for shard in SHARDS]
        port = free_port()
        _start([mongos, "--configdb", config, *_listening(port)], folder / "mongos.log", stack)
        with _client(port) as client:
            for shard in shards:
                client.admin.command("addShard", shard)
        yield f"mongodb://127.0.0.1:{port}/"


def _replica_set(mongod: str, name: str, role: str, folder: Path, stack: ExitStack) -> str:
    """Start it. Returns ``name/host:port``."""
    port = free_port()
    (folder / name).mkdir()
    options = [role, "--replSet", name, "--dbpath", str(folder / name), "--wiredTigerCacheSizeGB", "1"]
    _start([mongod, *options, *_listening(port)], folder / f"{name}.log", stack)
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    settings: dict[str, Any] = {"_id": name, "members": [member]}
    if role == "--configsvr":
        settings["configsvr"] = True
    with _client(port) as client:
        client.admin.command("replSetInitiate", settings)
        deadline = time.monotonic() + START_SECONDS
        while not client.admin.command("hello")["isWritablePrimary"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} has no primary")
            time.sleep(0.1)
    return f"{name}/127.0.0.1:{port}"


def _listening(port: int) -> list[str]:
    return ["--bind_ip", "127.0.0.1", "--port", str(port)]


def _client(port: int) -> "pymongo.MongoClient[dict[str, Any]]":
    return pymongo.MongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=START_SECONDS * 1_000
    )


def _start(command: list[str], log: Path, stack: ExitStack) -> None:
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    stack.callback(_stop, process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
