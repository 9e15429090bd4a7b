"""Every page in a real browser: no barriers, no complaint of the browser, no scrolling sideways."""

import re
from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser

from entrypoints.console.page import Page
from tests.console.browser.addresses import OPENED, addresses_of
from tests.console.browser.keyboard import unreachable
from tests.console.browser.sale import Sold
from tests.console.browser.visit import NARROW, WIDE, ZOOMED, Visitor
from tests.console.office import Office
from tests.console.reading import Seen
from tests.support.servers.chromium import picture_folder
from tests.support.tokens import bearer

WHILE_IT_RUNS: Final = {"/campaigns/{campaignId}/codes/imports/{importId}/progress"}
"""Parts that only a page of something unfinished asks for."""
OTHERS: Final = ("/console/nothing/here", "/console/sign-in?out=yes", "/console/sign-in?ended=yes")
"""Pages beside the screens."""


def fetched(office: Office, address: str) -> tuple[int, str, str]:
    """Status, kind and text, without a browser."""
    answer = office.client.get(address, headers=bearer(), follow_redirects=False)
    html = answer.headers.get("content-type", "").startswith("text/html")
    kind = "file" if not html else "document" if answer.text.lstrip().startswith("<!doctype html>") else "part"
    return answer.status_code, "redirect" if answer.status_code == 303 else kind, answer.text


@pytest.fixture(scope="module")
def asked_for(desk_office: Office, hostile: Sold) -> set[str]:
    """The paths of the parts that the pages ask for."""
    return {
        given[name].partition("?")[0]
        for page in OPENED
        for address in addresses_of(page, hostile)
        for _, given in Seen(fetched(desk_office, address)[2]).tags
        for name in ("hx-get", "data-plot")
        if name in given
    }


@pytest.fixture(scope="module")
async def looker(browser: Browser, desk_office: Office) -> AsyncIterator[Visitor]:
    """One for all pages that are only looked at: in a new one the browser reads and compiles all files anew."""
    async with Visitor.signed_in(browser, str(desk_office.client.base_url)) as visitor:
        yield visitor


@pytest.mark.parametrize("page", OPENED, ids=lambda page: page.path or "/")
async def test_a_page_holds_what_the_console_promises(
    page: Page, desk_office: Office, hostile: Sold, asked_for: set[str], looker: Visitor
) -> None:
    for address in addresses_of(page, hostile):
        status, kind, _ = fetched(desk_office, address)
        assert status in {200, 303}, address
        if kind == "document":
            await assert_whole(looker, address)
        elif kind == "part":
            assert page.path in WHILE_IT_RUNS or address.partition("?")[0] in asked_for, (
                "no page asks for this part"
            )


@pytest.mark.parametrize("address", OTHERS)
async def test_so_do_the_pages_beside_the_screens(address: str, visitor: Visitor) -> None:
    if "sign-in" in address:
        await visitor.context.clear_cookies()
    await assert_whole(visitor, address, expected=404 if "nothing" in address else 200)


async def test_so_does_a_campaign_where_nothing_has_happened(desk_office: Office, looker: Visitor) -> None:
    empty = desk_office.campaign()
    for path in ("", "/codes", "/codes/list", "/codes/imports", "/fans", "/draws"):
        await assert_whole(looker, empty.at() + path)


async def assert_whole(visitor: Visitor, address: str, *, expected: int = 200) -> None:
    visitor.complaints.clear()
    found = {name: bad async for name, bad in looked_at(visitor, address)}
    complaints = [one for one in visitor.complaints if expected == 200 or f"status of {expected}" not in one]
    assert {name: bad for name, bad in found.items() if bad} == {}
    assert complaints == []


async def looked_at(visitor: Visitor, address: str) -> AsyncIterator[tuple[str, list[str]]]:
    """Once opened, the page is looked at in all ways: opening it costs more than looking."""
    await visitor.light("light")
    await visitor.resize(WIDE)
    await visitor.open(address)
    yield "light, wide", await visitor.barriers()
    await picture(visitor, address, "light-wide")
    yield "keyboard", await unreachable(visitor.page)
    await visitor.resize(NARROW)
    await picture(visitor, address, "light-narrow")
    await visitor.light("dark")
    yield "dark, narrow", await visitor.barriers()
    await picture(visitor, address, "dark-narrow")
    await visitor.resize(ZOOMED)
    yield "400 %", await visitor.overflowing()
    yield "broken out", await visitor.page.locator("img, script:not([src])").all_inner_texts()


async def picture(visitor: Visitor, address: str, name: str) -> None:
    if folder := picture_folder():
        file = re.sub(r"[^a-z0-9]+", "-", re.sub(r"c-[0-9a-f]{12}", "", address.partition("?")[0]))
        await visitor.page.screenshot(path=folder / f"{file}-{name}.png", full_page=True)


async def test_what_is_wrong_would_be_found(visitor: Visitor) -> None:
    await visitor.open("/console/search")
    await visitor.resize(ZOOMED)
    await visitor.page.locator("main").evaluate(
        """(main) => {
            const wide = document.createElement("input");
            wide.style.width = "900px";
            main.append(wide, document.createElement("script"));
            main.lastChild.textContent = "broken()";
        }"""
    )
    await visitor.page.locator("#search").evaluate("(one) => one.tabIndex = -1")
    assert [found.partition(":")[0] for found in await visitor.barriers("label")] == ["label"]
    assert [found.partition(":")[0] for found in await unreachable(visitor.page)] == ["not reached"]
    assert any(found.startswith("INPUT") for found in await visitor.overflowing())
    assert [one for one in visitor.complaints if "Content Security Policy" in one]
