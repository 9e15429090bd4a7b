"""A wrong value for what registrations need stops the start with one clear line that shows no secret."""

import os
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

from entrypoints.settings import Settings
from tests.servers.service import SECRET

HIDDEN = "geheim"
"""Stands wherever a password might."""

WEB = [
    f"http:{HIDDEN}",
    f"http://user:{HIDDEN}@",
    f"http://user:x@host:{HIDDEN}/",
    f"https://{HIDDEN} host/",
    "http://[::1",
]
TIMES = ["soon", "0", "-1", "nan", "inf", "1e300", "99999999999", HIDDEN]
NUMBERS = ["many", "0", "-1", "1.5", "99999999999999999999", HIDDEN]
WRONG = {
    "FANGATE_CAMPAIGNS": [f"ftp://{HIDDEN}/x", "campaigns.json", "file:", "none:", *WEB],
    "FANGATE_USERS": [f"mongodb://{HIDDEN}/x", HIDDEN, "file:", "memory:", *WEB],
    "FANGATE_FANSCORE": ["none", f"file:{HIDDEN}", f"none:{HIDDEN}", HIDDEN, *WEB],
    "FANGATE_FRAUD": ["none", f"file:{HIDDEN}", f"none:{HIDDEN}", HIDDEN, *WEB],
    "FANGATE_SMS": ["log", "none:", f"log:{HIDDEN}", f"sns:{HIDDEN}", *WEB],
    "FANGATE_QUEUE": ["memory", "sqs:", "sqs://", f"sqs://{HIDDEN}.fifo", f"sqs://{HIDDEN}/x", f"memory:{HIDDEN}"],
    "FANGATE_SCORE_ATTEMPTS": ["many", "0", "1", "1001", "-1", HIDDEN],
    "FANGATE_RECEIPTS": ["log", "none:", f"log:{HIDDEN}", f"file:{HIDDEN}", *WEB],
    "FANGATE_REALTIME": ["none", "log:", f"none:{HIDDEN}", f"wss://{HIDDEN}/graphql", *WEB],
    "FANGATE_CONFIRMATION_TTL": TIMES,
    "FANGATE_PHONE_BLOCK_TTL": TIMES,
    "FANGATE_SMS_PER_HOUR": NUMBERS,
    "FANGATE_SMS_PER_DAY": NUMBERS,
    "FANGATE_SMS_PER_FAN": NUMBERS,
    "FANGATE_NUMBERS_PER_DAY": NUMBERS,
}
SFMC = {
    "FANGATE_SFMC_AUTH_URL": "https://auth.example",
    "FANGATE_SFMC_CLIENT_ID": "client",
    "FANGATE_SFMC_CLIENT_SECRET": HIDDEN,
    "FANGATE_SFMC_DEFINITION_KEY": "receipt",
}
ROUNDS = [
    {name: value for name, value in zip(WRONG, values, strict=True) if value is not None}
    for values in zip_longest(*WRONG.values())
]
"""The first wrong value of each, the second of each, and so on."""


def start(settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """``fangate serve``, that should not start."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FANGATE_", "AWS_"))}
    return subprocess.run(
        [Path(sys.executable).parent / "fangate", "serve", "--port", "0"],
        env=inherited | {"FANGATE_JWT_SECRET": SECRET} | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(settings: dict[str, str]) -> str:
    """The one line that says why it did not start."""
    outcome = start(settings)
    assert (outcome.returncode, outcome.stdout) == (1, "")
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("fangate: ")
    assert HIDDEN not in line
    assert SECRET not in line
    return line


@pytest.mark.parametrize("wrong", ROUNDS)
def test_every_wrong_value_is_named(wrong: dict[str, str]) -> None:
    line = refusal(wrong)

    assert [name for name in wrong if line.count(f"{name}: ") != 1] == []


@pytest.mark.parametrize(
    ("settings", "variables"),
    [
        ({"FANGATE_CONFIRMATION_SECRET": HIDDEN}, ["FANGATE_CONFIRMATION_SECRET"]),
        ({"FANGATE_CONFIRMATION_SECRET": HIDDEN.ljust(15, "x")}, ["FANGATE_CONFIRMATION_SECRET"]),
        ({"FANGATE_SMS": "sns:"}, ["FANGATE_SMS", "AWS_REGION"]),
        ({"FANGATE_QUEUE": "sqs://scores"}, ["FANGATE_QUEUE", "AWS_REGION"]),
        ({"FANGATE_RECEIPTS": "https://x.example"}, ["FANGATE_RECEIPTS", *SFMC]),
        (
            {"FANGATE_RECEIPTS": "https://x.example", **SFMC, "FANGATE_SFMC_CLIENT_SECRET": ""},
            ["FANGATE_RECEIPTS", "FANGATE_SFMC_CLIENT_SECRET"],
        ),
        (
            {"FANGATE_RECEIPTS": "https://x.example", **SFMC, "FANGATE_SFMC_AUTH_URL": f"ftp://{HIDDEN}"},
            ["FANGATE_SFMC_AUTH_URL"],
        ),
        ({"FANGATE_REALTIME": "https://x.example"}, ["FANGATE_REALTIME", "FANGATE_APPSYNC_API_KEY"]),
    ],
)
def test_what_is_too_short_or_lacks_something_is_named(settings: dict[str, str], variables: list[str]) -> None:
    line = refusal(settings)

    assert all(variable in line for variable in variables)


def test_what_may_hold_a_key_is_not_shown() -> None:
    address = f"https://user:{HIDDEN}@host/{HIDDEN}"
    settings = Settings(
        campaigns=address,
        users=address,
        fanscore=address,
        fraud=address,
        sms=address,
        confirmation_secret=HIDDEN * 6,
        receipts=address,
        sfmc_auth_url=address,
        sfmc_client_id="client",
        sfmc_client_secret=HIDDEN,
        sfmc_definition_key="receipt",
        realtime=address,
        appsync_api_key=HIDDEN,
    )

    assert HIDDEN not in repr(settings)
    assert HIDDEN not in str(settings)
