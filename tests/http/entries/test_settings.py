"""A wrong value for what registrations need stops the start with one clear line that shows no secret."""

from itertools import zip_longest

import pytest
from pydantic import ValidationError

from entrypoints.config.settings import VARIABLES, Settings
from entrypoints.config.variables import unknown_variables
from tests.support.commands import fangate
from tests.support.servers.service import SECRET

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


def refusal(settings: dict[str, str]) -> str:
    """The one line that says why it did not start."""
    outcome = fangate("serve", "--port", "0", settings=settings)
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


NEIGHBOURS = {
    "FANGATE_CAMPAIGNS": {}, "FANGATE_USERS": {}, "FANGATE_FANSCORE": {}, "FANGATE_FRAUD": {}, "FANGATE_SMS": {},
    "FANGATE_RECEIPTS": SFMC,
    "FANGATE_SFMC_AUTH_URL": {"FANGATE_RECEIPTS": "https://x.example"} | SFMC,
    "FANGATE_REALTIME": {"FANGATE_APPSYNC_API_KEY": HIDDEN},
    "FANGATE_JWT_JWKS_URL": {"FANGATE_JWT_SECRET": ""}, "FANGATE_BEACON": {},
}  # fmt: skip


def test_the_table_of_neighbours_is_whole() -> None:
    """Every setting that may be a web address, by trying it out."""
    neighbours = {name.removeprefix("FANGATE_").lower() for name in NEIGHBOURS}
    assert taking_https() - {"aws_endpoint_url"} == neighbours  # The AWS library's own, and not a neighbour.


def taking_https() -> set[str]:
    """The names of the settings of text that take a web address and refuse what is none."""
    return {
        name
        for name in Settings.model_fields
        if takes(name, "https://x.example") and not takes(name, "this is no address")
    }


def takes(name: str, value: str) -> bool:
    rest = {field.removeprefix("FANGATE_").lower(): text for field, text in SFMC.items()}
    given: dict[str, str] = rest | {"appsync_api_key": HIDDEN} | {name: value}
    try:
        Settings(**given)  # type: ignore[arg-type]  # texts, as in the environment
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("variable", NEIGHBOURS)
def test_plain_http_to_another_machine_stops_the_start(variable: str) -> None:
    line = refusal(NEIGHBOURS[variable] | {variable: f"http://user:{HIDDEN}@other.example/{HIDDEN}"})

    assert variable in line
    assert "FANGATE_ALLOW_HTTP=true" in line


HOSTS = {
    "127.0.0.1": True, "127.9.9.9:80": True, "[::1]:8080": True, "localhost": True, "LOCALHOST.": True,
    "a.localhost": True, "10.0.0.1": False, "[::2]": False, "0.0.0.0": False, "localhost.evil.example": False,
    "127.0.0.1.evil.example": False, "user@host": False, "127.0.0.1@host": False, "sms": False, "127.1": False,
}  # fmt: skip


@pytest.mark.parametrize(("host", "taken"), HOSTS.items())
@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_plain_http_stays_on_this_machine(host: str, taken: bool, scheme: str) -> None:
    def set_it(**more: bool) -> str | None:
        return Settings(jwt_jwks_url=f"{scheme}://{host}/keys", **more).jwt_jwks_url  # type: ignore[arg-type]  # one flag

    assert set_it(allow_http=True)
    if taken:
        assert set_it()
    else:
        with pytest.raises(ValidationError, match="FANGATE_ALLOW_HTTP"):
            set_it()


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("FANGATE_STROE", "FANGATE_STORE"),
        ("FANGATE_JWT_SECRETS", "FANGATE_JWT_SECRET"),
        ("FANGATE_SMS_PER_HOURS", "FANGATE_SMS_PER_HOUR"),
        ("fangate_jwt_isuer", "FANGATE_JWT_ISSUER"),
        ("FANGATE_" + "X" * 10_000, None),
        ("FANGATE_", None),
    ],
)
def test_a_variable_that_is_not_known_is_a_typing_error(variable: str, nearest: str | None) -> None:
    line = refusal({variable: HIDDEN})

    assert f"{variable.upper()[:64]}: no such variable" in line
    assert ("did you mean" in line) == (nearest is not None)
    assert nearest is None or line.endswith(f"did you mean {nearest}?")
    assert len(line) < 200


def test_variables_of_tests_and_of_others_are_let_through() -> None:
    others = ["FANGATE_TEST_ANYTHING", "MY_FANGATE_X", "FANGAT_STORE", "PATH", *VARIABLES]

    assert list(unknown_variables(others, VARIABLES)) == []
    assert list(unknown_variables(["FANGATE_TOKEN"], VARIABLES)) != []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_no_value_is_shown(name: str) -> None:
    for value in (HIDDEN, f"https://user:{HIDDEN}@x.example/{HIDDEN}?key={HIDDEN}"):
        settings = Settings.model_construct(**{name: value})  # type: ignore[arg-type]  # any field

        assert HIDDEN not in f"{settings!r} {settings} {settings:} {[settings]}"
        assert name in repr(settings)


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
        jwt_jwks_url=address,
        AWS_ENDPOINT_URL=address,
    )

    assert HIDDEN not in repr(settings)
    assert HIDDEN not in str(settings)
