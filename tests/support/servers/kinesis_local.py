"""Kinesis on this machine, by another hand than moto's: kinesis-local, in Node.js."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from testcontainers.core.container import DockerContainer

from tests.support.paths import ROOT
from tests.support.servers.answering import answering, answers
from tests.support.servers.ports import free_port

PACKAGE: Final = ROOT / "node_modules/kinesis-local"
IMAGE: Final = "ghcr.io/etspaceman/kinesis-mock"
PORT: Final = 4568
"""Of HTTP without TLS, in the container."""
_VARIABLES: Final = {"SHARD_LIMIT": "10000", "CREATE_STREAM_DURATION": "50ms", "LOG_LEVEL": "ERROR"}
_OPTIONS: Final = ("--min-semi-space-size=256", "--max-semi-space-size=256")
"""Megabytes. It makes a hundred times as much garbage as it receives; with Node's 16 most of its time goes into
collecting that."""


def packaged_kinesis() -> Path | None:
    """Its program; None where Node.js is missing, or what package.json asks for is not installed."""
    program = PACKAGE / "main.js"
    return program if shutil.which("node") and program.exists() else None


@contextmanager
def kinesis_local(program: Path) -> Iterator[str]:
    """Its endpoint URL, for as long as the block lasts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = _VARIABLES | {
        "KINESIS_MOCK_PLAIN_PORT": str(port),
        "KINESIS_MOCK_TLS_PORT": str(free_port()),
        "KINESIS_MOCK_CERT_PATH": str(program.with_name("server.json")),
    }
    with answering(["node", *_OPTIONS, str(program)], f"{url}/healthcheck", variables):
        yield url


@contextmanager
def kinesis_local_in_docker() -> Iterator[str]:
    """The same release, as package.json names it."""
    version = json.loads((ROOT / "package.json").read_text())["devDependencies"]["kinesis-local"]
    container = DockerContainer(f"{IMAGE}:{version}").with_exposed_ports(PORT)
    for name, value in _VARIABLES.items():
        container = container.with_env(name, value)
    with container:
        url = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(PORT)}"
        if not answers(f"{url}/healthcheck"):
            raise RuntimeError("kinesis-local did not start")
        yield url
