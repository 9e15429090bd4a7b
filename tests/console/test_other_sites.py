"""What other sites, frames, caches and the next person at the machine can do with the console: nothing."""

import re
from pathlib import Path
from typing import Final

import pytest
from litestar.testing import TestClient
from pydantic import SecretStr

from entrypoints.config.settings import Settings
from entrypoints.console.page import Page
from entrypoints.console.rendering import POLICY
from entrypoints.console.screens import SCREENS
from entrypoints.service import service_app
from tests.console.office import HOST, Office
from tests.support.servers.service import SECRET
from tests.support.tokens import token

CHANGES: Final = tuple(page for page in SCREENS if page.method != "GET")
READS: Final = tuple(page for page in SCREENS if page.method == "GET")
FOREIGN: Final[dict[str, dict[str, str]]] = {
    "nothing": {},
    "another site": {"origin": "https://evil.example"},
    "a frame without an origin": {"origin": "null"},
    "a site with a similar name": {"origin": f"{HOST}.evil.example"},
    "cross-site": {"origin": HOST, "sec-fetch-site": "cross-site"},
    "a sister site": {"origin": HOST, "sec-fetch-site": "same-site"},
    "typed in": {"sec-fetch-site": "none"},
}


def address_of(page: Page) -> str:
    return re.sub(r"{\w+}", "tour", page.route)


def test_there_are_pages_to_ask() -> None:
    assert len(CHANGES) > 5
    assert len(READS) > 10


@pytest.mark.parametrize("page", CHANGES, ids=lambda page: page.path)
def test_a_form_of_another_site_is_refused_before_it_is_read(office: Office, page: Page) -> None:
    staff = office.staff()
    for sender, headers in FOREIGN.items():
        shown = staff.ask("POST", address_of(page), headers, data={"once": "x", "text": "x"})
        assert (shown.status, "console.foreign_origin" in shown.text) == (403, True), sender


@pytest.mark.parametrize("page", [page for page in CHANGES if page.changes], ids=lambda page: page.path)
def test_a_change_needs_a_form_of_this_session(office: Office, page: Page) -> None:
    """Also where a browser would let a foreign form through."""
    shown = office.staff().ask(
        "POST", address_of(page), {"origin": HOST}, data={"once": "x" * 22 + "." + "0" * 32}
    )
    assert shown.status in {403, 415}, shown.text


@pytest.mark.parametrize("page", [*READS, *CHANGES], ids=lambda page: f"{page.method} {page.path}")
def test_no_page_can_be_framed_or_kept_and_no_stranger_gets_one(office: Office, page: Page) -> None:
    for browser in (office.staff(), office.browser()):
        shown = browser.ask(page.method, address_of(page), {"origin": HOST})
        assert shown.headers["cache-control"] == "no-store"
        if shown.headers.get("content-type", "").startswith("text/html") or shown.status == 303:
            assert shown.headers["content-security-policy"] == POLICY
            assert shown.headers["x-frame-options"] == "DENY"
    assert (shown.status, shown.leads_to.partition("?")[0]) == (303, "/console/sign-in")


@pytest.mark.parametrize("address", ["/console/nothing", "/console/search?" + "a=1&" * 2_000, "/console/sign-in"])
def test_neither_can_an_error(office: Office, address: str) -> None:
    for browser in (office.staff(), office.browser()):
        headers = browser.open(address).headers
        assert headers["content-security-policy"] == POLICY
        assert (headers["cache-control"], headers["x-frame-options"]) == ("no-store", "DENY")


def test_signing_in_replaces_a_session_that_was_planted(office: Office) -> None:
    browser = office.browser()
    browser.cookies = {"fangate": token("mallory"), "fangate1": "planted"}
    shown = browser.post("/console/sign-in", [("token", token("paula"))])
    assert shown.status == 303
    assert browser.cookies.keys() == {"fangate"}
    assert "paula" in browser.open("/console").text


def test_signing_out_ends_all_pieces_and_what_was_said(office: Office) -> None:
    browser = office.browser()
    browser.post("/console/sign-in", [("token", token(groups=["g" * 40] * 100))])
    assert len(browser.cookies) > 1
    shown = browser.post("/console/sign-out", [], **{"x-forwarded-proto": "https"})
    assert browser.cookies == {}
    assert all("; Secure; Max-Age=0" in one and "; HttpOnly; SameSite=Strict" in one for one in shown.cookies)


def test_switched_off_there_is_no_console(tmp_path: Path) -> None:
    off = service_app(Settings(console="off", jwt_secret=SecretStr(SECRET), objects=f"file:{tmp_path}"))
    with TestClient(off) as client:
        for address in ("/console", "/console/sign-in", "/console/static/console.css", "/console/campaigns/tour"):
            answer = client.get(address)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("before", "back"),
    [
        (f"{HOST}/console/campaigns/tour/eligible?minScore=7", "/console/campaigns/tour/eligible?minScore=7"),
        (f"{HOST}/console", "/console"),
        (f"{HOST}/console-of-another", ""),
        (f"{HOST}/docs", ""),
        ("https://evil.example/console", ""),
        (f"{HOST}.evil.example/console", ""),
        ("javascript:alert(1)", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_a_refused_page_leads_back_only_within_the_console(office: Office, before: str, back: str) -> None:
    shown = office.staff().open("/console/campaigns/tour/codes/one", referer=before)
    assert shown.status == 422
    links = [given.get("href") for tag, given in shown.page.tags if tag == "a" and "btn" in given.get("class", "")]
    assert links == [*filter(None, [back]), "/console"]
