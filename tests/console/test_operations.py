"""How the work goes, and parked messages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.model.ids import CampaignId, UserId, new_id
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.messages import StoredMessage
from domain.model.messaging.relaying import Channel, Parked, Settlement
from domain.model.registrations.entry import EntryEvent
from entrypoints.application import Application
from tests.console.office import Browser, Office, Sale, Shown, an_office

PARKED = "/console/operations/parked"
NOW = datetime.now(UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Of its own: what is parked is parked for the whole service."""
    with an_office(tmp_path) as office:
        yield office


def park(sale: Sale, fan: str, count: int = 1) -> list[str]:
    """Their ids, the longest parked first."""
    ids = [new_id() for _ in range(count)]
    parked = [parked_message(sale, fan, id, minutes) for minutes, id in enumerate(reversed(ids))]

    async def settle(app: Application) -> None:
        await app.messaging.outbox.settle(Settlement(channel=Channel.EVENTS, at=NOW, parked=parked))

    sale.office.do(settle)
    return ids


def parked_message(sale: Sale, fan: str, id: str, minutes: int) -> Parked:
    message = StoredMessage(
        id=id,
        about=EntryEvent.UPDATED,
        at=NOW,
        campaign_id=CampaignId(sale.id),
        user_id=UserId(fan),
        revision=1,
        data="{}",
        attempts=5,
    )
    return Parked(message=message, reason="MessageSizeTooLargeError", since=NOW - timedelta(minutes=minutes))


def left(office: Office) -> set[str]:
    return {event["id"] for event in office.ask("GET", "/events/parked")["events"]}


def asked_to_put_back(staff: Browser, *ids: str, what: str = "chosen", campaign: str = "") -> Shown:
    """The preview."""
    pairs = [*(("id", id) for id in ids), ("what", what), ("campaignId", campaign)]
    return staff.post(f"{PARKED}/preview", pairs)


def test_when_all_is_well_that_is_said(office: Office) -> None:
    for address in ("/console/operations", "/console/operations/now"):
        text = office.staff().open(address).text
        assert "Nothing is wrong" in text
        assert "Outbox 0" in text
        assert "seconds ago" in text


def test_what_is_wrong_is_said_with_what_to_do(office: Office) -> None:
    sale = office.campaign()
    park(sale, sale.fan(), 2)
    shown = office.staff().open("/console/operations")
    assert "2 messages were refused too often and are parked. Read their reasons" in shown.text
    assert shown.page.offers("/operations/parked")


def test_parked_messages_are_listed_with_their_reasons(office: Office) -> None:
    sale, other = office.campaign(), office.campaign()
    (id,), (foreign,) = park(sale, sale.fan()), park(other, other.fan())
    text = office.staff().open(f"{PARKED}?campaignId={sale.id}").text
    assert id in text
    assert "fangate.entry.updated" in text
    assert "MessageSizeTooLargeError 5" in text
    assert foreign not in text
    assert foreign in office.staff().open(PARKED).text


def test_some_are_put_back_after_a_preview_and_what_was_gone_is_listed(office: Office) -> None:
    sale = office.campaign()
    first, second, third = park(sale, sale.fan(), 3)
    staff = office.staff()

    preview = asked_to_put_back(staff, first, second)
    assert "2 messages are put back" in preview.text
    assert "2 \u00d7 fangate.entry.updated" in preview.text
    assert left(office) == {first, second, third}

    office.ask("POST", "/events/parked/retry", json={"ids": [second]})
    done = staff.follow(staff.send(preview.page.form("/retry")))

    assert left(office) == {third}
    assert "1 message was put back" in done.text
    assert f"Not parked any more, so nothing was done with them: {second}" in done.text
    again = staff.send(preview.page.form("/retry"))
    assert (again.status, left(office)) == (409, {third})


def test_the_page_of_what_was_done_can_be_reloaded_and_says_nothing_to_others(office: Office) -> None:
    sale = office.campaign()
    park(sale, sale.fan())
    staff = office.staff()
    sent = staff.send(asked_to_put_back(staff, what="all").page.form("/retry"))
    assert ["was put back" in staff.open(sent.leads_to).text for _ in range(2)] == [True, True]
    assert "was put back" not in office.staff(sub="paul").open(sent.leads_to).text


def test_all_of_one_campaign_are_put_back_and_no_others(office: Office) -> None:
    sale, other = office.campaign(), office.campaign()
    park(sale, sale.fan(), 2)
    kept = park(other, other.fan())
    staff = office.staff()
    preview = asked_to_put_back(staff, what="all", campaign=sale.id)
    assert "2 messages are put back" in preview.text
    staff.send(preview.page.form("/retry"))
    assert left(office) == set(kept)


def test_all_of_all_campaigns_are_put_back(office: Office) -> None:
    for sale in (office.campaign(), office.campaign()):
        park(sale, sale.fan())
    staff = office.staff()
    preview = asked_to_put_back(staff, what="all")
    assert "Every parked message of every campaign" in preview.text
    done = staff.follow(staff.send(preview.page.form("/retry")))
    assert "2 messages were put back" in done.text
    assert left(office) == set()


def test_more_refused_than_an_address_can_hold_are_listed_all_the_same(office: Office) -> None:
    sale = office.campaign()
    ids = park(sale, sale.fan(), 150)
    staff = office.staff()
    preview = asked_to_put_back(staff, *ids[:100])
    office.ask("POST", "/events/parked/retry", json={"all": True})
    gone = " ".join([new_id() for _ in range(400)])
    shown = staff.send(preview.page.form("/retry"), ids=gone)
    assert shown.status == 200
    assert [id for id in gone.split() if id not in shown.text] == []


def test_without_a_choice_nothing_is_previewed(office: Office) -> None:
    shown = asked_to_put_back(office.staff())
    assert shown.status == 422
    assert "no box is ticked" in shown.text


def test_where_nothing_is_parked_that_is_said(office: Office) -> None:
    assert "No message is parked" in office.staff().open(PARKED).text
    assert office.staff().open(f"{PARKED}/preview").leads_to == PARKED


@pytest.mark.parametrize(
    ("claims", "offered"),
    [
        ({}, ["/console/operations", "/console/audit", "/console/privacy"]),
        ({"scope": "fangate:read"}, ["/console/operations"]),
        ({"scope": "fangate:operate"}, ["/console/operations"]),
        ({"scope": "fangate:privacy"}, ["/console/audit", "/console/privacy"]),
        ({"scope": "fangate:codes"}, []),
        ({"campaigns": ["tour"]}, []),
    ],
)
def test_the_menu_offers_what_the_token_allows(office: Office, claims: dict[str, Any], offered: list[str]) -> None:
    staff = office.staff(**claims)
    menu = ["/console/operations", "/console/audit", "/console/privacy"]
    assert [one for one in menu if one in staff.open("/console").page.links] == offered
    assert {staff.open(one).status for one in menu if one not in offered} <= {403}


def test_a_token_that_may_only_operate_comes_to_the_parked_messages(office: Office) -> None:
    staff = office.staff(scope="fangate:operate")
    assert staff.open("/console/operations").leads_to == PARKED
    assert staff.open(PARKED).status == 200
    assert staff.open("/console/operations/now").status == 403


def test_who_may_only_read_is_offered_no_retry_and_refused_one(office: Office) -> None:
    sale = office.campaign()
    ids = park(sale, sale.fan())
    reader = office.staff(scope="fangate:read")
    shown = reader.open(PARKED)
    assert (shown.status, ids[0] in shown.text) == (200, True)
    assert "Put back" not in shown.text
    assert asked_to_put_back(reader, *ids).status == 403


def test_a_token_for_one_campaign_sees_what_is_parked_of_it(office: Office) -> None:
    sale, other = office.campaign(), office.campaign()
    (id,), _ = park(sale, sale.fan()), park(other, other.fan())
    staff = office.staff(campaigns=[sale.id])
    shown = staff.open(sale.at("parked"))
    assert id in shown.text
    assert "Put back" not in shown.text
    assert staff.open(sale.at("now")).page.offers("/parked")
    assert staff.open(other.at("parked")).status == 403
    assert asked_to_put_back(staff, id).status == 403


def test_the_pages_of_parked_messages_follow_each_other(office: Office) -> None:
    sale, other = office.campaign(), office.campaign()
    ids, foreign = park(sale, sale.fan(), 103), park(other, other.fan())
    staff = office.staff()
    first = staff.open(f"{PARKED}?campaignId={sale.id}")
    (next,) = [link for link in first.page.links if "cursor=" in link]
    second = staff.open(next)
    assert [sum(id in page.text for id in ids) for page in (first, second)] == [100, 3]
    assert foreign[0] not in first.text + second.text
    assert f"{PARKED}?campaignId={sale.id}" in second.page.links
    assert staff.open(f"{PARKED}?cursor=x").status == 422


def test_what_waits_of_a_fan_is_on_the_page_of_the_fan(office: Office) -> None:
    """No worker runs: the event waits. That of another fan is not among them."""
    sale = office.campaign()
    fan, other = sale.fan("ann"), sale.fan("bob")
    park(sale, fan)
    park(sale, other, 2)
    address = f"{sale.at('fans', 'one')}?userId={fan}"
    text = office.staff().open(address).text
    assert "fangate.entry.updated Parked MessageSizeTooLargeError 5" in text
    assert text.count("MessageSizeTooLargeError") == 1
    assert "fangate.entry.created Waits 0" in text
    assert "Messages that wait" not in office.staff(scope="fangate:entries").open(address).text


def test_where_no_message_of_a_fan_waits_that_is_said(office: Office) -> None:
    sale = office.campaign()
    fan = sale.fan("ann")

    async def settle(app: Application) -> None:
        outbox = app.messaging.outbox
        for channel in Channel:
            passed_on = await outbox.pending(channel, range(PARTITIONS), 100, datetime.now(UTC))
            await outbox.settle(Settlement(channel=channel, at=NOW, passed_on=passed_on))

    sale.office.do(settle)
    assert "No message waits" in office.staff().open(f"{sale.at('fans', 'one')}?userId={fan}").text
