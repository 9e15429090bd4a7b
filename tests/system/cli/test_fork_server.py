"""A forked ``fangate`` is to a test what the command is: the same output, signals, exit status and session."""

import os
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.support.commands import fangate
from tests.support.servers.service import service
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (("config", "check"), {"FANGATE_SMS_PER_HOUR": "7", "AWS_REGION": "eu-west-1"}),
        (("config", "check"), {"FANGATE_STROE": "memory:"}),
        (("token",), {}),
    ],
    ids=" ".join,
)
def test_it_answers_as_the_command_does(
    arguments: tuple[str, ...], settings: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "campaigns.json").write_text("[]")

    forked = fangate(*arguments, settings=settings, folder=tmp_path)
    command = fangate(*arguments, settings=settings, folder=tmp_path, forked=False)

    assert vars(forked) == vars(command)


def test_it_is_signalled_and_leads_its_session() -> None:
    with service() as running:
        pid = running.process.pid
        assert os.getsid(pid) == pid
        running.process.send_signal(signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            urllib.request.urlopen(f"{running.url}/livez", timeout=0.2)
        running.process.send_signal(signal.SIGCONT)
        eventually(lambda: urllib.request.urlopen(f"{running.url}/livez", timeout=5).close(), lambda _: True)
        running.kill()
        assert (running.process.poll(), running.process.wait()) == (-signal.SIGKILL, -signal.SIGKILL)
        running.process.send_signal(signal.SIGTERM)  # Its pid may be another's by now.
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_it_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    first = fangate("config", "check", settings={"FANGATE_SMS_PER_HOUR": "7"}, folder=tmp_path)
    second = fangate("config", "check", folder=tmp_path)

    assert "FANGATE_SMS_PER_HOUR  7 (set)" in first.stdout
    assert "FANGATE_SMS_PER_HOUR  5 (default)" in second.stdout
