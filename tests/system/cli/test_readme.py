"""The README's walk through the API, played as it stands there by the shell it is written for."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.paths import ROOT
from tests.support.servers.backends import unavailable
from tests.support.servers.ports import free_port
from tests.support.waiting import eventually
from tests.system.cli.test_demo import environment

NEEDED: Final = ("bash", "curl", "openssl")
DONE: Final = "-- done --"


@dataclass(frozen=True, slots=True)
class Shell:
    """One that keeps its variables from block to block, as a terminal does."""

    process: "subprocess.Popen[str]"
    log: Path

    def type(self, block: str) -> list[Any]:
        """The JSON answers that appear."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{block}\necho '{DONE}'\n")
        self.process.stdin.flush()
        lines = iter(self.process.stdout.readline, "")
        return [json.loads(line) for line in lines_until(DONE, lines) if line.startswith("{")]


def lines_until(last: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line.strip() == last:
            return
        yield line
    raise AssertionError("the shell ended")


@pytest.fixture
def walk() -> list[str]:
    """The blocks to type."""
    text = (ROOT / "README.md").read_text()
    section = text.partition("\n## A walk through the API\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """In a folder that has what a clone has after ``make setup``."""
    for tool in NEEDED:
        if not shutil.which(tool):
            unavailable(tool)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            ["bash", "--norc"],
            env=environment(),
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    yield Shell(process, log)
    process.communicate("kill %1; wait", timeout=60)


def test_every_command_of_the_walk_does_what_it_says(walk: list[str], shell: Shell) -> None:
    start, register, confirm, codes = walk
    first, _, start = start.partition("\n")
    assert first == "make setup"
    port = free_port()
    start = start.replace("fangate serve", f"fangate serve --port {port}").replace(
        "localhost:8000", f"localhost:{port}"
    )
    assert shell.type(start) == []

    refused, entry = shell.type(register)
    assert (refused["errors"][0]["code"], entry["status"]) == ("gate.invite_required", "pending_confirmation")

    (code,) = eventually(lambda: re.findall(r'"body": *"(\d{6}) is your code', shell.log.read_text()), bool)
    typed = confirm.replace("eyJ…", entry["confirmation"]["token"]).replace("123456", code)
    confirmed, scored, eligible, selected, transfer, count = shell.type(typed)
    assert confirmed["status"] == "confirmed"
    assert (scored["upserted"], eligible["eligible"], selected["updated"], transfer["matched"]) == (1, 1, 1, 1)
    assert count["byStatus"]["confirmed"] == 1

    import_, reserve, assign, release, counted = codes.splitlines()
    imported, held = shell.type(f"{import_}\n{reserve}")
    assert imported["inserted"] == 3
    assigned, released, left = shell.type("\n".join([assign.replace("AAA-1", held["codes"][0]), release, counted]))
    assert [one["userId"] for one in assigned["assigned"]] == ["fan-1"]
    assert released["released"] == 1
    assert left["total"] == {"available": 2, "reserved": 0, "assigned": 1, "total": 3}
