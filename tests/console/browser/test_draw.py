"""A draw in a real browser: from its rules to its verification, with the parts of its page that change by
themselves."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.browser.sale import RANDOMNESS, in_an_hour
from tests.console.browser.visit import SECONDS, Visitor
from tests.console.office import Office, Sale

MARK = "() => { document.getElementById('now').dataset.first = 'yes'; }"
"""The part of the page that is there now, and not the one that takes its place."""


@pytest.fixture
def sale(desk_office: Office) -> Sale:
    """Three fans who can take part, for nyc and bos."""
    sale = desk_office.campaign()
    for name in ("ann", "bob", "cid"):
        sale.fan(name)
    return sale


@pytest.fixture
async def without_scripts(browser: Browser, desk_office: Office) -> AsyncIterator[Visitor]:
    async with Visitor.signed_in(browser, str(desk_office.client.base_url), scripts=False) as visitor:
        yield visitor


async def press(page: Page, name: str) -> None:
    await page.locator("main").get_by_role("button", name=name).click()


async def follow(page: Page, name: str) -> None:
    await page.locator("main").get_by_role("link", name=name).first.click()


async def assert_says(page: Page, words: str) -> None:
    await expect(page.locator("main")).to_contain_text(words, timeout=SECONDS * 1_000)


async def set_up(page: Page, sale: Sale) -> None:
    """One place in each of two markets, with randomness that staff give; up to the preview."""
    await page.goto(sale.at("draws"))
    await follow(page, "Set up a draw")
    await page.get_by_label("nyc", exact=True).fill("1")
    await page.get_by_label("bos", exact=True).fill("1")
    await page.get_by_label("Comes from").select_option("manual")
    await press(page, "Preview")


async def run(page: Page) -> None:
    await follow(page, "Run the draw")
    await page.get_by_label("The randomness").fill(RANDOMNESS)
    await press(page, "Run the draw")


async def fill(page: Page) -> None:
    await follow(page, "Fill free places")
    await page.get_by_label("nyc", exact=True).fill("1")
    await press(page, "Preview")
    await assert_says(page, "1 fan who waits gets a place")
    await press(page, "Fill these places")
    await assert_says(page, "Fans who waited and got a place now: 1.")


def draws(sale: Sale) -> list[Any]:
    found: list[Any] = sale.ask("GET", "draws")["draws"]
    return found


def announced(sale: Sale, **beacon: Any) -> str:
    """The address of a draw that was announced over the API."""
    rules = {"places": {"nyc": 1}, "beacon": {"kind": "drand", **beacon}}
    return sale.at("draws", "one", sale.ask("POST", "draws", rules)["drawId"])


async def test_a_draw_goes_from_its_rules_to_its_verification(visitor: Visitor, sale: Sale) -> None:
    page = visitor.page
    await set_up(page, sale)
    assert "places.lax" not in page.url, "what is left empty makes no address longer"
    await assert_says(page, "3 fans for 2 places")
    await press(page, "Announce the draw")
    await assert_says(page, "Draw 1 is announced.")
    await run(page)
    await assert_says(page, "The result, by market")
    await assert_says(page, "Who waits now")
    await expect(page.locator("main tr", has_text="Show them").first).to_contain_text("1")
    await fill(page)
    await follow(page, "Verify the draw")
    await press(page, "Verify the draw")
    await assert_says(page, "Every step agrees")
    for again in (page.reload, page.go_back, page.go_back, page.reload):
        await again()
    (draw,) = draws(sale)
    assert (draw["status"], len(draw["fillings"])) == ("drawn", 1)
    assert visitor.complaints == []


async def test_without_scripts_a_draw_is_announced_run_and_verified(without_scripts: Visitor, sale: Sale) -> None:
    page = without_scripts.page
    await set_up(page, sale)
    await follow(page, "Show this part")
    await assert_says(page, "3 fans for 2 places")
    await press(page, "Announce the draw")
    await run(page)
    sale.ask("POST", f"draws/{draws(sale)[0]['drawId']}/run", {})  # Waits until it is drawn.
    await page.reload()
    await follow(page, "Show this part")
    await assert_says(page, "Who waits now")
    await fill(page)
    await follow(page, "Verify the draw")
    await press(page, "Verify the draw")
    await follow(page, "Show this part")
    await assert_says(page, "Every step agrees")


async def test_the_announcement_is_copied(visitor: Visitor, sale: Sale) -> None:
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await visitor.open(announced(sale))
    copy = page.locator("[data-copy]")
    await copy.click()
    await expect(copy).to_have_text("Copied")
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert draws(sale)[0]["manifestDigest"] in copied
    assert copied == await page.locator("#announcement").input_value()


async def test_without_leave_to_copy_the_announcement_is_marked(visitor: Visitor, sale: Sale) -> None:
    page = await visitor.open(announced(sale))
    await page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    copy = page.locator("[data-copy]")
    await copy.click()
    await expect(copy).to_have_text("Marked: copy it now")
    marked = await page.evaluate("getSelection().toString()")
    assert draws(sale)[0]["manifestDigest"] in marked


async def test_the_countdown_moves_and_shows_what_others_do(visitor: Visitor, sale: Sale) -> None:
    """The clock of the browser is put forward; the round is an hour away."""
    address = announced(sale, round=in_an_hour())
    await visitor.page.clock.install()
    page = await visitor.open(address)
    await expect(page.get_by_role("timer")).to_contain_text("min")
    await page.evaluate(MARK)
    await page.clock.run_for(11_000)
    await expect(page.locator("#now[data-first]")).to_have_count(0, timeout=SECONDS * 1_000)
    await expect(page.get_by_role("timer")).to_contain_text("min")

    sale.ask("DELETE", f"draws/{draws(sale)[0]['drawId']}")
    await page.clock.run_for(11_000)
    await expect(page.locator("#now")).to_contain_text("Aborted", timeout=SECONDS * 1_000)
    await expect(page.get_by_role("timer")).to_have_count(0)
    assert visitor.complaints == []


async def test_as_soon_as_the_round_is_published_the_page_offers_the_run(visitor: Visitor, sale: Sale) -> None:
    """Of itself, without a reload. The beacon of these tests has no round yet: the run is refused in words."""
    page = await visitor.open(announced(sale))
    await page.evaluate("() => { window.opened = 'once'; }")
    offer = page.get_by_role("link", name="Run the draw")
    await expect(offer).to_be_visible(timeout=SECONDS * 1_000)
    assert await page.evaluate("window.opened") == "once"
    await offer.click()
    await assert_says(page, "is fetched from drand")
    await press(page, "Run the draw")
    await assert_says(page, "is not published yet")
    assert draws(sale)[0]["status"] == "announced"
    assert [one for one in visitor.complaints if "status of 409" not in one] == []
