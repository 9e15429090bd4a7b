"""The campaigns, and one of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from entrypoints.console.attention import attention
from entrypoints.http.background import OperationsBody, OutboxBody, QueueBody
from tests.console.office import Office, Sale
from tests.support.fresh import new_campaign_id
from tests.support.registrations import a_campaign, campaign_body
from tests.support.tokens import bearer

TABLE = "/console?whole=yes"


@pytest.fixture(scope="module")
def sale(office: Office) -> Sale:
    """Three codes of two types, and two fans, one of them confirmed."""
    sale = office.campaign(name="The tour")
    sale.stock("A1", "A2")
    sale.stock("X1", type="external")
    sale.fan("ann")
    sale.fan("bob", confirmed=False)
    return sale


def row_of(sale: Sale, address: str) -> str:
    """From the page that it is on: the campaigns of other tests are listed too."""
    browser = sale.office.staff()
    while True:
        shown = browser.open(address)
        before, found, row = shown.text.partition(f"The tour {sale.id}")
        if found:
            return row
        next = [link for link in shown.page.links if "cursor=" in link]
        assert next, before
        address = f"{next[-1]}&whole=yes"


@pytest.mark.parametrize("address", [TABLE, "/console/table"])
def test_the_campaigns_are_shown_with_what_is_left_and_who_came(sale: Sale, address: str) -> None:
    row = row_of(sale, address).replace("\u2013", "none")
    assert row.startswith(" Open none none tm 2 external 1 2 1 50%")


def test_the_counts_come_after_the_page(office: Office) -> None:
    page = office.staff().open("/console").page
    assert [tag for tag, given in page.tags if given.get("hx-get") == "/console/table"] == ["div"]
    assert page.offers("/console")


def test_a_token_for_some_campaigns_sees_these_alone(office: Office, sale: Sale) -> None:
    other = office.campaign()
    other.stock("A1")
    text = office.staff(campaigns=[sale.id, "tour-*"]).open(TABLE).text
    assert sale.id in text
    assert other.id not in text


@pytest.mark.parametrize("scope", ["codes", "entries", "draws", "operate", "privacy"])
def test_a_token_with_one_scope_finds_the_campaigns_that_it_works_on(
    office: Office, sale: Sale, scope: str
) -> None:
    staff = office.staff(scope=f"fangate:{scope}")
    assert "No campaign" not in staff.open(TABLE).text  # The other tests' campaigns may fill the first page.
    assert staff.post("/console/search", [("text", sale.id)]).leads_to == sale.at()


@pytest.mark.parametrize(
    ("scope", "seen", "unseen"),
    [
        ("fangate:codes", "tm 1 \u2013 \u2013", "50%"),
        ("fangate:entries", "not yours to see 1 1 100%", "tm 1"),
        ("fangate:privacy", "not yours to see \u2013 \u2013", "tm 1"),
    ],
)
def test_a_token_for_a_kind_of_campaigns_sees_all_of_them_and_of_each_what_it_may(
    office: Office, scope: str, seen: str, unseen: str
) -> None:
    kind = new_campaign_id()
    first, second, other = (Sale(office, f"{kind}-{one}") for one in ("a", "b", "c"))
    for sale in (first, second, other):
        office.platform.put_campaigns(campaign_body(a_campaign(sale.id, name=f"Night {sale.id[-1]}")))
        sale.stock("A1")
        sale.fan("ann")
    staff = office.staff(scope=scope, campaigns=[f"{kind}-a*", f"{kind}-b"])
    text = staff.open(TABLE).text
    assert text.count(f"Open \u2013 \u2013 {seen}") == 2
    assert f"Night a {first.id}" in text
    assert f"Night b {second.id}" in text
    assert other.id not in text
    assert unseen not in text
    assert staff.open(first.at()).status == 200
    assert staff.open(other.at()).status == 403
    for found, leads_to in ((first, first.at()), (other, "")):
        assert staff.post("/console/search", [("text", found.id)]).leads_to == leads_to


def test_a_token_sees_the_campaign_that_it_names_before_anything_is_in_it(office: Office) -> None:
    new = office.campaign(name="The opening")
    shown = office.staff(scope="fangate:entries", campaigns=[new.id, "not-known-anywhere"]).open(TABLE)
    assert shown.status == 200
    assert f"The opening {new.id}" in shown.text
    assert "not-known-anywhere" in shown.text


def test_the_pages_of_campaigns_follow_each_other_for_a_token_for_codes(office: Office) -> None:
    kind = new_campaign_id()
    for number in range(22):
        Sale(office, f"{kind}-{number:02}").stock("A1")
    staff = office.staff(scope="fangate:codes", campaigns=[f"{kind}-*"])
    first = staff.open(TABLE)
    (next,) = [link for link in first.page.links if "cursor=" in link]
    second = staff.open(f"{next}&whole=yes")
    for number in range(22):
        assert [f"{kind}-{number:02}" in page.text for page in (first, second)] == [number < 20, number >= 20]


@pytest.mark.parametrize(
    ("scope", "seen", "unseen"),
    [
        ("fangate:codes", ["Codes left", "tm"], ["Registrations", "by hour", "Nothing is wrong"]),
        ("fangate:entries", ["Registrations", "by hour"], ["Codes left", "Nothing is wrong"]),
        ("fangate:read", ["Registrations", "by hour", "Codes left", "Nothing is wrong"], []),
    ],
)
def test_what_a_scope_does_not_allow_is_not_shown(
    office: Office, sale: Sale, scope: str, seen: list[str], unseen: list[str]
) -> None:
    text = office.staff(scope=scope).open(f"{sale.at()}?whole=yes").text
    assert [words for words in seen if words not in text] == []
    assert [words for words in unseen if words in text] == []


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"scope": "fangate:codes"}, "auth.scope"), ({"campaigns": ["another"]}, "auth.campaign")],
)
def test_what_a_token_does_not_allow_is_refused_when_it_is_asked(
    office: Office, sale: Sale, claims: dict[str, Any], code: str
) -> None:
    shown = office.staff(**claims).open(sale.at("over-time"))
    assert shown.status == 403
    assert code in shown.text


def test_the_overview_counts_by_status_market_and_pool(office: Office, sale: Sale) -> None:
    text = office.staff().open(sale.at("now")).text
    for words in ("Registrations 2", "Confirmed 1 50%", "Not confirmed yet 1 50%", "Codes left 3 of 3"):
        assert words in text
    assert "nyc 2 0 0 0 2 1" in text
    assert "bos 0 2 0 0 2 1" in text


def test_what_needs_attention_is_said_in_words() -> None:
    found = OperationsBody(
        outbox=OutboxBody(oldest_age_seconds=3_723.4, waiting_entries=1_200, parked=2),
        queue=QueueBody(waiting=5, dead_letters=3),
        workers=[],
        missing_indexes=["entries.newest"],
        as_of="2026-11-21T18:00:00.000Z",
    )
    assert [one.sentence for one in attention(found)] == [
        "No worker runs: nothing is published, mailed or retried.",
        "Indexes are missing or differ. Tell the operators to run: fangate migrate.",
        "Events of 1,200 registrations wait to be published, the oldest for 3,723 seconds.",
        "2 messages were refused too often and are parked.",
        "3 scores were asked for in vain and are dead letters.",
    ]


def test_the_chart_has_the_points_of_the_api(office: Office, sale: Sale) -> None:
    answer = office.client.get(f"{sale.at('timeline')}?unit=minute", headers=bearer())
    drawn = json.loads(answer.content)
    times, created, confirmed = drawn["data"]
    assert (len(times), sum(created), sum(confirmed)) == (1440, 2, 1)
    assert drawn["names"] == ["registered", "confirmed"]


def test_a_unit_that_is_none_is_refused_in_words(office: Office, sale: Sale) -> None:
    shown = office.staff().open(f"{sale.at('over-time')}?unit=week")
    assert shown.status == 422
    assert "unit must be one of: minute, hour, day" in shown.text


def test_a_campaign_that_is_not_known_shows_its_codes_all_the_same(office: Office) -> None:
    sale = Sale(office, "not-known-there")
    sale.stock("A1")
    shown = office.staff().open(f"{sale.at()}?whole=yes")
    assert shown.status == 200
    assert "campaign-service does not know this campaign" in shown.text
    assert "Codes left 1 of 1" in shown.text


@pytest.mark.parametrize("id", ["console", "a%2Fb", "a b", "x" * 65])
def test_an_id_that_is_none_is_refused_in_words(office: Office, id: str) -> None:
    shown = office.staff().open(f"/console/campaigns/{id}")
    assert shown.status == 422
    assert "campaignId must be 1 to 64 of" in shown.text


def test_times_are_utc_until_the_browser_knows_better(office: Office) -> None:
    sale = office.campaign(opens_at=datetime(2026, 5, 4, 12, 30, 5, tzinfo=UTC))
    page = office.staff().open(sale.at()).page
    assert ("time", {"datetime": "2026-05-04T12:30:05+00:00", "title": "2026-05-04 12:30:05 UTC"}) in page.tags
    assert "2026-05-04 12:30:05 UTC" in page.text


def test_markets_are_called_by_their_names_beside_their_ids(office: Office) -> None:
    sale = office.campaign()
    office.platform.put_campaigns(
        campaign_body(a_campaign(sale.id))
        | {"markets": [{"id": "nyc", "name": "New York"}, {"id": "bos", "name": 7}, {"id": "lax", "name": "LAX"}]}
    )
    sale.ask("GET", "entries/count")
    staff, fan = office.staff(), sale.fan("ann")
    parts = ("now", "fans", "transfer", "draws/new", "eligible?whole=yes", f"fans/one?userId={fan}")
    for page in (f"{sale.at()}?whole=yes", *map(sale.at, parts)):
        text = staff.open(page).text
        assert "New York (nyc)" in text, page
        assert "bos" in text
        assert "LAX (lax)" not in text
