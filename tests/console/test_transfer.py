"""From one market to another."""

from typing import Any

import pytest

from tests.console.office import Browser, Office, Sale, Shown


@pytest.fixture
def sale(office: Office) -> Sale:
    """Ann chose nyc and bos, Bob nyc alone, Cid bos alone."""
    sale = office.campaign()
    for name, markets in (("ann", ["nyc", "bos"]), ("bob", ["nyc"]), ("cid", ["bos"])):
        sale.fan(name, markets=markets)
    return sale


def previewed(staff: Browser, sale: Sale, source: str = "nyc", target: str = "lax", ids: str = "") -> Shown:
    form = staff.open(sale.at("transfer")).page.form("/transfer/preview")
    return staff.send(form, **{"from": source, "to": target, "userIds": ids})


def markets(sale: Sale) -> dict[str, list[str]]:
    entries = sale.ask("GET", "entries")["entries"]
    return {entry["userId"].partition("-")[0]: entry["markets"] for entry in entries}


def test_all_are_moved_after_a_preview_and_once(office: Office, sale: Sale) -> None:
    staff, before = office.staff(), markets(sale)
    preview = previewed(staff, sale)
    assert "Chose the market 2 Moved 2 Merged: they chose both 0" in preview.text
    assert markets(sale) == before

    form = preview.page.form("/move")
    sent = staff.send(form)
    assert "Chose the market 2 Moved 2" in staff.follow(sent).text
    assert "Done" in staff.open(sent.leads_to).text
    assert markets(sale) == {"ann": ["lax", "bos"], "bob": ["lax"], "cid": ["bos"]}
    assert staff.send(form).status == 409
    assert "Nothing would change" in previewed(staff, sale).text


def test_who_chose_both_is_merged(office: Office, sale: Sale) -> None:
    staff = office.staff()
    preview = previewed(staff, sale, "bos", "nyc")
    assert "Chose the market 2 Moved 1 Merged: they chose both 1" in preview.text
    staff.send(preview.page.form("/move"))
    assert markets(sale) == {"ann": ["nyc"], "bob": ["nyc"], "cid": ["nyc"]}


def test_a_pasted_list_moves_these_alone(office: Office, sale: Sale) -> None:
    staff = office.staff()
    preview = previewed(staff, sale, ids=f"bob-{sale.id}\n<i>x</i>\n")
    assert "Chose the market 1 of 2 pasted Moved 1" in preview.text
    done = staff.follow(staff.send(preview.page.form("/move")))
    assert "Chose the market 1 of 2 pasted Moved 1" in done.text
    assert markets(sale) == {"ann": ["nyc", "bos"], "bob": ["lax"], "cid": ["bos"]}


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("", "lax", "from is missing"),
        ("nyc", "", "to is missing"),
        ("nyc", "nyc", "is the market to move from"),
        ("nyc", "paris", "to"),
        ("paris", "nyc", "from"),
        ("<script>", "nyc", "from"),
    ],
)
def test_markets_that_do_not_fit_are_refused_in_words(
    office: Office, sale: Sale, source: str, target: str, words: str
) -> None:
    shown = previewed(office.staff(), sale, source, target)
    assert shown.status == 422
    assert words in shown.text
    assert "<script>" not in shown.page.html
    again = shown.page.form("/transfer/preview")
    assert dict(again.fields)["from"] == source


@pytest.mark.parametrize(
    "claims", [{"scope": "fangate:read"}, {"scope": "fangate:codes"}, {"campaigns": ["another"]}]
)
def test_other_tokens_are_refused_and_not_offered_it(office: Office, sale: Sale, claims: dict[str, Any]) -> None:
    staff = office.staff(**claims)
    assert staff.open(sale.at("transfer")).status == 403
    assert sale.at("transfer") not in staff.open(sale.at()).page.links
    pairs = [("from", "nyc"), ("to", "lax")]
    assert {staff.post(sale.at("transfer", one), pairs).status for one in ("preview", "move")} == {403}
    assert markets(sale)["bob"] == ["nyc"]


def test_the_address_of_a_preview_opened_by_itself_leads_to_the_form(office: Office, sale: Sale) -> None:
    assert office.staff().open(sale.at("transfer", "preview")).leads_to == sale.at("transfer")
