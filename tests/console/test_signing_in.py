"""Signing in by a token: pasted, or sent along by a proxy."""

import time

import pytest

from entrypoints.console.rendering import POLICY
from tests.console.office import HOST, Office
from tests.support.tokens import bearer, token

PASTED = "/console/sign-in"


def test_without_a_token_a_page_leads_to_the_sign_in_and_back(office: Office) -> None:
    browser = office.browser()
    shown = browser.open("/console/campaigns/tour/codes?status=available&cursor=a%2Fb")
    assert shown.status == 303

    page = browser.follow(shown).page
    shown = browser.send(page.form(PASTED), token=token())

    assert shown.leads_to == "/console/campaigns/tour/codes?status=available&cursor=a%2Fb"


def test_the_cookie_holds_the_token_out_of_reach_of_scripts_and_other_sites(office: Office) -> None:
    shown = office.browser().post(PASTED, [("token", token())])

    (cookie,) = [cookie for cookie in shown.cookies if cookie.startswith("fangate=e")]
    assert cookie.endswith("; HttpOnly; SameSite=Strict; Path=/console")


@pytest.mark.parametrize("header", ["https", "https, http"])
def test_behind_tls_the_cookie_is_secure(office: Office, header: str) -> None:
    shown = office.browser().post(PASTED, [("token", token())], **{"x-forwarded-proto": header})
    assert all("; Secure" in cookie for cookie in shown.cookies)


def test_a_token_that_is_too_long_for_one_cookie_is_kept_in_several(office: Office) -> None:
    browser = office.browser()
    long = token(groups=["g" * 40] * 100)
    assert 4_096 < len(long) < 8_192
    browser.post(PASTED, [("token", f"Bearer {long}")])
    assert max(map(len, browser.cookies.values())) < 4_000
    assert browser.open("/console").status == 200


def test_a_shorter_token_leaves_nothing_of_a_longer_one(office: Office) -> None:
    browser = office.browser()
    for groups in (["g" * 40] * 100, []):
        browser.post(PASTED, [("token", token(groups=groups))])
    assert browser.open("/console").status == 200


@pytest.mark.parametrize(
    ("pasted", "status", "words"),
    [
        ("no token; at all", 422, "This is no token"),
        ("", 422, "This is no token"),
        ("eyJhbGciOiJub25lIn0.e30.", 401, "is not acceptable"),
        (token(exp=int(time.time()) - 100), 401, "is not acceptable"),
        (token(secret="another secret, long enough to sign"), 401, "is not acceptable"),
        (token("ann", supreme=False), 403, "is one of a fan"),
    ],
    ids=["words", "nothing", "unsigned", "expired", "foreign", "fan"],
)
def test_a_token_that_does_not_open_the_console_is_refused_in_words(
    office: Office, pasted: str, status: int, words: str
) -> None:
    browser = office.browser()
    shown = browser.post(PASTED, [("token", pasted)])
    assert shown.status == status
    assert words in shown.text
    assert not browser.cookies
    assert not pasted or pasted not in shown.page.html


def test_the_session_ends_with_the_token(office: Office) -> None:
    browser = office.browser()
    browser.cookies["fangate"] = token(exp=int(time.time()) - 100)

    shown = browser.open("/console")

    assert shown.leads_to == "/console/sign-in?to=%2Fconsole&ended=yes"
    assert "Your session has ended" in browser.follow(shown).text
    part = browser.open("/console/table", **{"hx-request": "true"})
    assert (part.status, part.headers["hx-redirect"]) == (401, PASTED)


def test_signing_out_forgets_the_token(office: Office) -> None:
    browser = office.staff()
    shown = browser.send(browser.open("/console").page.form("/sign-out"))
    assert "You are signed out" in browser.follow(shown).text
    assert "fangate" not in browser.cookies
    assert browser.open("/console").status == 303


def test_a_proxy_signs_in_with_its_bearer_and_signs_out_itself(office: Office) -> None:
    browser = office.browser()
    browser.headers = bearer("paula")
    shown = browser.open("/console")
    assert shown.status == 200
    assert "paula" in shown.text
    assert not shown.page.offers("/sign-out")
    assert browser.open("/console/sign-in?to=/console/operations").leads_to == "/console/operations"


@pytest.mark.parametrize("address", ["/console", "/console/sign-in?to=/console", "/console/table"])
def test_a_proxy_whose_bearer_is_not_acceptable_is_told_so(office: Office, address: str) -> None:
    """The page for signing in leads back, so leading there would have no end."""
    browser = office.browser()
    browser.headers = bearer(exp=int(time.time()) - 100)

    shown = browser.open(address)
    shown = browser.follow(shown) if shown.status == 303 else shown

    assert (shown.status, "auth.unauthenticated" in shown.text) == (401, True)
    assert shown.headers["x-request-id"] in shown.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "/console\\..\\..//evil.example", "/consoles",
        "/console//evil.example", "javascript:alert(1)", "/console/sign-in", "/docs", "/console\r\nX: y",
        "console", "/console/é", "/console/../docs", "/console/a/..", "/console/%2E%2e/docs", "/console/.%2E?a",
        "/console/.",
    ],
)  # fmt: skip
def test_signing_in_leads_nowhere_but_into_the_console(office: Office, elsewhere: str) -> None:
    shown = office.browser().post(PASTED, [("token", token()), ("to", elsewhere)])
    assert (shown.status, shown.leads_to) == (303, "/console")


@pytest.mark.parametrize("to", ["/console/campaigns/a.b..c?next=/../x", "/console/campaigns/..a/codes"])
def test_dots_within_an_id_do_not_hinder(office: Office, to: str) -> None:
    assert office.browser().post(PASTED, [("token", token()), ("to", to)]).leads_to == to


def test_a_link_on_another_site_opens_the_page_by_a_step_in_between(office: Office) -> None:
    """The browser does not send the cookie with it."""
    address = "/console/campaigns/tour?a=1&b=2"
    shown = office.browser().open(address, **{"sec-fetch-site": "cross-site"})
    assert shown.status == 200
    assert (
        "meta",
        {"http-equiv": "refresh", "content": f"0;url={address}"},
    ) in shown.page.tags


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{HOST}.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
@pytest.mark.parametrize("address", ["/console/sign-in", "/console/sign-out"])
def test_a_form_of_another_site_is_refused(office: Office, headers: dict[str, str], address: str) -> None:
    browser = office.staff()
    shown = browser.post(address, [("token", token("mallory"))], **headers)
    assert shown.status == 403
    assert "console.foreign_origin" in shown.text
    assert not shown.cookies


def test_a_form_without_an_origin_is_refused(office: Office) -> None:
    assert office.browser().ask("POST", PASTED, data={"token": token()}).status == 403


@pytest.mark.parametrize("address", ["/console", "/console/sign-in", "/console/nothing", "/console/table"])
def test_every_page_has_the_strict_policy_and_is_kept_nowhere(office: Office, address: str) -> None:
    headers = office.staff().open(address).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"


def test_an_unknown_page_is_a_page_with_the_id_of_the_request(office: Office) -> None:
    shown = office.staff().open("/console/nothing/here")
    assert shown.status == 404
    assert "This page does not exist" in shown.text
    assert shown.headers["x-request-id"] in shown.text


def test_outside_the_console_errors_stay_problems(office: Office) -> None:
    assert office.browser().open("/consoles").headers["content-type"] == "application/problem+json"
