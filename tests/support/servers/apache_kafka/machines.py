"""Where a broker runs: as a process of this machine, or in a container. Both see the same files and ports."""

import os
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from testcontainers.core.container import DockerContainer

from tests.support.servers.java import SMALL

IMAGE: Final = "apache/kafka:4.3.1"
POM: Final = Path(__file__).with_name("pom.xml")
ARTIFACT: Final = "kafka_2.13"
MAIN: Final = "kafka.Kafka"
_JAVA_OPTIONS: Final = (
    "-Xms128m", "-Xmx512m", *SMALL,
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)  # fmt: skip


class Machine(Protocol):
    def start(self, configuration: Path) -> None: ...

    def stop(self) -> None:
        """An orderly stop."""

    def kill(self) -> None:
        """Kill it, without a shutdown, as when a machine fails."""

    def alive(self) -> bool: ...

    def logged(self) -> str: ...


class JavaProcess:
    def __init__(self, java: str, jars: Path, archive: str, folder: Path) -> None:
        """``archive``: the option that names an archive of classes; see ``archived``."""
        self._command: Sequence[str] = (java, *_JAVA_OPTIONS, archive, "-cp", f"{jars}/*", MAIN)
        self._log = folder / f"{secrets.token_hex(4)}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, configuration: Path) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*self._command, str(configuration)], stdout=log, stderr=log)

    def stop(self) -> None:
        """An orderly stop."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def logged(self) -> str:
        return self._log.read_text()


class JavaContainer:
    """With this machine's network, so that the broker has the address of its configuration."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._container: DockerContainer | None = None

    def start(self, configuration: Path) -> None:
        command = [*_JAVA_OPTIONS, "-cp", "/opt/kafka/libs/*", MAIN, str(configuration)]
        self._container = (
            DockerContainer(IMAGE)
            .with_volume_mapping(str(self._folder), str(self._folder), "rw")
            .with_command(command)
            .with_kwargs(entrypoint="java", network_mode="host", user=f"{os.getuid()}:{os.getgid()}")
        )
        self._container.start()

    def stop(self) -> None:
        if self._container is not None:
            self._container.stop(force=False)
            self._container = None

    def kill(self) -> None:
        if self._container is not None:
            self._container.stop(force=True)
            self._container = None

    def alive(self) -> bool:
        if self._container is None:
            return False
        container = self._container.get_wrapped_container()
        container.reload()
        return str(container.status) in {"created", "running"}

    def logged(self) -> str:
        return "" if self._container is None else self._container.get_logs()[1].decode()
