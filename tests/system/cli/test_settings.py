"""A wrong value stops the start with one clear line that names the variable and shows no secret."""

import pytest

from tests.support.commands import fangate
from tests.support.servers.service import SECRET

HIDDEN = "geheim"
"""Stands wherever a password might."""

WRONG = [
    ("FANGATE_STORE", "postgres://localhost/x"),
    ("FANGATE_STORE", "nonsense"),
    ("FANGATE_STORE", f"mongodb://user:{HIDDEN}@localhost"),
    ("FANGATE_STORE", f"mongodb://user:{HIDDEN}@localhost/"),
    ("FANGATE_STORE", f"mongodb://user:{HIDDEN}/{HIDDEN}@localhost/x"),
    ("FANGATE_STORE", f"mongodb://user:{HIDDEN}@{HIDDEN}@localhost/x"),
    ("FANGATE_STORE", f"mongodb://user:x@localhost:{HIDDEN}/x"),
    ("FANGATE_STORE", f"mongodb://localhost/x?{HIDDEN}=1"),
    ("FANGATE_STORE", f"mongodb://localhost/x?tls={HIDDEN}"),
    ("FANGATE_STORE", f"mongodb://localhost/{HIDDEN} {HIDDEN}"),
    ("FANGATE_OBJECTS", "gs://bucket"),
    ("FANGATE_OBJECTS", "objects"),
    ("FANGATE_OBJECTS", "s3:"),
    ("FANGATE_OBJECTS", "s3://"),
    ("FANGATE_OBJECTS", "s3://bucket/folder"),
    ("FANGATE_OBJECTS", "s3://No_Bucket"),
    ("FANGATE_JWT_SECRET", ""),
    ("FANGATE_JWT_SECRET", HIDDEN),
    ("FANGATE_JWT_SECRET", HIDDEN.ljust(31, "x")),
    ("FANGATE_JWT_JWKS_URL", "https://id.example/keys"),
    ("FANGATE_JWT_SUPREME_CLAIM", "sub"),
    ("FANGATE_JWT_SUPREME_CLAIM", " supreme"),
    ("FANGATE_JWT_SUPREME_CLAIM", "x" * 257),
    ("FANGATE_RESERVATION_TTL", "a day"),
    ("FANGATE_RESERVATION_TTL", "0"),
    ("FANGATE_RESERVATION_TTL", "-1"),
    ("FANGATE_RESERVATION_TTL", "nan"),
    ("FANGATE_RESERVATION_TTL", "inf"),
    ("FANGATE_RESERVATION_TTL", "1e300"),
    ("FANGATE_RESERVATION_TTL", "99999999999"),
    ("FANGATE_SWEEP_INTERVAL", "often"),
    ("FANGATE_LOG_LEVEL", "loud"),
    ("AWS_ENDPOINT_URL", "nonsense"),
]


def assert_one_line(error: str, variable: str) -> None:
    (line,) = error.splitlines()
    assert line.startswith("fangate: ")
    assert variable in line
    assert HIDDEN not in line
    assert SECRET not in line


@pytest.mark.parametrize(("variable", "value"), WRONG)
def test_a_wrong_value_stops_the_start(variable: str, value: str) -> None:
    outcome = fangate("serve", "--port", "0", settings={variable: value})

    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert_one_line(outcome.stderr, variable)


@pytest.mark.parametrize(
    "url", ["ftp://id.example/keys", "https://", "id.example", "http://[::1", "http://x:port/"]
)
def test_the_address_of_the_keys_must_be_one(url: str) -> None:
    outcome = fangate("serve", "--port", "0", settings={"FANGATE_JWT_SECRET": "", "FANGATE_JWT_JWKS_URL": url})

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, "FANGATE_JWT_JWKS_URL")


def test_several_wrong_values_are_all_named() -> None:
    outcome = fangate("serve", settings={"FANGATE_STORE": "x", "FANGATE_LOG_LEVEL": "loud"}, forked=False)

    assert_one_line(outcome.stderr, "FANGATE_STORE")
    assert_one_line(outcome.stderr, "FANGATE_LOG_LEVEL")


@pytest.mark.parametrize(
    ("command", "variable"),
    [
        (["serve", "--workers", "2"], "FANGATE_STORE"),
        (["worker"], "FANGATE_STORE"),
    ],
)
def test_memory_is_not_shared_between_processes(command: list[str], variable: str) -> None:
    outcome = fangate(*command, settings={"FANGATE_STORE": "memory:"})

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, variable)


@pytest.mark.parametrize("command", [["worker"], ["migrate"], ["token", "--sub", "staff"]])
def test_every_command_reads_the_same_settings(command: list[str]) -> None:
    outcome = fangate(*command, settings={"FANGATE_RESERVATION_TTL": "soon"}, forked=False)

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, "FANGATE_RESERVATION_TTL")


@pytest.mark.parametrize(
    "command", [["serve", "--port", "70000"], ["serve", "--workers", "0"], ["fly"], ["token"]]
)
def test_a_command_that_is_wrong_is_explained(command: list[str]) -> None:
    outcome = fangate(*command)

    assert outcome.returncode == 2
    assert "Traceback" not in outcome.stderr
    assert "Error: " in outcome.stderr


def test_help_names_every_command() -> None:
    text = fangate("--help").stdout

    assert all(name in text for name in ("serve", "worker", "migrate", "token", "codes"))
