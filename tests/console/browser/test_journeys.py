"""Journeys of an office in a real browser: what single pages and forms cannot show."""

import re
from typing import Final

import pytest
from playwright.async_api import expect

from tests.console.browser.visit import Visitor
from tests.console.office import Office, Sale
from tests.support.fresh import new_phone

DROP: Final = """([name, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([content], name));
    const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true });
    document.querySelector("[data-drop]").dispatchEvent(drop);
}"""
FOCUS: Final = """() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const seen = style.outlineStyle !== "none" || style.boxShadow !== "none" || style.borderStyle !== "none";
    return [one.innerText.trim(), one.matches(":focus-visible") && seen];
}"""
MOST_STOPS: Final = 80


@pytest.fixture
def sale(desk_office: Office) -> Sale:
    return desk_office.campaign()


async def drop(visitor: Visitor, name: str, content: str) -> None:
    """A file, as from the desktop."""
    await visitor.page.evaluate(DROP, [name, content])


async def tab_to(visitor: Visitor, name: str) -> None:
    """Each stop on the way can be seen."""
    for _ in range(MOST_STOPS):
        await visitor.page.keyboard.press("Tab")
        text, seen = await visitor.page.evaluate(FOCUS)
        assert seen, f"nothing shows that {text} has the focus"
        if text == name:
            return
    raise AssertionError(f"no way leads to {name}")


async def wait_for(visitor: Visitor, *, text: str = "", at: str = "") -> None:
    if at:
        await visitor.page.wait_for_url(re.compile(at))
    if text:
        await expect(visitor.page.locator("body")).to_contain_text(text, timeout=20_000)


async def test_a_fan_is_found_and_selected_by_keyboard_alone(sale: Sale, visitor: Visitor) -> None:
    phone = new_phone()
    fan = sale.fan("kim", phone=phone)
    keyboard = visitor.page.keyboard
    await visitor.open("/console")
    await keyboard.press("/")
    await keyboard.type(phone)
    await keyboard.press("Enter")
    await wait_for(visitor, at="/fans/one")
    await tab_to(visitor, "Select")
    await keyboard.press("Enter")
    await wait_for(visitor, at="/fans/act")
    await tab_to(visitor, "Select")
    await keyboard.press("Enter")
    await wait_for(visitor, at="/fans/one", text="It is decided for")
    assert sale.ask("GET", f"entries/{fan}")["selection"] == "selected"
    assert visitor.complaints == []


async def test_a_file_is_dragged_in_and_back_and_reload_repeat_nothing(sale: Sale, visitor: Visitor) -> None:
    page = await visitor.open(sale.at("codes"))
    await drop(visitor, "seats.csv", "code\nB-1\nB-2\n")
    await wait_for(visitor, text="seats.csv")
    await page.click("text=Check the file")
    await page.click("text=Import 2 codes")
    await wait_for(visitor, at="/imports/", text="Completed")
    await page.reload()
    await wait_for(visitor, text="Completed")
    await page.go_back()
    await visitor.settled()
    await wait_for(visitor, text="The file has nothing new")
    await page.go_forward()
    await wait_for(visitor, text="Completed")
    assert len(sale.ask("GET", "codes/imports")["imports"]) == 1
    assert visitor.complaints == []


async def test_a_double_click_makes_one_change(sale: Sale, visitor: Visitor) -> None:
    fan = sale.fan("ann")
    before = sale.ask("GET", f"entries/{fan}")["revision"]
    page = await visitor.open(f"{sale.at('fans', 'act')}?act=selected&userId={fan}")
    await page.dblclick("main form .btn-primary")
    await expect(page.locator("main")).to_contain_text(re.compile("It is decided|This form was sent before"))
    assert sale.ask("GET", f"entries/{fan}")["revision"] == before + 1


async def test_after_signing_out_back_shows_nothing(sale: Sale, visitor: Visitor) -> None:
    fan = sale.fan("ann")
    page = await visitor.open(sale.at("fans"))
    await wait_for(visitor, text=fan)
    await page.click("details.fg-user summary")
    await page.click("text=Sign out")
    await wait_for(visitor, text="You are signed out")
    await page.go_back()
    await wait_for(visitor, at="sign-in", text="Sign in")
    assert fan not in await page.inner_text("body")


async def test_a_link_on_another_site_opens_the_page_and_a_frame_does_not(sale: Sale, visitor: Visitor) -> None:
    address = f"{visitor.url}{sale.at()}"
    page = visitor.page
    await page.goto(f"data:text/html,<a id=go href='{address}'>go</a>")
    await page.click("#go")
    await wait_for(visitor, text="Overview")
    await page.goto(f"data:text/html,<iframe src='{address}'></iframe>")
    await page.wait_for_load_state("networkidle")
    assert not [frame for frame in page.frames if "Overview" in await frame.content()]


async def test_a_form_on_another_site_changes_nothing(sale: Sale, visitor: Visitor) -> None:
    fan = sale.fan("ann")
    fields = f"<input name=act value=withdraw><input name=userId value='{fan}'>"
    action = f"{visitor.url}{sale.at('fans', 'act')}"
    await visitor.page.goto(
        f"data:text/html,<form method=post action='{action}'>{fields}<button>go</button></form>"
    )
    await visitor.page.click("button")
    await wait_for(visitor, text="The form came from another site")
    assert sale.ask("GET", f"entries/{fan}")["status"] == "confirmed"


async def test_times_are_those_of_the_reader(sale: Sale, visitor: Visitor) -> None:
    sale.fan("ann")
    tools = await visitor.context.new_cdp_session(visitor.page)
    await tools.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    page = await visitor.open(sale.at("fans"))
    time = page.locator("table time").first
    utc = await time.get_attribute("datetime") or ""
    in_tokyo = await page.evaluate(
        "time => new Intl.DateTimeFormat(undefined, {dateStyle: 'medium', timeStyle: 'short',"
        " timeZone: 'Asia/Tokyo'}).format(new Date(time))",
        utc,
    )
    assert await time.inner_text() == in_tokyo
    assert await time.get_attribute("title") == f"{utc[:10]} {utc[11:19]} UTC"


async def test_the_chosen_theme_stays(visitor: Visitor) -> None:
    await visitor.light("light")
    page = await visitor.open("/console")
    await page.click("details.fg-user summary")
    await page.click("text=Light or dark")
    await visitor.open("/console/search")
    assert await page.get_attribute("html", "data-bs-theme") == "dark"
    assert visitor.complaints == []
