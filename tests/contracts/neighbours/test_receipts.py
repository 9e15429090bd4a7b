"""What every Receipts promises: one mail for each id if the mailer recognises repeats; refused; or Unavailable."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from adapters.memory.receipts import LogReceipts
from adapters.outgoing.http import http_neighbour
from adapters.sfmc.receipts import SfmcReceipts, sfmc_receipts
from adapters.sfmc.tokens import AccessTokens
from domain.model.errors import Unavailable
from ports.neighbours import Receipt, Receipts
from tests.support.registrations import ANN, TOUR, Seconds
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply
from tests.support.servers.sfmc import (
    BAD_ADDRESS,
    CLIENT_ID,
    CLIENT_SECRET,
    DEFINITION_KEY,
    TOKEN_SECONDS,
    UNAUTHORIZED,
    Mailer,
    refusal,
    sfmc,
)

ADDRESS = "ann@example.org"


def a_receipt(id: str = "receipt-1", *, first_name: str | None = "Ann") -> Receipt:
    return Receipt(
        id=id, campaign_id=TOUR, user_id=ANN, email=ADDRESS, first_name=first_name, markets=("nyc", "bos")
    )


@pytest.fixture
def cloud() -> Iterator[tuple[Mailer, Neighbour]]:
    with sfmc() as running:
        yield running


@pytest.fixture
def mailer(cloud: tuple[Mailer, Neighbour]) -> Mailer:
    return cloud[0]


@pytest.fixture
def server(cloud: tuple[Mailer, Neighbour]) -> Neighbour:
    return cloud[1]


@pytest.fixture
async def over_sfmc(server: Neighbour) -> AsyncIterator[SfmcReceipts]:
    async with sfmc_receipts(
        server.url,
        auth_url=f"{server.url}/",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        definition_key=DEFINITION_KEY,
    ) as receipts:
        yield receipts


@pytest.fixture(params=["log", "sfmc"])
def receipts(request: pytest.FixtureRequest) -> Receipts:
    if request.param == "log":
        return LogReceipts()
    subject: Receipts = request.getfixturevalue("over_sfmc")
    return subject


async def test_a_receipt_is_accepted_and_so_is_its_repeat(receipts: Receipts) -> None:
    assert await receipts.send(a_receipt())
    assert await receipts.send(a_receipt())


async def test_neither_address_nor_name_is_logged(receipts: Receipts) -> None:
    with capture_logs() as logged:
        await receipts.send(a_receipt())

    assert ADDRESS not in str(logged)
    assert "Ann" not in str(logged)


async def test_the_log_shows_that_a_receipt_was_due() -> None:
    with capture_logs() as logged:
        await LogReceipts().send(a_receipt())

    assert [(line["event"], line["message_id"]) for line in logged] == [
        ("receipt.not_sent_only_logged", "receipt-1")
    ]


# Salesforce Marketing Cloud


async def test_the_request_is_as_in_the_vendors_guide(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    await over_sfmc.send(a_receipt())

    attributes = {"CampaignId": TOUR, "FirstName": "Ann", "Markets": "nyc, bos"}
    recipient = {"contactKey": ANN, "to": ADDRESS, "attributes": attributes}
    assert mailer.mails == {"receipt-1": {"definitionKey": DEFINITION_KEY, "recipient": recipient}}


async def test_a_repeat_is_not_mailed_again(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    """As after a crash between mailing and recording it."""
    assert await over_sfmc.send(a_receipt())
    assert await over_sfmc.send(a_receipt(first_name="Anna"))
    assert await over_sfmc.send(a_receipt("receipt-2"))

    assert mailer.attempts == ["receipt-1", "receipt-1", "receipt-2"]
    assert [mail["recipient"]["attributes"]["FirstName"] for mail in mailer.mails.values()] == ["Ann", "Ann"]


@pytest.mark.parametrize("lost", [TROUBLES["hangs_up"], TROUBLES["error"], Reply(seconds=7)], ids=lambda _: "lost")
async def test_what_was_accepted_although_the_answer_was_lost_is_mailed_once(
    over_sfmc: SfmcReceipts, mailer: Mailer, lost: Reply
) -> None:
    mailer.after.append(lost)

    assert await over_sfmc.send(a_receipt())

    assert mailer.attempts == ["receipt-1", "receipt-1"]
    assert len(mailer.mails) == 1


@pytest.mark.parametrize(
    "duplicate",
    [
        refusal(400, 109110, "MCMS_UTM_Validation_DuplicateMessageKey"),
        refusal(409, 0, "MCMS_UTM_Validation_DuplicateMessageKey: it is"),
        Reply(400, {"errorcode": "109110"}),
        Reply(202, {"errorcode": 109001, "responses": [{"messageKey": "receipt-1", "errorcode": 109110}]}),
    ],
)
async def test_a_repeat_is_recognised_in_each_form_of_the_answer(
    over_sfmc: SfmcReceipts, mailer: Mailer, duplicate: Reply
) -> None:
    mailer.instead.append(duplicate)

    assert await over_sfmc.send(a_receipt())


@pytest.mark.parametrize(
    "passing",
    [
        TROUBLES["error"],
        TROUBLES["gateway"],
        TROUBLES["hangs_up"],
        Reply(429, {"message": "Rate limit exceeded", "errorcode": 50100}, headers={"Retry-After": "0"}),
        Reply(429, {"message": "Your requests are temporarily blocked.", "errorcode": 50200}),
        Reply(429, b"", headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
    ],
)
async def test_temporary_errors_are_retried(over_sfmc: SfmcReceipts, mailer: Mailer, passing: Reply) -> None:
    mailer.instead.extend([passing, passing])

    assert await over_sfmc.send(a_receipt())

    assert mailer.attempts == ["receipt-1"] * 3


async def test_retry_after_is_respected(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    mailer.instead.append(Reply(429, b"", headers={"Retry-After": "1"}))
    loop = asyncio.get_running_loop()
    began = loop.time()

    assert await over_sfmc.send(a_receipt())

    assert loop.time() - began >= 1


async def test_a_long_retry_after_ends_the_call(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    mailer.instead.append(Reply(429, b"", headers={"Retry-After": "600"}))

    with pytest.raises(Unavailable) as refused:
        await over_sfmc.send(a_receipt())

    assert refused.value.context == {"part": "receipts"}
    assert mailer.attempts == ["receipt-1"]


async def test_a_lasting_error_is_unavailable_after_a_few_tries(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    mailer.instead.extend([TROUBLES["error"]] * 9)

    with pytest.raises(Unavailable):
        await over_sfmc.send(a_receipt())

    assert mailer.attempts == ["receipt-1"] * 4


async def test_a_server_that_is_down_is_unavailable(over_sfmc: SfmcReceipts, server: Neighbour) -> None:
    server.stop()

    with pytest.raises(Unavailable):
        await over_sfmc.send(a_receipt())


@pytest.mark.parametrize(
    "refused",
    [
        BAD_ADDRESS,
        Reply(422, b""),
        refusal(400, 109106, "MCMS_UTM_Validation_MissingRequiredField_to"),
        Reply(202, {"errorcode": 109001, "responses": [{"messageKey": "receipt-1", "errorcode": 109121}]}),
    ],
)
async def test_a_mail_that_can_never_be_sent_is_refused_once_and_logged_without_the_address(
    over_sfmc: SfmcReceipts, mailer: Mailer, refused: Reply
) -> None:
    mailer.instead.append(refused)

    with capture_logs() as logged:
        assert not await over_sfmc.send(a_receipt())

    assert mailer.attempts == ["receipt-1"]
    assert [line["event"] for line in logged] == ["receipt.refused"]
    assert ADDRESS not in str(logged)


@pytest.mark.parametrize(
    "ours",
    [
        Reply(403, {"message": "Forbidden", "errorcode": 0}),
        Reply(404, {"message": "not found", "errorcode": 30003}),
        refusal(400, 109111, "MCMS_UTM_Validation_InvalidValue_definitionKey"),
        refusal(400, 30001, "MCMS_UTM_Runtime_InvalidOperation: Definition status must be active"),
    ],
)
async def test_every_mail_waits_while_the_settings_are_wrong(
    over_sfmc: SfmcReceipts, mailer: Mailer, ours: Reply
) -> None:
    """Otherwise a wrong definition key would lose every receipt of the day."""
    mailer.instead.append(ours)

    with pytest.raises(Unavailable):
        await over_sfmc.send(a_receipt())
    assert mailer.attempts == ["receipt-1"]

    assert await over_sfmc.send(a_receipt()), "once it is repaired"


async def test_one_token_serves_all(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    ids = [f"receipt-{number}" for number in range(20)]

    assert all(await asyncio.gather(*(over_sfmc.send(a_receipt(id)) for id in ids)))

    assert len(mailer.tokens) == 1
    assert sorted(mailer.mails) == sorted(ids)


async def test_a_token_that_is_refused_is_replaced_once(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    await over_sfmc.send(a_receipt("receipt-1"))
    mailer.revoke()

    assert await over_sfmc.send(a_receipt("receipt-2"))

    assert mailer.tokens == ["token-0", "foreign", "token-1"]


async def test_many_calls_with_a_refused_token_request_one_new_token(
    over_sfmc: SfmcReceipts, mailer: Mailer
) -> None:
    await over_sfmc.send(a_receipt())
    mailer.revoke()

    assert all(await asyncio.gather(*(over_sfmc.send(a_receipt(f"r-{number}")) for number in range(20))))

    assert mailer.tokens == ["token-0", "foreign", "token-1"]


async def test_a_refusal_of_a_new_token_is_not_retried(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    mailer.instead.extend([UNAUTHORIZED] * 9)

    with pytest.raises(Unavailable):
        await over_sfmc.send(a_receipt())

    assert len(mailer.attempts) == 2


async def test_a_token_is_replaced_shortly_before_it_expires(mailer: Mailer, server: Neighbour) -> None:
    seconds = Seconds()
    async with http_neighbour(server.url, part="receipts", seconds=5) as service:
        tokens = AccessTokens(service, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, seconds=seconds)
        assert await tokens.current() == "token-0"

        seconds.now += TOKEN_SECONDS - 61
        assert await tokens.current() == "token-0"
        seconds.now += 2
        assert await tokens.current() == "token-1"

        mailer.expires_in = 20  # Shorter than the time before expiry at which tokens are replaced.
        seconds.now += TOKEN_SECONDS
        assert await tokens.current() == "token-2"
        seconds.now += 9
        assert await tokens.current() == "token-2"
        seconds.now += 2
        assert await tokens.current() == "token-3"


@pytest.mark.parametrize(
    "secret_or_reply", ["wrong", Reply(200, {"access_token": ""}), Reply(200, b"<html>"), Reply(503)]
)
async def test_without_a_token_mailing_is_unavailable_and_no_secret_is_logged(
    server: Neighbour, secret_or_reply: str | Reply
) -> None:
    secret = "geheim-wrong" if isinstance(secret_or_reply, str) else CLIENT_SECRET
    if isinstance(secret_or_reply, Reply):
        server.say(secret_or_reply)
    async with sfmc_receipts(
        server.url, auth_url=server.url, client_id=CLIENT_ID, client_secret=secret, definition_key="x"
    ) as receipts:
        with capture_logs() as logged, pytest.raises(Unavailable):
            await receipts.send(a_receipt())

    assert {request.path for request in server.requests} == {"/v2/token"}
    assert "geheim" not in str(logged)
    assert ADDRESS not in str(logged)


async def test_the_circuit_opens_when_the_mailer_is_down(over_sfmc: SfmcReceipts, mailer: Mailer) -> None:
    mailer.instead.extend([TROUBLES["error"]] * 99)

    for _ in range(5):
        with pytest.raises(Unavailable):
            await over_sfmc.send(a_receipt())

    assert len(mailer.attempts) < 9
