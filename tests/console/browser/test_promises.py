"""What an office does, in a real browser: without scripts, twice, two at once, and signing in across sites."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.browser.visit import SECONDS, Visitor
from tests.console.office import Office, Sale
from tests.support.platform import Platform
from tests.support.servers.openid import CLIENT, CLIENT_SECRET, STAFF, openid
from tests.support.servers.service import service
from tests.support.tokens import token


@pytest.fixture
async def without_scripts(browser: Browser, desk_office: Office) -> AsyncIterator[Visitor]:
    async with Visitor.signed_in(browser, str(desk_office.client.base_url), scripts=False) as visitor:
        yield visitor


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).click()


async def follow(page: Page, name: str) -> None:
    await page.locator("main").get_by_role("link", name=name).first.click()


async def assert_says(page: Page, words: str) -> None:
    await expect(page.locator("main")).to_contain_text(words, timeout=SECONDS * 1_000)


async def test_without_scripts_a_file_is_imported_and_taken_back(
    without_scripts: Visitor, desk_office: Office, tmp_path: Path
) -> None:
    page, sale = without_scripts.page, desk_office.campaign()
    file = tmp_path / "codes.csv"
    file.write_text("A-1\nA-2\nA-2\n")

    await page.goto(sale.at("codes"))
    await page.locator("input[type=file]").set_input_files(file)
    await page.locator("form:has(input[type=file]) button").click()
    await follow(page, "Show this part")
    await press(page, "Import 2 codes")
    await page.wait_for_url("**/codes/imports/*")
    await page.reload()
    await assert_says(page, "Receipt")
    assert inventory(sale) == 2
    await follow(page, "Take")
    await page.locator("main form button").click()
    await assert_says(page, "2 codes were removed")
    assert inventory(sale) == 0
    assert without_scripts.complaints == []


async def test_without_scripts_no_part_of_a_page_is_missing(without_scripts: Visitor, desk_office: Office) -> None:
    page, sale = without_scripts.page, desk_office.campaign()
    sale.stock("A-1")
    sale.fan("ann")
    for address in ("/console", sale.at(), sale.at("codes"), "/console/operations"):
        await page.goto(address)
        if await page.locator(".fg-later").count():
            await follow(page, "Show this part")
        await expect(page.locator(".fg-later")).to_have_count(0)


async def test_without_scripts_staff_sign_in_find_a_fan_decide_and_sign_out(
    without_scripts: Visitor, desk_office: Office
) -> None:
    page, sale = without_scripts.page, desk_office.campaign()
    fan = sale.fan("ann")
    await without_scripts.context.clear_cookies()
    await page.goto("/console")
    await page.get_by_label("Token").fill(token())
    await press(page, "Sign in")
    await page.locator("#search").fill(fan)
    await page.locator("#search").press("Enter")
    await follow(page, "Waitlist")
    await press(page, "Waitlist")
    await assert_says(page, f"It is decided for {fan}.")
    await page.locator(".fg-user summary").click()
    await press(page, "Sign out")
    await assert_says(page, "You are signed out.")
    await page.go_back()
    await page.reload()
    await assert_says(page, "Sign in to the console")
    assert without_scripts.complaints == []


async def test_back_and_reload_repeat_nothing(visitor: Visitor, desk_office: Office) -> None:
    page, sale = visitor.page, desk_office.campaign()
    fan = sale.fan("ann")
    await page.goto(f"{sale.at('fans', 'act')}?userId={fan}&act=waitlisted")
    await press(page, "Waitlist")
    await assert_says(page, f"It is decided for {fan}.")
    revision = entry(sale, fan)["revision"]

    await page.reload()
    assert f"It is decided for {fan}." not in await page.locator("main").inner_text()
    sale.ask("POST", "entries/selection", {"userIds": [fan], "selection": "declined"})
    for again in (page.go_back, page.reload, page.go_forward, page.reload):
        await again()

    now = entry(sale, fan)
    assert (now["selection"], now["revision"]) == ("declined", int(revision) + 1)


async def test_two_people_see_the_changes_of_each_other(
    browser: Browser, visitor: Visitor, desk_office: Office
) -> None:
    sale = desk_office.campaign()
    fan = sale.fan("ann")
    await visitor.page.clock.install()
    page = await visitor.open(sale.at())
    await assert_says(page, "Registrations")
    async with Visitor.signed_in(browser, visitor.url) as other:
        sale.fan("bob")
        await page.clock.run_for(11_000)
        await expect(page.locator("#now .fg-figure").first).to_have_text("2", timeout=SECONDS * 1_000)
        for one in (visitor, other):
            await one.page.goto(f"{sale.at('fans', 'act')}?userId={fan}&act=withdraw")
        await press(other.page, "Withdraw the registration")
        await assert_says(other.page, "is withdrawn")
        await press(page, "Withdraw the registration")
        await page.wait_for_load_state()
    await visitor.open(sale.at("fans"))
    assert fan not in await page.locator("main").inner_text()
    assert visitor.complaints == []


async def test_the_first_control_leads_past_the_menu(visitor: Visitor) -> None:
    page = await visitor.open("/console/search")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="To the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_staff_sign_in_at_a_provider_on_another_site(browser: Browser, tmp_path: Path) -> None:
    """The session's cookie is strict: the browser itself shows that it is sent all the same."""
    platform = Platform(tmp_path, None)  # type: ignore[arg-type]  # no message is sent
    platform.objects.mkdir()
    platform.put_campaigns()
    platform.put_fans()
    with openid() as provider:
        settings = {
            "FANGATE_CAMPAIGNS": f"file:{tmp_path}/campaigns.json",
            "FANGATE_USERS": f"file:{tmp_path}/users.json",
            "FANGATE_OBJECTS": f"file:{platform.objects}",
            "FANGATE_OIDC_ISSUER": provider.issuer,
            "FANGATE_OIDC_CLIENT_ID": CLIENT,
            "FANGATE_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }
        with service(settings) as running:
            async with Visitor.signed_in(browser, running.url) as visitor:
                await visitor.context.clear_cookies()
                await journey(visitor, provider.issuer)


async def journey(visitor: Visitor, issuer: str) -> None:
    page = visitor.page
    await page.goto("/console/search")
    await follow(page, "Sign in")
    assert page.url.startswith(issuer)
    await page.get_by_role("button", name=STAFF).first.click()
    await expect(page).to_have_url(f"{visitor.url}/console/search", timeout=SECONDS * 1_000)
    await visitor.settled()
    assert STAFF in await page.locator(".fg-user-name").inner_text()
    await page.locator(".fg-user summary").click()
    await press(page, "Sign out")
    await assert_says(page, "You are signed out.")
    await expect(page.get_by_role("link", name="Sign out there too")).to_be_visible()
    assert await visitor.context.cookies(f"{visitor.url}/console") == []
    assert [one for one in visitor.complaints if visitor.url in one] == []


def inventory(sale: Sale) -> int:
    return int(sale.ask("GET", "codes/count")["total"]["total"])


def entry(sale: Sale, fan: str) -> dict[str, int | str]:
    found: dict[str, int | str] = sale.ask("GET", f"entries/{fan}")
    return found
