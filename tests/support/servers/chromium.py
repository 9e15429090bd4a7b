"""A real Chromium, driven by Playwright: the one that is installed, since tests download no browser."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, async_playwright

from tests.support.paths import ROOT
from tests.support.servers.backends import unavailable

VARIABLE: Final = "FANGATE_TEST_BROWSER"
USUAL: Final = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
"""Debian's. The first has no windows, and pages cost it two thirds as much; the second is found more often."""
AXE: Final = ROOT / "node_modules/axe-core/axe.min.js"


def installed_chromium() -> str:
    """Its program. Skips the test where there is none; in CI, fails it."""
    program = os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, USUAL)), None)
    if not program:
        unavailable(f"Chromium: install the package chromium-headless-shell, or set {VARIABLE} to a program")
    return str(program)


def axe() -> str:
    """The script that looks for barriers."""
    if not AXE.exists():
        unavailable("axe-core; with Node at hand, `make test` installs it")
    return AXE.read_text(encoding="utf-8")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root.
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=installed_chromium(), args=options)
        try:
            yield browser
        finally:
            await browser.close()


def picture_folder() -> Path | None:
    """Where pictures of the pages are kept for a person to look at; usually nowhere."""
    folder = os.environ.get("FANGATE_TEST_PICTURES")
    return Path(folder) if folder else None
