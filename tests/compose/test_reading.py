"""The parts of the check that need no container engine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compose import reading
from tests.compose.docker import copy_of_project
from tests.compose.reading import CheckFailedError
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
CREATED = '{"type": "fangate.entry.created", "subject": "tour/fan-1"}'
UPDATED = '{"type": "fangate.entry.phone_confirmed", "subject": "tour/fan-1"}'
OTHER = '{"type": "fangate.entry.created", "subject": "tour/fan-2"}'


def test_the_readme_has_the_three_blocks() -> None:
    start, log, events = reading.commands(README)
    assert "docker compose up --build --wait" in start
    assert "sms.not_sent_only_logged" in log
    assert "--topic fangate.events" in events


@pytest.mark.parametrize("block", range(3))
def test_a_block_of_the_readme_is_valid_for_bash(block: int) -> None:
    text = reading.script(reading.commands(README)[block])
    subprocess.run(["bash", "-n"], input=text, text=True, check=True, timeout=60)


def test_the_first_block_leaves_the_secret_and_both_tokens() -> None:
    block = "FANGATE_JWT_SECRET=s3cret\necho noise\nstaff=a.b.c\nfan=d.e.f\n"
    ran = subprocess.run(["bash", "-c", reading.script(block)], capture_output=True, text=True, check=True)

    found = reading.session(ran.stdout)

    assert (found.secret, found.staff, found.fan) == ("s3cret", "a.b.c", "d.e.f")
    assert "s3cret" not in repr(found)


def test_a_block_that_fails_half_way_ends_there() -> None:
    ran = subprocess.run(["bash", "-c", reading.script("false\n")], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    with pytest.raises(CheckFailedError, match="no tokens"):
        reading.session(ran.stdout)


@pytest.mark.parametrize(
    ("version", "good"), [("2.29.7\n", True), ("v5.0.1", True), ("1.29.2", False), ("", False)]
)
def test_compose_must_be_of_version_2_or_later(version: str, good: bool) -> None:
    assert reading.is_compose_2(version) == good


def test_the_newest_code_in_the_log_counts() -> None:
    lines = ('{"body": "111111 is your code. …"}', '{"body":"222222 is your code. …"}')
    assert reading.code_in("\n".join(lines)) == "222222"
    with pytest.raises(CheckFailedError, match="no one-time code"):
        reading.code_in("")


def test_events_of_one_registration_in_order() -> None:
    printed = "\n".join(["[2026] ERROR timeout", CREATED, OTHER, UPDATED, "Processed a total of 3 messages"])
    assert reading.event_types(printed, "tour/fan-1") == ["fangate.entry.created", "fangate.entry.phone_confirmed"]


@pytest.mark.parametrize(
    ("status", "seconds", "faults"),
    [
        (0, 3.0, []),
        (143, 0.4, []),
        (137, 36.0, ["worker ended with 137", "worker took 36 s to stop; Docker killed it"]),
        (1, 1.0, ["worker ended with 1"]),
    ],
)
def test_how_a_container_may_stop(status: int, seconds: float, faults: list[str]) -> None:
    assert reading.faults_of_stop("worker", status=status, seconds=seconds, grace=35) == faults


@pytest.mark.parametrize(
    ("answers", "held", "faults"),
    [
        ([200, 200, 0, 503], 4, []),
        ([200, 200, 0], 5, []),  # The one that broke was stored.
        ([200, 200, 0], 3, ["1 reservations were answered and are not stored"]),
        ([200, 500], 3, ["answered 500 while it stopped"]),
        ([0, 503], 2, ["no reservation was answered before the stop"]),
    ],
)
def test_what_a_stop_under_load_may_answer(answers: list[int], held: int, faults: list[str]) -> None:
    assert reading.faults_of_load(answers, held_before=2, held_after=held) == faults


def test_the_copy_has_what_the_image_is_built_from_and_what_the_services_read(tmp_path: Path) -> None:
    copy_of_project(tmp_path)

    wanted = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert [name for name in (*wanted, "docs/examples/users.json") if not (tmp_path / name).exists()] == []


def test_without_docker_it_says_so_in_one_line_and_fails(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.compose"],
        cwd=ROOT,
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "compose-check: docker is not installed\n")
