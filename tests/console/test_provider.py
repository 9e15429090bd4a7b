"""Signing in at an identity provider: a real one, over HTTP."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.console.office import HOST, Browser, Office, Shown, an_office
from tests.support.servers.openid import CLIENT, CLIENT_SECRET, FAN, STAFF, OpenId, openid, query_of
from tests.support.tokens import bearer, token

PROVIDER = "/console/sign-in/provider"
BACK = "/console/sign-in/back"


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenId]:
    with openid() as running:
        yield running


def settings(issuer: str) -> dict[str, Any]:
    return {
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
    }


@pytest.fixture(scope="module")
def office(provider: OpenId, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with an_office(tmp_path_factory.mktemp("office"), **settings(provider.issuer)) as office:
        yield office


@pytest.fixture(autouse=True)
def behaving(provider: OpenId) -> Iterator[None]:
    yield
    provider.behave()


def begun(office: Office, to: str = "/console") -> tuple[Browser, str]:
    """A browser, and where it is led to."""
    browser = office.browser()
    shown = browser.ask("GET", PROVIDER, params={"to": to})
    assert shown.status == 303, shown.text
    return browser, shown.leads_to


def come_back(browser: Browser, address: str) -> Shown:
    """As the browser does: from another site, with the cookies that it then sends."""
    assert address.startswith(f"{HOST}{BACK}?")
    return browser.open(address.removeprefix(HOST), **{"sec-fetch-site": "cross-site"})


def signed_in(office: Office, provider: OpenId, person: str = STAFF) -> Browser:
    browser, url = begun(office)
    assert come_back(browser, provider.sign_in(url, person)).status == 200
    return browser


def next_page(shown: Shown) -> str:
    """The page opens it by itself."""
    (refresh,) = [given["content"] for tag, given in shown.page.tags if given.get("http-equiv") == "refresh"]
    return refresh.removeprefix("0;url=")


def assert_refused(browser: Browser, shown: Shown, status: int, words: str) -> None:
    assert (shown.status, words in shown.text) == (status, True), shown.text
    assert browser.cookies == {}
    assert browser.open("/console").status == 303


def test_staff_sign_in_at_the_provider_and_come_to_the_page_that_they_wanted(
    office: Office, provider: OpenId
) -> None:
    browser = office.browser()
    wanted = "/console/campaigns/tour/codes?status=available&type=tm"
    page = browser.follow(browser.open(wanted)).page
    (link,) = [link for link in page.links if link.startswith(PROVIDER)]

    shown = come_back(browser, provider.sign_in(browser.open(link).leads_to))

    assert next_page(shown) == wanted
    assert STAFF in browser.open("/console").text


def test_the_request_has_all_that_binds_the_answer(office: Office, provider: OpenId) -> None:
    _, url = begun(office)
    asked = query_of(url)
    assert asked.keys() == {
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method",
    }  # fmt: skip
    assert asked["redirect_uri"] == f"{HOST}{BACK}"
    assert (asked["client_id"], asked["scope"], asked["code_challenge_method"]) == (CLIENT, "openid", "S256")


def test_the_code_is_redeemed_with_the_verifier_and_the_secret(office: Office, provider: OpenId) -> None:
    browser, url = begun(office)
    come_back(browser, provider.sign_in(url))
    sent = provider.token_requests[-1]
    assert challenge_of(sent["code_verifier"]) == query_of(url)["code_challenge"]
    assert sent["redirect_uri"] == f"{HOST}{BACK}"
    assert sent["authorization"].startswith("Basic ")


def test_two_attempts_have_nothing_in_common(office: Office) -> None:
    one, other = (query_of(begun(office)[1]) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != other[name]


def test_the_session_is_strict_and_the_attempt_is_lax_and_short(office: Office, provider: OpenId) -> None:
    browser = office.browser()
    shown = browser.open(PROVIDER)
    (kept,) = shown.cookies
    assert kept.endswith("; HttpOnly; SameSite=Lax; Path=/console/sign-in; Max-Age=600")
    assert query_of(shown.leads_to)["nonce"] not in kept

    shown = come_back(browser, provider.sign_in(shown.leads_to))

    session, *_, ended = shown.cookies
    assert session.endswith("; HttpOnly; SameSite=Strict; Path=/console")
    assert "Max-Age=0" in ended
    assert browser.cookies.keys() == {"fangate"}


def test_behind_tls_the_address_and_the_cookie_are_so_too(office: Office) -> None:
    shown = office.browser().open(PROVIDER, **{"x-forwarded-proto": "https", "host": "desk.example.org"})
    assert query_of(shown.leads_to)["redirect_uri"] == f"https://desk.example.org{BACK}"
    assert "; Secure" in shown.cookies[0]


def test_a_host_that_is_none_is_refused(office: Office) -> None:
    for host in ("evil.example/path", "a b", "evil@example.org", "x" * 300):
        assert office.browser().open(PROVIDER, host=host).status == 400


def test_what_the_token_does_not_allow_is_not_offered(office: Office, provider: OpenId) -> None:
    sale = office.campaign()
    browser = signed_in(office, provider, "rita")
    assert browser.open(sale.at()).status == 200
    assert browser.open(sale.at("over-time")).status == 200


def test_a_fan_is_told_so_and_is_not_signed_in(office: Office, provider: OpenId) -> None:
    browser, url = begun(office)
    shown = come_back(browser, provider.sign_in(url, FAN))
    assert_refused(browser, shown, 403, "nothing says that you are staff")
    assert f"{provider.issuer}/oauth2/end_session?client_id={CLIENT}" in shown.page.links


def test_a_person_who_gives_up_can_begin_again(office: Office, provider: OpenId) -> None:
    browser, url = begun(office, "/console/operations")
    denied = f"{HOST}{BACK}?error=access_denied&state={query_of(url)['state']}"
    shown = come_back(browser, denied)
    assert_refused(browser, shown, 403, "Signing in did not work")
    assert f"{PROVIDER}?to=%2Fconsole%2Foperations" in shown.page.links


def test_a_code_works_once(office: Office, provider: OpenId) -> None:
    browser, url = begun(office)
    kept = dict(browser.cookies)
    address = provider.sign_in(url)
    come_back(browser, address)

    thief = office.browser()
    thief.cookies = kept
    assert_refused(thief, come_back(thief, address), 403, "Signing in did not work")


def test_reloading_the_way_back_keeps_the_session(office: Office, provider: OpenId) -> None:
    browser, url = begun(office)
    address = provider.sign_in(url)
    come_back(browser, address)
    asked = len(provider.token_requests)

    assert next_page(browser.open(address.removeprefix(HOST))) == "/console"

    assert len(provider.token_requests) == asked
    assert browser.open("/console").status == 200


@pytest.mark.parametrize("change", ["another", "none", "long", "of another attempt"])
def test_a_state_that_does_not_fit_is_refused_before_the_provider_is_asked(
    office: Office, provider: OpenId, change: str
) -> None:
    browser, url = begun(office)
    address = provider.sign_in(url)
    state = query_of(address)["state"]
    others = {
        "another": state[:-1] + ("A" if state[-1] != "A" else "B"),
        "none": "",
        "long": state * 1_000,
        "of another attempt": query_of(begun(office)[1])["state"],
    }
    asked = len(provider.token_requests)

    shown = browser.open(BACK + "?" + address.partition("?")[2].replace(state, others[change]))

    assert (shown.status, "This sign-in is over" in shown.text) == (400, True)
    assert "fangate" not in browser.cookies
    assert len(provider.token_requests) == asked


def test_a_code_that_was_brought_to_another_browser_does_not_sign_in(office: Office, provider: OpenId) -> None:
    """A stranger's own code, in a link, would otherwise sign the victim in as the stranger."""
    _, url = begun(office)
    victim = office.browser()
    assert_refused(victim, come_back(victim, provider.sign_in(url)), 400, "This sign-in is over")


def test_sign_ins_of_several_tabs_do_not_disturb_each_other(office: Office, provider: OpenId) -> None:
    browser, first = begun(office, "/console/operations")
    second = browser.open(PROVIDER).leads_to
    assert next_page(come_back(browser, provider.sign_in(first))) == "/console/operations"
    assert next_page(come_back(browser, provider.sign_in(second))) == "/console"


def test_sign_ins_that_are_left_lying_do_not_fill_the_browser(office: Office) -> None:
    browser = office.browser()
    kept = []
    for _ in range(10):
        browser.open(f"{PROVIDER}?to=/console/{'x' * 1_900}")
        kept.append(len(browser.cookies))
    assert max(kept) == 4
    assert max(map(len, browser.cookies.values())) < 4_000


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"exp": int(time.time()) - 100},
        {"exp": None},
        {"iat": None},
        {"iat": int(time.time()) + 1_000_000},
        {"nbf": int(time.time()) + 1_000_000},
        {"at_hash": "another"},
        {"sub": None},
        {"sub": 7},
        {"sub": "x" * 129},
        {"campaigns": "tour"},
        {"groups": ["g" * 40] * 200},
    ],
    ids="-".join,
)
def test_a_token_that_is_not_of_this_sign_in_is_refused(
    office: Office, provider: OpenId, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    browser, url = begun(office)
    assert_refused(browser, come_back(browser, provider.sign_in(url)), 403, "Signing in did not work")


@pytest.mark.parametrize("supreme", ["true", 1, None, False, ["true"]])
def test_only_exactly_true_makes_staff(office: Office, provider: OpenId, supreme: Any) -> None:
    provider.claims = {"supreme": supreme}
    browser, url = begun(office)
    assert_refused(browser, come_back(browser, provider.sign_in(url)), 403, "nothing says that you are staff")


def test_another_issuer_in_the_answer_is_refused(office: Office, provider: OpenId) -> None:
    browser, url = begun(office)
    address = provider.sign_in(url) + "&iss=https://another.example"
    assert_refused(browser, come_back(browser, address), 403, "Signing in did not work")


def test_keys_may_rotate(office: Office, provider: OpenId) -> None:
    before = signed_in(office, provider)
    provider.rotate()
    after = signed_in(office, provider)
    assert after.open("/console").status == 200
    assert before.open("/console").leads_to.endswith("&ended=yes"), "its key is withdrawn"


def test_the_session_ends_with_the_token(office: Office, provider: OpenId) -> None:
    browser = office.browser()
    for seconds, status in ((600, 200), (-100, 303)):
        browser.cookies = {"fangate": provider.signed(exp=int(time.time()) + seconds)}
        assert browser.open("/console").status == status
    assert "Your session has ended" in browser.follow(browser.open("/console")).text


def test_identity_tokens_are_for_the_console_alone(office: Office, provider: OpenId) -> None:
    browser = signed_in(office, provider)
    headers = {"authorization": f"Bearer {browser.cookies['fangate']}"}
    assert office.client.get("/campaigns", headers=headers).status_code == 401
    browser.cookies = {"fangate": token()}
    assert browser.open("/console").status == 303, "a token of the API is no session"


def test_a_proxy_may_sign_in_beside_the_provider(office: Office) -> None:
    browser = office.browser()
    browser.headers = bearer("otto")
    assert "otto" in browser.open("/console").text
    assert browser.open(f"{PROVIDER}?to=/console/operations").leads_to == "/console/operations"


def test_no_token_can_be_pasted_beside_a_provider(office: Office) -> None:
    shown = office.browser().post("/console/sign-in", [("token", token())])
    assert (shown.status, shown.cookies) == (404, [])
    assert not office.browser().open("/console/sign-in").page.forms


def test_signing_out_offers_to_sign_out_of_the_provider(office: Office, provider: OpenId) -> None:
    browser = signed_in(office, provider)
    page = browser.follow(browser.send(browser.open("/console").page.form("/sign-out"))).page
    assert "You are signed out" in page.text
    assert f"{provider.issuer}/oauth2/end_session?client_id={CLIENT}" in page.links
    assert browser.cookies == {}


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/docs", "/console/sign-in/back"])
def test_signing_in_leads_nowhere_but_into_the_console(office: Office, provider: OpenId, elsewhere: str) -> None:
    browser, url = begun(office, elsewhere)
    assert next_page(come_back(browser, provider.sign_in(url))) == "/console"


@pytest.mark.parametrize("status", [500, 503])
def test_a_provider_that_fails_at_the_end_is_told_in_words(office: Office, provider: OpenId, status: int) -> None:
    browser, url = begun(office)
    address = provider.sign_in(url)
    provider.status = status
    assert_refused(browser, come_back(browser, address), 503, "Signing in is not possible at the moment")


def test_a_provider_that_is_slow_holds_up_neither_the_others_nor_the_answer(
    office: Office, provider: OpenId
) -> None:
    browser, url = begun(office)
    address = provider.sign_in(url)
    provider.held = threading.Event()
    answers: list[Shown] = []
    waiting = threading.Thread(target=lambda: answers.append(come_back(browser, address)))
    waiting.start()
    assert office.client.get("/livez").status_code == 200
    assert waiting.is_alive(), "others are answered meanwhile"
    waiting.join(30)
    assert_refused(browser, answers[0], 503, "Signing in is not possible at the moment")


def test_without_a_provider_its_pages_do_not_exist(tmp_path: Path) -> None:
    with an_office(tmp_path) as office:
        staff = office.staff()
        assert [staff.open(address).status for address in (PROVIDER, BACK)] == [404, 404]


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"end_session_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "nowhere"},
    ],
    ids=str,
)
def test_a_provider_that_is_another_one_or_names_odd_addresses_is_not_used(
    provider: OpenId, tmp_path: Path, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    with an_office(tmp_path, **settings(provider.issuer)) as office:
        shown = office.browser().open(PROVIDER)
        assert (shown.status, shown.cookies) == (503, [])
        assert "Signing in is not possible at the moment" in shown.text


def test_a_provider_that_is_down_at_first_is_used_when_it_is_up(provider: OpenId, tmp_path: Path) -> None:
    provider.status = 500
    with an_office(tmp_path, **settings(provider.issuer)) as office:
        assert office.browser().open(PROVIDER).status == 503
        assert office.browser().open("/console/sign-in").status == 200
        provider.behave()
        assert signed_in(office, provider).open("/console").status == 200


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
