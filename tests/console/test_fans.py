"""Fans, and what staff can do about one of them."""

import json
from typing import Any

import pytest

from tests.console.office import Browser, Office, Sale
from tests.support.fresh import new_phone

LONG = "y" * 128
HOSTILE = "<script>alert(1)</script>\"'"


@pytest.fixture
def sale(office: Office) -> Sale:
    return office.campaign()


def rows(sale: Sale) -> list[Any]:
    """Of the audit log, the newest first; those of the console's own looks and changes."""
    return [
        row
        for row in sale.office.ask("GET", f"/audit?campaignId={sale.id}")["records"]
        if row["operation"] != "register"
    ]


def act(browser: Browser, sale: Sale, fan: str, name: str) -> Any:
    """Through the preview, as a member of staff does it."""
    page = browser.open(f"{sale.at('fans', 'act')}?act={name}&userId={fan}").page
    return browser.send(page.form("/fans/act"))


def test_the_list_shows_the_newest_first_and_masks_phones_and_addresses(office: Office, sale: Sale) -> None:
    ann, bob = sale.fan("ann", phone="+12125550123", email="ann@example.org"), sale.fan("bob")
    text = office.staff().open(sale.at("fans")).text
    assert text.index(bob) < text.index(ann)
    assert "+12 ••• ••23" in text
    assert "a•••@example.org" in text
    assert "2125550123" not in text


def test_the_list_filters_and_says_so_when_none_fits(office: Office, sale: Sale) -> None:
    sale.fan("ann")
    bob = sale.fan("bob", confirmed=False)
    browser = office.staff()
    text = browser.open(f"{sale.at('fans')}?status=pending_confirmation").text
    assert bob in text
    assert f"ann-{sale.id}" not in text
    assert "No fan fits these filters" in browser.open(f"{sale.at('fans')}?fraud=flagged").text
    assert "No registrations yet" in browser.open(office.campaign().at("fans")).text


def test_the_pages_of_the_list_follow_each_other(office: Office, sale: Sale) -> None:
    names = {sale.fan(f"fan{number}") for number in range(53)}
    browser = office.staff()
    first = browser.open(f"{sale.at('fans')}?status=confirmed")
    (next,) = [link for link in first.page.links if "cursor=" in link]
    second = browser.open(next)
    seen = [name for name in names if name in first.text], [name for name in names if name in second.text]
    assert [len(part) for part in seen] == [50, 3]
    assert set(seen[0]) | set(seen[1]) == names


@pytest.mark.parametrize("by", ["id", "phone", "mail"])
@pytest.mark.parametrize("where", ["campaign", "everywhere"])
def test_one_fan_is_found_exactly(office: Office, sale: Sale, by: str, where: str) -> None:
    phone = new_phone()
    ann = sale.fan("ann", phone=phone, email=f"{sale.id}@example.org")
    sale.fan("anna")
    text = {"id": ann, "phone": f"({phone[2:5]}) {phone[5:]}", "mail": f"{sale.id.upper()}@Example.org"}[by]
    if where == "everywhere" and by == "phone":
        text = phone
    address = sale.at("fans", "find") if where == "campaign" else "/console/search"

    shown = office.staff().post(address, [("text", text)])

    assert (shown.status, shown.leads_to) == (303, f"{sale.at('fans', 'one')}?userId={ann}")


@pytest.mark.parametrize(
    "text", ["no such fan", "12", "a@b", LONG, "1" * 100, "' or 1=1", "\u202e", "+1 (000) 000"]
)
def test_what_is_not_there_is_said(office: Office, sale: Sale, text: str) -> None:
    browser = office.staff()
    assert "No such fan" in browser.post(sale.at("fans", "find"), [("text", text)]).text
    assert "Nothing was found" in browser.post("/console/search", [("text", text)]).text


def test_the_search_box_finds_campaigns_and_codes(office: Office) -> None:
    sale = office.campaign(name="Quixotic Nights")
    new = office.campaign()
    sale.stock("QUIX-1")
    browser = office.staff()
    assert browser.post("/console/search", [("text", "quixotic")]).leads_to == sale.at()
    assert browser.post("/console/search", [("text", new.id)]).leads_to == new.at()
    assert (
        browser.post("/console/search", [("text", "QUIX-1")]).leads_to == f"{sale.at('codes', 'one')}?code=QUIX-1"
    )
    assert browser.post("/console/search", [("text", "quix-1")]).status == 200


def test_the_search_box_finds_nothing_that_the_token_may_not_see(office: Office, sale: Sale) -> None:
    ann = sale.fan("ann")
    for claims in ({"campaigns": ["another"]}, {"scope": "fangate:codes"}):
        assert "Nothing was found" in office.staff(**claims).post("/console/search", [("text", ann)]).text


def test_a_fan_is_shown_whole_and_that_staff_looked_is_in_the_audit_log(office: Office, sale: Sale) -> None:
    ann = sale.fan("ann", phone="+12125550199", email="ann@example.org", firstName="Ann", lastName=HOSTILE)
    shown = office.staff().open(f"{sale.at('fans', 'one')}?userId={ann}")
    for words in ("+12125550199", "ann@example.org", f"Ann {HOSTILE}", "Confirmed", "Registered"):
        assert words in shown.text
    (row,) = rows(sale)
    assert (row["operation"], row["by"], row["asked"]) == ("viewEntry", "staff", {"userId": ann})
    assert row["requestId"] == shown.headers["x-request-id"]


def test_a_fan_who_is_not_there_is_not_found(office: Office, sale: Sale) -> None:
    shown = office.staff().open(f"{sale.at('fans', 'one')}?userId=nobody")
    assert shown.status == 404
    assert "entry.not_found" in shown.text


def test_an_id_with_every_kind_of_character_is_one_fan(office: Office, sale: Sale) -> None:
    odd = sale.fan('a/b%2F c?d&e=f#g..é"<b>')
    browser = office.staff()
    (link,) = [link for link in browser.open(sale.at("fans")).page.links if "/fans/one?" in link]
    page = browser.open(link).page
    assert odd in page.text
    (link,) = [link for link in page.links if "act=withdraw" in link]
    shown = browser.send(browser.open(link).page.form("/fans/act"))
    assert f"The registration of {odd} is withdrawn" in browser.follow(shown).text


@pytest.mark.parametrize(
    ("name", "said", "operation", "field"),
    [
        ("selected", "It is decided for", "selectEntries", "selection"),
        ("declined", "It is decided for", "selectEntries", "selection"),
        ("free", "The number of", "freePhone", "status"),
    ],
)
def test_an_act_is_done_once_and_said(sale: Sale, name: str, said: str, operation: str, field: str) -> None:
    ann, browser = sale.fan("ann"), sale.office.staff()

    shown = act(browser, sale, ann, name)

    assert shown.leads_to == f"{sale.at('fans', 'one')}?userId={ann}"
    page = browser.follow(shown)
    assert said in page.text
    assert said not in browser.open(shown.leads_to).text  # Said once.
    changed = {"free": "pending_confirmation"}.get(name, name)
    assert sale.ask("GET", f"entries/{ann}")[field] == changed
    assert operation in {row["operation"] for row in rows(sale)}


def test_a_block_is_lifted_and_a_code_sent_again(office: Office, sale: Sale) -> None:
    bob, browser = sale.fan("bob", confirmed=False), office.staff()
    assert "No block is on the number" in browser.follow(act(browser, sale, bob, "lift")).text
    shown = act(browser, sale, bob, "resend")
    assert shown.status == 429  # The first code went out a moment ago.
    assert "confirmation.too_soon" in shown.text
    assert "Seconds to wait" in shown.text


def test_a_form_that_is_sent_again_repeats_nothing(office: Office, sale: Sale) -> None:
    ann, browser = sale.fan("ann"), office.staff()
    form = browser.open(f"{sale.at('fans', 'act')}?act=selected&userId={ann}").page.form("/fans/act")
    assert browser.send(form).status == 303
    revision = sale.ask("GET", f"entries/{ann}")["revision"]

    again = browser.send(form)

    assert again.status == 409
    assert "This form was sent before. Nothing was repeated." in again.text
    assert sale.ask("GET", f"entries/{ann}")["revision"] == revision


@pytest.mark.parametrize("once", ["", "x", "." * 200, "A" * 22 + "." + "0" * 32, "é" * 22 + ".ü"])
def test_a_form_of_another_session_changes_nothing(office: Office, sale: Sale, once: str) -> None:
    ann, browser = sale.fan("ann"), office.staff()
    pairs = [("act", "withdraw"), ("userId", ann), ("once", once)]
    assert browser.post(sale.at("fans", "act"), pairs).status == 403
    form = (
        office.staff(subject="olga").open(f"{sale.at('fans', 'act')}?act=withdraw&userId={ann}").page.form("/act")
    )
    assert browser.send(form).status == 403
    assert sale.ask("GET", f"entries/{ann}")["status"] == "confirmed"


def test_a_form_of_another_site_changes_nothing(office: Office, sale: Sale) -> None:
    ann, browser = sale.fan("ann"), office.staff()
    form = browser.open(f"{sale.at('fans', 'act')}?act=withdraw&userId={ann}").page.form("/act")
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert browser.post(form.action, form.filled(), **headers).status == 403
    assert sale.ask("GET", f"entries/{ann}")["status"] == "confirmed"


def test_acts_that_a_token_does_not_allow_are_neither_offered_nor_done(office: Office, sale: Sale) -> None:
    ann, reader = sale.fan("ann"), office.staff(scope="fangate:read")
    shown = reader.open(f"{sale.at('fans', 'one')}?userId={ann}")
    assert "Your token allows you to look" in shown.text
    assert not shown.page.offers("/fans/act")
    assert reader.open(f"{sale.at('fans', 'act')}?act=withdraw&userId={ann}").status == 403
    whole = office.staff()
    form = whole.open(f"{sale.at('fans', 'act')}?act=withdraw&userId={ann}").page.form("/act")
    whole.cookies = reader.cookies
    assert whole.send(form).status == 403


def test_no_phone_or_address_is_in_the_audit_log(office: Office, sale: Sale) -> None:
    ann, browser = sale.fan("ann", phone="+12125550177", email="secret@example.org"), office.staff()
    browser.open(f"{sale.at('fans', 'one')}?userId={ann}")
    act(browser, sale, ann, "free")
    act(browser, sale, ann, "withdraw")
    text = json.dumps(rows(sale))
    assert "5550177" not in text
    assert "secret@" not in text
