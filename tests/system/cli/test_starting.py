"""What keeps the service from starting is one plain line."""

import socket
from pathlib import Path

import pytest

from entrypoints.config.settings import Settings
from tests.support.commands import fangate
from tests.support.servers.ports import free_port
from tests.support.servers.service import SECRET

HIDDEN = "geheim"


def assert_one_line(error: str, *parts: str) -> None:
    (line,) = error.splitlines()
    assert line.startswith("fangate: ")
    assert [part for part in parts if part not in line] == []
    assert HIDDEN not in line


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mongodb+srv://no-such-host.invalid/x", "SRV"),
        (f"mongodb+srv://ann:{HIDDEN}@no-such-host.invalid/x?retryWrites=true", "SRV"),
        (f"mongodb://ann:{HIDDEN}@localhost/x?replicaSet=rs0&wtimout={HIDDEN}", "option 2"),
        (f"mongodb://localhost/x?tls={HIDDEN}", "option 1"),
        ("mongodb://localhost/x?w=0", "w=0"),
        ("mongodb://localhost/x?tlsInsecure=true&tlsAllowInvalidCertificates=true", "do not go together"),
    ],
)
def test_the_url_of_the_store_is_wrong(url: str, reason: str) -> None:
    assert_one_line(fangate("migrate", settings={"FANGATE_STORE": url}).stderr, "FANGATE_STORE: ", reason)


@pytest.mark.parametrize("content", [None, b"{", b"{}", b"\xff[]"])
@pytest.mark.parametrize("variable", ["FANGATE_CAMPAIGNS", "FANGATE_USERS"])
def test_a_file_that_was_named_cannot_be_read(variable: str, content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "named.json"
    if content is not None:
        path.write_bytes(content)

    outcome = fangate("serve", "--port", "0", settings={variable: f"file:{path}"})

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, variable, str(path))


def test_the_port_is_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = fangate("serve", "--port", str(port))

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, f"127.0.0.1:{port}", "is in use by another process", "--port")


def test_the_workers_port_is_in_use() -> None:
    store = f"mongodb://127.0.0.1:{free_port()}/x?serverSelectionTimeoutMS=200"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = fangate("worker", "--metrics-port", str(port), settings={"FANGATE_STORE": store})

    assert outcome.returncode == 1
    line = outcome.stderr.splitlines()[-1]
    assert line.startswith(f"fangate: 127.0.0.1:{port} is in use")
    assert "--metrics-port" in line
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1", "x" * 70, "a..b"])
def test_the_host_is_none_of_ours(host: str) -> None:
    assert_one_line(fangate("serve", "--host", host).stderr, host, "--host")


def test_config_check_says_what_each_setting_is_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "campaigns.json").write_text('[{"id":"c1"}]')
    settings = {
        "FANGATE_STORE": f"mongodb://ann:{HIDDEN}@localhost/{HIDDEN}",
        "FANGATE_SMS": f"https://{HIDDEN}@sms.example/{HIDDEN}",
        "FANGATE_CONFIRMATION_SECRET": HIDDEN * 4,
        "FANGATE_SFMC_CLIENT_ID": HIDDEN,
        "FANGATE_SMS_PER_HOUR": "7",
    }

    outcome = fangate("config", "check", settings=settings, folder=tmp_path)

    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert HIDDEN not in outcome.stdout
    assert SECRET not in outcome.stdout
    lines = outcome.stdout.splitlines()
    for shown in ("STORE  mongodb: (set)", "SMS_PER_HOUR  7 (set)", "QUEUE  memory: (default)"):
        assert f"FANGATE_{shown}" in lines
    assert "campaigns.json  1 records, 1 of them unreadable (FANGATE_CAMPAIGNS)" in lines
    assert "users.json  cannot be read: No such file or directory" in lines
    assert lines[-1] == "ok"
    assert len(lines) == len(Settings.model_fields) + 3


@pytest.mark.parametrize(
    "settings",
    [
        {"FANGATE_JWT_SECRET": ""},
        {"FANGATE_STROE": "memory:"},
        {"FANGATE_USERS": "file:none.json"},
        {"FANGATE_STORE": "mongodb://localhost/x?w=0"},
        {"FANGATE_SMS": "http://sms.example"},
    ],
    ids=str,
)
def test_config_check_refuses_what_serve_would(settings: dict[str, str], tmp_path: Path) -> None:
    outcome = fangate("config", "check", settings=settings, folder=tmp_path)

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, next(iter(settings)).removesuffix("_STROE"))


@pytest.mark.parametrize(
    "command", ["", "serve", "worker", "migrate", "token", "codes import", "events retry", "demo"]
)
def test_help_has_examples(command: str) -> None:
    assert "Example" in fangate(*command.split(), "--help").stdout
