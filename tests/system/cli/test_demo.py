"""``fangate demo``, as a developer runs it after cloning the project."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from adapters.numbering.parser import LibPhoneNumbers
from entrypoints.cli.demo.crowd import FANS, GATES, MARKETS, SILENT, VOUCHED, gather
from entrypoints.cli.demo.draw import PLACES, TICKETS
from entrypoints.cli.demo.looking import tell
from entrypoints.cli.demo.sms import sms_sink
from entrypoints.cli.demo.story import Story
from entrypoints.cli.demo.upload import CODES, generate

DRAW = (
    "✓ the announcement is public, and has nothing personal",
    "The randomness is this computer's. On the day it is drand's, which no person knows beforehand.",
    "✓ every place is given",
    "✓ running it again changes nothing",
    "✓ a fan can check the own result alone",
    "✓ the first who waits moves up, and no other fan",
)
STAFF = (
    "✓ the token allows no more than it says",
    "✓ the search finds this fan alone",
    "✓ nothing of the registration is left to read",
    "✓ nothing of the fan remains",
    "✓ every change has a row, with its outcome",
)
OUTSIDER = (
    "$ python docs/verify_draw.py draw.json list.csv results.csv --randomness",
    "every step agrees",
    "✓ the draw is right, also after a withdrawal and an erasure",
    "DIFFERS: results: line 1 must be",
    "✓ a changed result is found",
)
"""The file is in a clone of the project, where the tests run."""
MARKET_LINE = re.compile(r"(?:New York|Boston|Los Angeles) +(\d+) +(\d+) +(\d+) +(\d+)   [0-9a-f]{12}…")
FANGATE = Path(sys.executable).with_name("fangate")
CODES_LINE = re.compile(r"✓ available ([\d,]+) \+ reserved ([\d,]+) \+ assigned ([\d,]+) = imported ([\d,]+)")
GIVEN_LINE = re.compile(r"✓ ([\d,]+) selected fans hold ([\d,]+) codes, one each")
CAMPAIGN = re.compile(r"the campaign is (\S+)\.")


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
    assert "✗" not in done.stdout
    lines = [line.strip() for line in done.stdout.splitlines()]
    available, reserved, assigned, imported = next(filter(None, (_numbers(CODES_LINE, line) for line in lines)))
    assert available + reserved + assigned == imported == CODES
    assert reserved > 0
    assert assigned > 0
    assert [TICKETS, TICKETS] in [_numbers(GIVEN_LINE, line) for line in lines]
    by_market = [numbers for line in lines if (numbers := _numbers(MARKET_LINE, line))]
    assert [placed for placed, *_ in by_market] == list(PLACES.values())
    assert all(placed == sum(ranks) for placed, *ranks in by_market)
    for shown in (*DRAW, *STAFF, *OUTSIDER):
        assert len([line for line in lines if shown in line]) == 1, shown


def _numbers(shape: re.Pattern[str], line: str) -> list[int]:
    """Those in a line of this shape; none in any other."""
    found = shape.fullmatch(line)
    return [int(number.replace(",", "")) for number in found.groups()] if found else []


def test_it_ends_well_on_mongodb(database_url: str) -> None:
    assert_story_ends_well(demo(FANGATE_STORE=database_url))


def test_a_wrong_store_ends_it_with_one_line() -> None:
    done = demo(FANGATE_STORE="mongodb://127.0.0.1:27017/")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "FANGATE_STORE" in done.stderr


def test_it_ends_by_telling_how_to_look() -> None:
    shown = io.StringIO()
    tell(Story(Console(file=shown)))
    assert "make demo CONSOLE=1" in shown.getvalue()


def test_in_memory_it_ends_well_whatever_the_caller_set_and_the_console_stays_until_ctrl_c() -> None:
    disturbing = {"FANGATE_JWT_AUDIENCE": "another", "FANGATE_OBJECTS": "s3://not-ours"}
    with subprocess.Popen(
        [FANGATE, "demo", "--console"],
        env=environment(HTTP_PROXY="http://127.0.0.1:9", **disturbing),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as running:
        assert running.stdout is not None
        told = list(takewhile(lambda line: "Ctrl-C ends" not in line, running.stdout))
        lines = [line.strip() for line in told]
        address = next(line for line in lines if line.endswith("/console"))
        token = next(line for line in lines if line.startswith("eyJ"))
        campaign = next(found[1] for line in lines if (found := CAMPAIGN.search(line)))
        overview = signed_in(address, token, f"/campaigns/{campaign}")
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert "The demo tour" in overview
    assert_story_ends_well(subprocess.CompletedProcess(running.args, running.returncode, "".join(told), errors))


def signed_in(address: str, token: str, path: str) -> str:
    """The page, as a browser gets it that has sent the form of signing in."""
    with httpx2.Client(trust_env=False, timeout=60) as client:
        origin = address.removesuffix("/console")
        answer = client.post(f"{address}/sign-in", data={"token": token}, headers={"origin": origin})
        assert (answer.status_code, answer.headers["location"]) == (303, "/console"), answer.text
        page = client.get(f"{address}{path}?whole=yes")
        assert page.status_code == 200, page.text
    return page.text


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


def test_each_fan_of_the_demo_has_a_valid_number_that_is_reserved_for_fiction() -> None:
    crowd = gather("tour")
    everyone = (*crowd.fans, crowd.latecomer)
    numbers = LibPhoneNumbers()
    assert [numbers.parse(fan.typed, "US") for fan in everyone] == [fan.phone for fan in everyone]
    assert len({fan.phone for fan in everyone}) == len(everyone) == FANS + 1
    assert all(fan.phone[5:10] == "55501" for fan in everyone)


def test_the_crowd_has_fans_of_every_kind() -> None:
    fans = gather("tour").fans
    assert {gate for fan in fans for gate in fan.lacks} == set(GATES)
    assert any(fan.lacks == GATES for fan in fans)
    assert sum(fan.vouched for fan in fans if fan.passes) == VOUCHED
    assert sum(fan.silent for fan in fans if fan.passes and not fan.vouched) == SILENT
    assert {market for fan in fans for market in fan.markets} == set(MARKETS)


def test_the_sink_has_the_code_of_the_last_message_to_a_number() -> None:
    with sms_sink() as phones:
        for to, body in (("+1", "111111 is your code."), ("+2", "hello"), ("+1", "222222 is your code.")):
            httpx2.post(phones.url, json={"to": to, "body": body}).raise_for_status()
        assert phones.code("+1") == "222222"
        assert phones.code("+2") == phones.code("+3") == ""
        assert phones.reached == {"+1": 2, "+2": 1}
