"""ElasticMQ as a process of this machine, or in a container."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from testcontainers.core.container import DockerContainer

from tests.support.servers.answering import answering, answers
from tests.support.servers.java import SMALL
from tests.support.servers.ports import free_port

IMAGE: Final = "softwaremill/elasticmq-native:1.7.1"
PORT: Final = 9324
"""In the container."""
POM: Final = Path(__file__).with_name("pom.xml")
ARTIFACT: Final = "elasticmq-server_3"
MAIN: Final = "org.elasticmq.server.Main"


@contextmanager
def elasticmq_process(java: str, jars: Path) -> Iterator[str]:
    """Its endpoint URL, for as long as the block lasts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "rest-sqs.bind-hostname": "127.0.0.1",
        "rest-sqs.bind-port": port,
        "generate-node-address": "true",
    }
    options = [f"-D{name}={value}" for name, value in settings.items()]
    with answering([java, "-Xmx256m", *SMALL, *options, "-cp", f"{jars}/*", MAIN], f"{url}/health"):
        yield url


@contextmanager
def elasticmq_container() -> Iterator[str]:
    """Its endpoint URL, for as long as the block lasts."""
    with DockerContainer(IMAGE).with_exposed_ports(PORT) as container:
        url = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(PORT)}"
        if not answers(f"{url}/health"):
            raise RuntimeError("ElasticMQ did not start")
        yield url
