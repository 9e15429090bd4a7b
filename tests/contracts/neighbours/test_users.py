"""What every Users promises: from user-service, from a file, or in memory."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from adapters.platform.files import FileUsers
from adapters.platform.http import http_users
from domain.model.errors import Unavailable
from domain.model.ids import UserId
from domain.model.registrations.campaigns import Fan
from domain.model.registrations.errors import UserNotFound
from ports.neighbours import Users
from tests.contracts.neighbours.sources import Sources
from tests.support.neighbours import MemoryUsers
from tests.support.registrations import ANN, BOB, a_fan, a_vouched_fan, fan_body
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, neighbour, records

SOURCES: Final[Sources[Users, Fan]] = Sources(FileUsers, http_users, fan_body)
ODD_IDS = ["a|b", "a:b@c", "a.b", "x" * 128, "...", "-"]


@dataclass(slots=True)
class Subject:
    users: Users
    put: Callable[[Fan], None]
    """From now on the account is as given."""


@pytest.fixture(params=["memory", "file", "http"])
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        yield await SUBJECTS[request.param](stack, tmp_path)


async def _memory(_: AsyncExitStack, __: Path) -> Subject:
    users = MemoryUsers()
    return Subject(users, users.put)


async def _file(_: AsyncExitStack, folder: Path) -> Subject:
    return Subject(*SOURCES.file(folder))


async def _http(stack: AsyncExitStack, _: Path) -> Subject:
    return Subject(*await SOURCES.service(stack))


SUBJECTS = {"memory": _memory, "file": _file, "http": _http}


@pytest.mark.parametrize("fan", [a_fan(), a_vouched_fan()], ids=["plain", "vouched"])
async def test_an_account_is_returned_whole(subject: Subject, fan: Fan) -> None:
    subject.put(fan)

    assert await subject.users.get(fan.id) == fan


@pytest.mark.parametrize("id", ODD_IDS)
async def test_every_id_finds_its_own_account(subject: Subject, id: str) -> None:
    subject.put(a_fan(id))

    assert (await subject.users.get(UserId(id))).id == id


@pytest.mark.parametrize("id", ["bob", ".", ".."])
async def test_an_unknown_fan_is_none(subject: Subject, id: str) -> None:
    subject.put(a_fan())

    with pytest.raises(UserNotFound):
        await subject.users.get(UserId(id))


async def test_the_account_is_returned_as_it_is_now(subject: Subject) -> None:
    subject.put(a_fan())
    await subject.users.get(ANN)

    subject.put(a_fan(verified_card=True))

    assert (await subject.users.get(ANN)).verified_card


# Accounts that come as text


@pytest.fixture(params=["file", "http"])
async def users_with(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[Any], Users]]:
    """Users from a source that returns the given JSON for ANN."""
    async with AsyncExitStack() as stack:
        yield await SOURCES.returning(request.param, stack, tmp_path)


async def test_unknown_fields_are_ignored(users_with: Callable[[Any], Users]) -> None:
    assert await users_with(fan_body(a_fan()) | {"shoeSize": 42, "address": {"city": None}}).get(ANN) == a_fan()


async def test_a_field_that_is_left_out_or_null_verifies_nothing(users_with: Callable[[Any], Users]) -> None:
    fan = await users_with({"id": ANN, "linkedAccounts": None, "inviteCodes": None, "phone": None}).get(ANN)

    assert fan == Fan(id=ANN)


WRONG = {
    "id": 7,
    "email": ["ann@example.org"],
    "phone": 12015550123,
    "phoneVerified": "true",
    "verifiedCard": 1,
    "linkedAccounts": "spotify",
    "inviteCodes": {"tour": "VIP-1"},
}


@pytest.mark.parametrize("field", WRONG)
async def test_a_field_of_the_wrong_type_is_rejected(users_with: Callable[[Any], Users], field: str) -> None:
    with pytest.raises(Unavailable):
        await users_with(fan_body(a_fan()) | {field: WRONG[field]}).get(ANN)


@pytest.mark.parametrize("field", WRONG)
async def test_the_log_names_the_field_and_nothing_about_the_fan(
    users_with: Callable[[Any], Users], field: str
) -> None:
    body = fan_body(a_vouched_fan()) | {"id": ANN} | {field: WRONG[field]}

    with capture_logs() as logged, pytest.raises(Unavailable):
        await users_with(body).get(ANN)

    assert [(line["event"], line["part"]) for line in logged] == [("neighbour.no_answer", "users")]
    assert field in logged[0]["reason"]
    for personal in ("12015550123", "example.org", "Bøe", "VIP-1"):
        assert personal not in str(logged)


# user-service


@pytest.fixture
def service() -> Iterator[Neighbour]:
    with neighbour(records({ANN: fan_body(a_fan())})) as running:
        yield running


@pytest.fixture
async def users(service: Neighbour) -> AsyncIterator[Users]:
    async with http_users(service.url) as over_http:
        yield over_http


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_failing_service_makes_it_unavailable(service: Neighbour, users: Users, trouble: str) -> None:
    service.say(TROUBLES[trouble])

    with pytest.raises(Unavailable) as refused:
        await users.get(ANN)

    assert refused.value.context == {"part": "users"}


async def test_a_service_that_is_down_makes_it_unavailable(service: Neighbour, users: Users) -> None:
    service.stop()

    with pytest.raises(Unavailable):
        await users.get(ANN)


async def test_the_account_of_another_fan_is_not_taken(service: Neighbour, users: Users) -> None:
    service.say(Reply(200, fan_body(a_fan(BOB))))

    with pytest.raises(Unavailable):
        await users.get(ANN)


async def test_an_id_is_one_segment_of_the_path(service: Neighbour, users: Users) -> None:
    with pytest.raises(UserNotFound):
        await users.get(UserId("a|b@c:d"))

    assert [request.path for request in service.requests] == ["/users/a%7Cb%40c%3Ad"]


async def test_an_id_that_would_lead_to_another_path_is_not_requested(service: Neighbour, users: Users) -> None:
    with pytest.raises(UserNotFound):
        await users.get(UserId(".."))

    assert service.requests == []


# The file


async def test_a_missing_file_makes_it_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        await FileUsers(tmp_path / "users.json").get(ANN)

    assert refused.value.context == {"part": "users"}


async def test_an_invalid_account_makes_only_itself_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    wrong = UserId("ada@example.com")
    path.write_text(json.dumps([{"id": wrong, "email": ["x@example.com"]}, fan_body(a_fan())]))
    users = FileUsers(path)

    with capture_logs() as logged:
        assert await users.get(ANN) == a_fan()
        with pytest.raises(Unavailable):
            await users.get(wrong)
        with pytest.raises(UserNotFound):
            await users.get(BOB)

    assert [line["reason"] for line in logged] == [
        "record 1: invalid: Expected `str | null`, got `array` - at `$.email`"
    ]
