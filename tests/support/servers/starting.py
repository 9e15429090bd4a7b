"""Starts ``fangate``: as a fork of a process that has imported it, which is ten times as fast, or as a command."""

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol

from tests.support.paths import ROOT

FANGATE: Final = str(Path(sys.executable).with_name("fangate"))
READ_LATE: Final = (
    "FANGATE_", "AWS_", "OTEL_BSP_", "OTEL_EXPORTER_", "OTEL_SDK_", "OTEL_SERVICE_", "OTEL_TRACES_", "TMPDIR"
)  # fmt: skip
"""Variables with these names are read by nothing that is only imported. A process with others, such as PYTHONPATH,
is a command."""
LOOK_SECONDS: Final = 0.01


class Started(Protocol):
    """What tests do with a process: a part of ``subprocess.Popen``."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The files that a process writes to, from their ends."""

    stdout: Path
    stderr: Path


def start(
    *arguments: str,
    settings: Mapping[str, str],
    output: Output,
    folder: Path | None = None,
    new_session: bool = False,
    forked: bool = True,
) -> Started:
    """``fangate`` with these arguments and ``settings`` beside the variables of the tests.

    ``forked``: False for what a fork hides; see ``fork_server``. Measurements, which are no tests, never fork.
    """
    environment = inherited() | dict(settings)
    if forked and "PYTEST_VERSION" in os.environ and all(name.startswith(READ_LATE) for name in settings):
        return _fork_server().start(
            command=[FANGATE, *arguments],
            environment=environment,
            folder=str(folder or Path.cwd()),
            stdout=str(output.stdout.absolute()),
            stderr=str(output.stderr.absolute()),
            new_session=new_session,
        )
    with output.stdout.open("ab") as out, output.stderr.open("ab") as err:
        return subprocess.Popen(
            [FANGATE, *arguments],
            env=environment,
            cwd=folder,
            stdout=out,
            stderr=err,
            start_new_session=new_session,
        )


def inherited() -> dict[str, str]:
    """The environment of the tests, without what configures Fangate."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("FANGATE_", "AWS_"))}


class _ForkServer:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.servers.fork_server"]
        pipe = subprocess.PIPE
        # In a session of its own, an interrupt from the terminal does not end it before the tests have cleaned up.
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=inherited(), stdin=pipe, stdout=pipe, text=True, start_new_session=True
        )
        self._lock = Lock()

    def start(self, **request: Any) -> "_Forked":
        Path(request["stdout"]).touch()
        Path(request["stderr"]).touch()
        return _Forked(self.ask(request), self)

    def ask(self, request: Mapping[str, Any]) -> Any:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        with self._lock:
            print(json.dumps(request), file=requests, flush=True)
            line = answers.readline()
        if not line:
            raise RuntimeError(f"the fork server died: {self._process.wait()}")
        return json.loads(line)

    def stop(self) -> None:
        self._process.communicate()


@cache
def _fork_server() -> _ForkServer:
    """One for each process that runs tests."""
    server = _ForkServer()
    atexit.register(server.stop)
    return server


class _Forked:
    """A child of the fork server's, which alone may ask for its exit status. Its pid stays its own until then."""

    def __init__(self, pid: int, server: _ForkServer) -> None:
        self.pid = pid
        self._server = server
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            self._status = self._server.ask({"poll": self.pid})
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(FANGATE, timeout or 0)
            time.sleep(LOOK_SECONDS)
        return status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
