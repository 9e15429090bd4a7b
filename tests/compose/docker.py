"""Docker and Compose v2, as a project of its own beside one that may be there already."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.compose.reading import CheckFailedError, is_compose_2
from tests.support.paths import ROOT

PROJECT: Final = "fangate-check"
START_SECONDS: Final = 1_800
"""The first start fetches the images and builds ours."""
CALL_SECONDS: Final = 300
GRACE_SECONDS: Final = 35
"""stop_grace_period of docker-compose.yml."""


COPIED: Final = ("docker-compose.yml", "Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE")
FOLDERS: Final = ("domain", "ports", "adapters", "entrypoints", "requirements", "deploy/image", "docs/examples")


def copy_of_project(folder: Path) -> Path:
    """What the image is built from and what the services read. The README's first block writes a file into it."""
    for name in COPIED:
        shutil.copy(ROOT / name, folder / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    folder.chmod(0o755)  # The services read it as another user.
    return folder


def require_docker() -> None:
    """Raise CheckFailedError where the check cannot run."""
    for tool in ("docker", "bash", "curl", "openssl"):
        if not shutil.which(tool):
            raise CheckFailedError(f"{tool} is not installed")
    version = _try("docker", "compose", "version", "--short")
    if version.returncode or not is_compose_2(version.stdout):
        raise CheckFailedError("docker has no `compose` of version 2 or later: install the Compose plugin")
    if _try("docker", "info").returncode:
        raise CheckFailedError("no Docker engine answers: start one, or set DOCKER_HOST")


def _try(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=CALL_SECONDS)


@dataclass(slots=True, kw_only=True)
class Compose:
    """The check's own project. Its volumes are not those of a developer's project."""

    folder: Path
    secret: str = field(default="x" * 32, repr=False)

    @property
    def variables(self) -> Mapping[str, str]:
        return os.environ | {"COMPOSE_PROJECT_NAME": PROJECT, "FANGATE_JWT_SECRET": self.secret}

    def bash(self, text: str, *, seconds: float = CALL_SECONDS) -> str:
        """Run a block of the README in the project's folder. Returns what it prints; errors go to the terminal."""
        return self._run("bash", "-c", text, seconds=seconds)

    def __call__(self, *arguments: str, seconds: float = CALL_SECONDS) -> str:
        return self._run("docker", "compose", *arguments, seconds=seconds)

    def container(self, service: str) -> str:
        """The id of the service's only container, running or not."""
        return self("ps", "--all", "--quiet", service).strip()

    def start_again(self, service: str) -> None:
        """Start the stopped container and do not wait for anything."""
        self._run("docker", "start", self.container(service), seconds=CALL_SECONDS)

    def stop(self, service: str) -> tuple[int, float]:
        """The exit status and the seconds that the stop took."""
        began = time.monotonic()
        self("stop", service)
        seconds = time.monotonic() - began
        status = self._run("docker", "inspect", "--format", "{{.State.ExitCode}}", self.container(service))
        return int(status), seconds

    def state(self) -> str:
        """The containers and the last lines that each logged, for the reader of a failure."""
        parts = (("ps", "--all"), ("logs", "--tail", "30"))
        done = [self._process("docker", "compose", *part, seconds=CALL_SECONDS) for part in parts]
        return "\n".join(one.stdout for one in done)

    def remove(self) -> None:
        """With the volumes. A failure is no failure of the check."""
        self._process("docker", "compose", "down", "--volumes", seconds=CALL_SECONDS)

    def _run(self, *command: str, seconds: float = CALL_SECONDS) -> str:
        done = self._process(*command, seconds=seconds)
        if done.returncode:
            raise CheckFailedError(f"`{' '.join(command[:6])}` ended with {done.returncode}")
        return done.stdout

    def _process(self, *command: str, seconds: float) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(
                command,
                cwd=self.folder,
                env=self.variables,
                stdout=subprocess.PIPE,
                text=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            raise CheckFailedError(f"`{' '.join(command[:6])}` did not end within {seconds:.0f} s") from None
