"""Privacy on screen: what is held of a person, exporting and erasing it, and what retention takes next."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.model.registrations.campaigns import CampaignStatus
from domain.usecases.privacy.purge_closed import PurgeCommand, Purged
from entrypoints.application import Application
from tests.console.office import HOST, Browser, Office, Sale, Shown, an_office
from tests.support.registrations import a_campaign, campaign_body

PRIVACY = "/console/privacy"
RETENTION = f"{PRIVACY}/retention"
DAY = timedelta(days=1)


def looked_up(staff: Browser, user_id: str) -> Shown:
    return staff.send(staff.open(PRIVACY).page.form("/privacy/person"), userId=user_id)


def registered(office: Office, user_id: str) -> int:
    return len(office.ask("GET", f"/privacy/export?userId={user_id}")["entries"])


@pytest.fixture
def fan(office: Office) -> str:
    """With a registration and a code."""
    sale = office.campaign()
    fan = sale.fan()
    sale.stock("A1")
    held = sale.ask("POST", "reserve", {"type": "tm", "count": 1})
    assignments = [{"code": "A1", "userId": fan}]
    sale.ask("POST", "assign", {"reserveId": held["reserveId"], "assignments": assignments})
    return fan


def test_what_is_held_is_counted_and_nothing_is_changed(office: Office, fan: str) -> None:
    shown = looked_up(office.staff(), fan)
    assert "Registrations 1" in shown.text
    assert "Codes and their histories 1" in shown.text
    assert "erased:" in shown.text
    assert fan not in shown.headers.get("location", "")
    assert registered(office, fan) == 1


def test_everything_is_downloaded_as_the_api_has_it(office: Office, fan: str) -> None:
    staff = office.staff()
    form = looked_up(staff, fan).page.form("/privacy/export")
    own = {"cookie": "; ".join(f"{name}={value}" for name, value in staff.cookies.items()), "origin": HOST}
    answer = office.client.post(form.action, data=dict(form.fields), headers=own)
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{fan}.json"
    assert answer.headers["content-type"] == "application/json"
    exported = json.loads(answer.content)
    api = office.ask("GET", f"/privacy/export?userId={fan}")
    assert exported | {"exportedAt": ""} == api | {"exportedAt": ""}
    assert exported["codes"][0]["code"] == "A1"


def test_an_erasure_wants_the_id_typed(office: Office, fan: str) -> None:
    staff = office.staff()
    form = looked_up(staff, fan).page.form("/privacy/erase")
    for typed in ("", fan[:-1], fan.upper()):
        refused = staff.send(form, typed=typed)
        assert refused.status == 422
        assert "Nothing was erased" in refused.text
        form = refused.page.form("/privacy/erase")
    assert registered(office, fan) == 1


def test_an_erasure_is_made_once_and_says_what_remained(office: Office, fan: str) -> None:
    staff = office.staff()
    form = looked_up(staff, fan).page.form("/privacy/erase")

    sent = staff.send(form, typed=fan)
    done = staff.follow(sent)

    assert registered(office, fan) == 0
    assert fan not in sent.leads_to + done.text
    assert "Erased" in done.text
    assert "Registrations 1 0" in done.text
    assert "Codes and their histories 1 0" in done.text
    assert staff.send(form, typed=fan).status == 409
    assert "Nothing is held of this person" in looked_up(staff, fan).text
    rows = office.ask("GET", "/audit?operation=erasePerson&limit=1")["records"]
    assert rows[0]["outcome"]["userId"].startswith("erased:")


def test_a_person_of_whom_nothing_is_held_cannot_be_erased(office: Office) -> None:
    shown = looked_up(office.staff(), "<b>nobody</b>")
    assert "Nothing is held of this person" in shown.text
    assert not shown.page.offers("/privacy/erase")
    assert "<b>nobody" not in shown.page.html


def test_without_an_id_or_with_a_wrong_one_the_search_is_refused(office: Office) -> None:
    assert "type the id of the person" in looked_up(office.staff(), "").text
    assert looked_up(office.staff(), "x" * 129).status == 422
    assert office.staff().open(f"{PRIVACY}/person").leads_to == PRIVACY


def test_only_the_scope_of_privacy_opens_these_pages(office: Office) -> None:
    for claims in ({"scope": "fangate:read fangate:operate fangate:entries"}, {"campaigns": ["tour"]}):
        staff = office.staff(**claims)
        assert [staff.open(one).status for one in (PRIVACY, RETENTION)] == [403, 403]
        for address in ("person", "export", "erase"):
            assert staff.post(f"{PRIVACY}/{address}", [("userId", "ann")]).status == 403
    assert office.staff(scope="fangate:privacy").open(PRIVACY).status == 200


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Office]:
    """Of its own: retention is about all campaigns."""
    with an_office(tmp_path, retention_days=30) as office:
        yield office


def closed(office: Office, ago: timedelta, fans: int) -> Sale:
    """A campaign that closed so long ago; before now, where the time is negative."""
    sale = office.campaign()
    for number in range(fans):
        sale.fan(f"fan{number}")
    end = datetime.now(UTC) - ago
    status = CampaignStatus.CLOSED if ago > timedelta() else CampaignStatus.OPEN
    office.platform.put_campaigns(campaign_body(a_campaign(sale.id, status=status, closes_at=end)))
    return sale


def row_of(sale: Sale, text: str) -> list[str]:
    return text.partition(sale.id)[2].split()


def test_retention_takes_first_what_closed_first_and_is_the_purge_itself(keeping: Office) -> None:
    later, due, open = closed(keeping, 10 * DAY, 1), closed(keeping, 40 * DAY, 2), closed(keeping, -DAY, 3)
    keeping.campaign().fan()
    dry: list[Purged] = []

    async def purge(app: Application) -> None:
        dry.append(await app.privacy.purge(PurgeCommand(days=30, dry_run=True)))

    keeping.do(purge)
    text = keeping.staff().open(f"{RETENTION}?whole=yes").text

    places = [text.index(sale.id) for sale in (due, later, open)]
    assert places == sorted(places)
    assert [row_of(sale, text)[6:8] for sale in (due, later, open)] == [
        ["2", "Due"],
        ["1", "Later"],
        ["3", "Later"],
    ]
    assert dry == [Purged(campaigns=1, entries=2)]
    assert "Workers withdraw the registrations of campaigns that closed 30 days ago" in text
    assert "1 campaign says no time of closing" in text


def test_other_days_are_tried_without_changing_anything(keeping: Office) -> None:
    sale = closed(keeping, 40 * DAY, 2)
    staff = keeping.staff()
    assert row_of(sale, staff.open(f"{RETENTION}?whole=yes&days=41").text)[6:8] == ["2", "Later"]
    assert row_of(sale, staff.open(f"{RETENTION}?days=39", **{"hx-request": "true"}).text)[6:8] == ["2", "Due"]
    assert sale.ask("GET", "entries/count")["total"] == 2


def test_where_nothing_is_taken_that_is_said(keeping: Office) -> None:
    assert "Nothing is taken" in keeping.staff().open(f"{RETENTION}?whole=yes").text


def test_where_retention_is_switched_off_that_is_said(office: Office) -> None:
    for address in (PRIVACY, f"{RETENTION}?whole=yes"):
        assert "Retention is switched off" in office.staff().open(address).text


@pytest.mark.parametrize("days", ["0", "-1", "36501", "x", "1e3", "9" * 5_000])
def test_days_that_are_none_are_refused(office: Office, days: str) -> None:
    shown = office.staff().open(f"{RETENTION}?days={days}")
    assert shown.status == 422
    assert "days must be a number from 1 to 36500" in shown.text
