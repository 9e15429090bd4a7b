"""The audit log on screen."""

import pytest

from entrypoints.console.acts import ACTS
from entrypoints.console.screens.audit import PAGE, facts
from entrypoints.http.operations import OPERATIONS
from tests.console.office import Office, Sale

LOG = "/console/audit"
SELECTION = "entries/selection"


@pytest.fixture(scope="module")
def sale(office: Office) -> Sale:
    sale = office.campaign()
    fan = sale.fan()
    sale.ask("POST", SELECTION, {"userIds": [fan], "selection": "selected"})
    return sale


def test_each_operation_that_leaves_a_row_has_a_name() -> None:
    audited = {operation.audit.operation for operation in OPERATIONS if operation.audit}
    assert audited - set(ACTS) == set()


def test_a_change_is_shown_with_who_asked_what_and_what_came_of_it(office: Office, sale: Sale) -> None:
    text = office.staff().open(f"{LOG}?campaignId={sale.id}&operation=selectEntries").text
    fan = f"ann-{sale.id}"
    assert f"staff Decided about fans {sale.id} selection selected users 1 userIds {fan} Done updated 1" in text


def test_the_page_of_the_campaign_has_its_changes_alone(office: Office, sale: Sale) -> None:
    other = office.campaign()
    other.stock("A1")
    text = office.staff().open(sale.at("audit")).text
    assert "selection selected" in text
    assert "first.csv" not in text
    assert "first.csv" in office.staff().open(other.at("audit")).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("by=staff", True),
        ("by=another", False),
        ("operation=selectEntries", True),
        ("operation=erasePerson", False),
        ("from=2020-01-01T00:00", True),
        ("to=2020-01-01T00:00", False),
        ("from=2020-01-01T00%3A00%3A00%2B02%3A00&to=2100-01-01T00%3A00%3A00.000Z", True),
        ("from=2100-01-01T00:00", False),
    ],
)
def test_changes_are_filtered(office: Office, sale: Sale, query: str, found: bool) -> None:
    text = office.staff().open(f"{sale.at('audit')}?{query}").text
    assert ("selection selected" in text) is found
    assert ("No change fits these filters" in text) is not found


def test_a_time_is_kept_in_its_field_as_utc(office: Office, sale: Sale) -> None:
    page = office.staff().open(f"{sale.at('audit')}?from=2026-01-01T01:30:00%2B02:00").page
    fields = {given["name"]: given["value"] for tag, given in page.tags if tag == "input" and "value" in given}
    assert fields["from"] == "2025-12-31T23:30"


@pytest.mark.parametrize(
    "query", ["from=yesterday", "from=0001-01-01T00:00:00%2B23:00", "campaignId=a%20b", "cursor=x"]
)
def test_what_is_no_filter_is_refused_in_words(office: Office, query: str) -> None:
    shown = office.staff().open(f"{LOG}?{query}")
    assert shown.status == 422
    assert query.partition("=")[0] in shown.text


def test_pages_follow_each_other_with_the_filters(office: Office) -> None:
    sale = office.campaign()
    fan = sale.fan()
    for number in range(PAGE):
        selection = ("selected", "none")[number % 2]
        sale.ask("POST", SELECTION, {"userIds": [fan], "selection": selection})
    staff = office.staff()
    first = staff.open(f"{LOG}?campaignId={sale.id}&by=staff")
    (next,) = [link for link in first.page.links if "cursor=" in link]
    second = staff.open(next)
    rows = [
        shown.text.count("Decided about fans") + shown.text.count("Registered a fan") for shown in (first, second)
    ]
    assert [count - 2 for count in rows] == [PAGE, 1]  # Both are options of the filter, too.


def test_a_token_for_one_campaign_sees_its_log_and_no_other(office: Office, sale: Sale) -> None:
    staff = office.staff(campaigns=[sale.id])
    page = staff.open(sale.at()).page
    assert sale.at("audit") in page.links
    assert LOG not in page.links
    assert staff.open(sale.at("audit")).status == 200
    assert staff.open(f"{LOG}?campaignId={sale.id}").status == 403
    assert staff.open(f"/console/campaigns/another/audit?campaignId={sale.id}").status == 403
    assert office.staff(scope="fangate:read").open(sale.at("audit")).status == 403


def test_facts_are_shown_without_what_is_empty() -> None:
    given = {
        "updated": 1_200,
        "rejected": 0,
        "kept": {"reserved": 1, "assigned": 0},
        "none": None,
        "ids": [],
        "all": True,
    }
    assert list(facts(given)) == [("updated", "1,200"), ("rejected", "0"), ("kept.reserved", "1"), ("all", "yes")]
    assert list(facts({"userIds": [str(number) for number in range(7)]})) == [("userIds", "0, 1, 2, 3, 4 …")]
