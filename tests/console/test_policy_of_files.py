"""The files that the console ships: small, whole, and what the strict policy lets through."""

import gzip
import re
from pathlib import Path
from typing import Final

import pytest

from entrypoints.console.rendering import HERE
from tests.console.office import Office

FIRST_LOAD_LIMIT: Final = 200_000
TEMPLATES: Final = sorted((HERE / "templates").rglob("*.html"))


def addresses(html: str) -> set[str]:
    return set(re.findall(r'"(/console/static/[^"]+)"', html))


def test_the_first_load_is_small(office: Office) -> None:
    page = office.staff().open("/console").page
    sizes = {}
    for address in addresses(page.html):
        answer = office.client.get(address, headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200
        sizes[address] = int(answer.headers["content-length"])
    assert len(sizes) >= 5
    assert sum(sizes.values()) + len(page.html.encode()) < FIRST_LOAD_LIMIT, sizes


def test_a_file_comes_packed_to_those_who_can_unpack_it(office: Office) -> None:
    answers = [
        office.client.get("/console/static/console.css", headers={"accept-encoding": coding})
        for coding in ("identity", "gzip")
    ]
    assert [answer.headers.get("content-encoding") for answer in answers] == [None, "gzip"]
    assert answers[0].content == answers[1].content  # The client unpacks it.
    assert gzip.decompress(gzip.compress(answers[0].content)) == (HERE / "static/console.css").read_bytes()


def test_an_unknown_file_is_not_found(office: Office) -> None:
    for name in ("nothing.js", "..%2Fdesk.py", "LICENSES.txt"):
        assert office.client.get(f"/console/static/{name}").status_code == 404


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_what_the_policy_forbids(template: Path) -> None:
    html = template.read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|\bjs:", html) == []
    assert re.findall(r"https?://", html) == []
    assert "|safe" not in html


@pytest.mark.parametrize("name", ["htmx", "uPlot", "Tabler", "Tabler Icons"])
def test_each_file_of_others_has_its_licence(name: str) -> None:
    assert f"\n{name} " in (HERE / "static/LICENSES.txt").read_text(encoding="utf-8")
