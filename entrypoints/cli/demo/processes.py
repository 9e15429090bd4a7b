"""The service and the worker as an operator runs them: as separate processes, stopped by their process ids."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
from pydantic import SecretStr

from entrypoints.cli.demo.crowd import Crowd
from entrypoints.cli.demo.stage import DemoFailed
from entrypoints.config.settings import PREFIX, Settings

READY_WITHIN_SECONDS: Final = 60.0
STOP_WITHIN_SECONDS: Final = 15.0
SENDS_PER_HOUR: Final = 1_000
SENDS_PER_DAY: Final = 10_000
"""Messages to one number. The demo has few numbers, and uses the same ones in each run on one database."""
ASK_TIMEOUT_SECONDS: Final = 5.0
FANGATE: Final = Path(sys.executable).with_name("fangate")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A folder for this run, and the environment of the processes started in it."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def uploads(self) -> Path:
        return self.folder / "objects"

    @property
    def store(self) -> str:
        return self.environment[f"{PREFIX}STORE"]

    @property
    def signing(self) -> Settings:
        """Fans' tokens are signed with the demo's own secret, whatever the caller has set."""
        return Settings.model_construct(jwt_secret=SecretStr(self.environment[f"{PREFIX}JWT_SECRET"]))

    @property
    def in_memory(self) -> bool:
        return self.store.startswith("memory:")


def furnish(folder: Path, *, hold_seconds: float, crowd: Crowd, sms_url: str) -> House:
    """Of the caller's FANGATE_ variables only FANGATE_STORE counts. The demo sets all others."""
    platform = crowd.write(folder)
    house = House(
        folder=folder,
        environment={name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        | {
            "TMPDIR": str(folder),
            f"{PREFIX}STORE": os.environ.get(f"{PREFIX}STORE") or "memory:",
            f"{PREFIX}OBJECTS": f"file:{folder / 'objects'}",
            **{f"{PREFIX}{name}": url for name, url in platform.items()},
            f"{PREFIX}SMS": sms_url,
            f"{PREFIX}SMS_PER_HOUR": str(SENDS_PER_HOUR),
            f"{PREFIX}SMS_PER_DAY": str(SENDS_PER_DAY),
            f"{PREFIX}JWT_SECRET": secrets.token_hex(32),
            f"{PREFIX}RESERVATION_TTL": str(hold_seconds),
            f"{PREFIX}SWEEP_INTERVAL": "1",
            f"{PREFIX}LOG_LEVEL": "warning",
        },
    )
    house.uploads.mkdir()
    return house


def run(house: House, *arguments: str) -> str:
    """Run a command to its end. Returns what it printed."""
    done = subprocess.run(  # noqa: S603  # this program, and arguments of this module
        [FANGATE, *arguments], env=house.environment, cwd=house.folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DemoFailed(done.stderr.strip() or f"fangate {arguments[0]} ended with {done.returncode}")
    return done.stdout.strip()


@contextmanager
def service(house: House) -> Iterator[str]:
    """Run the service while the block lasts. Gives its address when it is ready."""
    port = _free_port()
    with _running(house, "serve", "--port", str(port)) as process:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process, house.folder / "serve.log")
        yield url


@contextmanager
def worker(house: House) -> Iterator[None]:
    """Run a worker beside the service, if both can see the store."""
    if house.in_memory:
        yield
        return
    with _running(house, "worker"):
        yield


@contextmanager
def _running(house: House, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """In a session of its own, so that Ctrl-C reaches only the demo. The demo then ends its processes."""
    with (house.folder / f"{arguments[0]}.log").open("wb") as log:
        process = _start(house, arguments, log.fileno())
    try:
        yield process
    finally:
        _stop(process)


def _start(house: House, arguments: Sequence[str], log: int) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603  # this program, and arguments of this module
            [FANGATE, *arguments],
            env=house.environment,
            cwd=house.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    except OSError as error:
        raise DemoFailed(f"{FANGATE} cannot be run: {error.strerror}") from error


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_WITHIN_SECONDS)
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    with httpx2.Client(timeout=ASK_TIMEOUT_SECONDS, trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get(f"{url}/readyz").is_success:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.1)
    raise DemoFailed(f"the service did not become ready:\n{log.read_text()}".strip())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
