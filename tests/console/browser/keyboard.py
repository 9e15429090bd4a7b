"""A page by keyboard alone: which controls the Tab key reaches, and whether the focus is seen on each."""

import asyncio
from typing import Final

from playwright.async_api import Page

MORE: Final = 10
"""Keys in each round after the first: some controls have several stops, such as a field for a date and a time."""
CONTROLS: Final = """() => {
    const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    const groups = new Set();
    window.controls = [...document.querySelectorAll(all)].filter((one) => {
        if (one.disabled || !one.checkVisibility({ visibilityProperty: true })) return false;
        if (one.type !== "radio") return true;
        const first = !groups.has(one.name);
        groups.add(one.name);
        return first;  // The arrow keys lead to the others.
    });
    window.reached = new Map();
    document.addEventListener("focusin", ({ target }) => {
        const style = getComputedStyle(target);
        const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
        const name = target.type === "radio" ? controls.find((one) => one.name === target.name) : target;
        reached.set(name, outlined || style.boxShadow !== "none");
    });
    document.activeElement.blur();
    return controls.length;
}"""
FOUND: Final = """() => {
    const words = (one) => one.outerHTML.slice(0, 120);
    return [
        ...controls.filter((one) => !reached.has(one)).map((one) => `not reached: ${words(one)}`),
        ...[...reached].filter(([, seen]) => !seen).map(([one]) => `focus not seen: ${words(one)}`),
        ...[...document.querySelectorAll("[tabindex]")].filter((one) => one.tabIndex > 0)
            .map((one) => `out of order: ${words(one)}`),
    ];
}"""


async def unreachable(page: Page) -> list[str]:
    """What is wrong, in words."""
    many: int = await page.evaluate(CONTROLS)
    pressed, most = 0, 3 * many + 5 * MORE
    found: list[str] = ["nothing was pressed"]
    while found and pressed < most:
        keys = MORE if pressed else max(many, 1)
        await asyncio.gather(*(page.keyboard.press("Tab") for _ in range(keys)))  # The browser gets them in order.
        pressed += keys
        found = await page.evaluate(FOUND)
    return found
