"""``fangate demo``, as somebody runs it who has just cloned the project."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from entrypoints.cli.demo.story import Story
from entrypoints.cli.demo.upload import CODES, generate

FANGATE = Path(sys.executable).with_name("fangate")
LAST_LINE = re.compile(r"✓ available ([\d,]+) \+ reserved ([\d,]+) \+ assigned ([\d,]+) = imported ([\d,]+)")


def environment(**chosen: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FANGATE_")}
    return inherited | {"PYTHONUTF8": "1"} | chosen


def demo(**chosen: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [FANGATE, "demo"],
        env=environment(**chosen),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def assert_story_ends_well(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    last = LAST_LINE.fullmatch(done.stdout.splitlines()[-1].strip())
    assert last is not None, done.stdout
    available, reserved, assigned, imported = (int(number.replace(",", "")) for number in last.groups())
    assert available + reserved + assigned == imported == CODES
    assert reserved > 0
    assert assigned > 0


def test_it_ends_well_in_memory() -> None:
    assert_story_ends_well(demo())


def test_it_ends_well_on_mongodb(database_url: str) -> None:
    assert_story_ends_well(demo(FANGATE_STORE=database_url))


def test_other_settings_of_the_caller_do_not_disturb_it() -> None:
    done = demo(
        FANGATE_JWT_AUDIENCE="somebody-else", FANGATE_OBJECTS="s3://not-ours", HTTP_PROXY="http://127.0.0.1:9"
    )
    assert_story_ends_well(done)


def test_a_wrong_store_ends_it_with_one_line() -> None:
    done = demo(FANGATE_STORE="mongodb://127.0.0.1:27017/")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "FANGATE_STORE" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_half_way_it_leaves_no_process_behind(number: signal.Signals) -> None:
    with subprocess.Popen(
        [FANGATE, "demo"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        story = iter(running.stdout.readline, "")
        address = next(found for line in story if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
        running.send_signal(number)
        running.communicate(timeout=60)
    assert running.returncode not in {0, None}
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(address[1]))) != 0, "the service is still there"


def test_a_check_that_does_not_hold_is_shown_and_remembered() -> None:
    shown = io.StringIO()
    story = Story(Console(file=shown))
    story.check("water is wet", holds=True)
    story.check("one is two", holds=False)
    assert story.failed == ["one is two"]
    assert "one is two" in shown.getvalue()


def test_the_upload_is_as_bad_as_it_says() -> None:
    upload = generate()
    assert upload.content.startswith(b"\xef\xbb\xbf")
    lines = upload.content.split(b"\r\n")[:-1]
    assert len(lines) == upload.rows == upload.inserted + upload.duplicates + upload.blank + upload.invalid
    assert min(upload.duplicates, upload.blank, upload.invalid) > 0
