"""SIGTERM while ``fangate`` still imports its modules ends it at once, as process 1 of a container too."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.servers.service import SECRET
from tests.support.servers.starting import inherited
from tests.support.waiting import eventually

FANGATE: Final = str(Path(sys.executable).with_name("fangate"))
AS_PROCESS_1: Final = ("unshare", "--pid", "--fork", "--kill-child", "--")
STORE: Final = "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@contextmanager
def started(*command: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command,
        env=inherited() | {"FANGATE_JWT_SECRET": SECRET, "FANGATE_STORE": STORE},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def handles_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def end_of(process: "subprocess.Popen[bytes]") -> tuple[int, bytes]:
    """The exit status and the output."""
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


COMMANDS: Final[Sequence[Sequence[str]]] = (("serve", "--port", "0"), ("worker",), ("migrate",))


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: str(arguments[0]))
def test_sigterm_during_the_start_ends_the_process_without_a_traceback(arguments: Sequence[str]) -> None:
    with started(FANGATE, *arguments) as process:
        eventually(lambda: handles_sigterm(process.pid), bool)
        process.send_signal(signal.SIGTERM)

        assert end_of(process) == (143, b"")


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: str(arguments[0]))
def test_sigterm_during_the_start_ends_process_1_of_a_container(arguments: Sequence[str]) -> None:
    if not shutil.which("unshare") or subprocess.run([*AS_PROCESS_1, "true"], check=False).returncode:
        pytest.skip("this user may not make a process namespace; the test above shows the handler")
    with started(*AS_PROCESS_1, FANGATE, *arguments) as process:
        first = eventually(lambda: children_of(process.pid), bool)[0]
        eventually(lambda: handles_sigterm(first), bool)
        os.kill(first, signal.SIGTERM)

        assert end_of(process) == (143, b"")


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
