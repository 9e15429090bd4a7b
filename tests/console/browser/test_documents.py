"""What every page holds, read without a browser, in the form without JavaScript: all its parts at once."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest

from tests.console.browser.addresses import OPENED, addresses_of
from tests.console.browser.sale import Sold
from tests.console.office import Office
from tests.console.reading import Seen
from tests.support.tokens import bearer

RAW_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


class Document(NamedTuple):
    route: str
    address: str
    html: str
    seen: Seen

    @property
    def title(self) -> str:
        (title,) = re.findall(r"<title>(.*?) \u00b7 Fangate</title>", self.html.partition("</head>")[0])
        return str(title)


@pytest.fixture(scope="module")
def documents(desk_office: Office, hostile: Sold) -> list[Document]:
    return list(_documents(desk_office, hostile))


def _documents(office: Office, sold: Sold) -> Iterator[Document]:
    for page in OPENED:
        for address in addresses_of(page, sold):
            whole = f"{address}{'&' if '?' in address else '?'}whole=yes"
            answer = office.client.get(whole, headers=bearer(), follow_redirects=False)
            if answer.text.lstrip().startswith("<!doctype html>"):
                yield Document(page.path, whole, answer.text, Seen(answer.text))


def test_no_id_is_used_twice(documents: list[Document]) -> None:
    """The label of a field would be that of another one."""
    for document in documents:
        ids = Counter(given["id"] for _, given in document.seen.tags if "id" in given)
        assert [id for id, count in ids.items() if count > 1] == [], document.address


def test_different_pages_have_different_titles(documents: list[Document]) -> None:
    routes: dict[str, set[str]] = {}
    for document in documents:
        routes.setdefault(document.title, set()).add(document.route)
    assert {title: paths for title, paths in routes.items() if len(paths) > 1} == {}


def test_times_are_for_people_and_scripts_can_read_them(documents: list[Document]) -> None:
    for document in documents:
        # What is written to be copied, such as the announcement of a draw, has times as the API has them.
        shown = re.sub(r"<textarea.*?</textarea>", "", document.html, flags=re.DOTALL)
        texts = re.findall(r">([^<]+)<", shown)
        assert [text for text in texts if RAW_TIME.search(text)] == [], document.address
        times = [given["datetime"] for tag, given in document.seen.tags if tag == "time"]
        assert [time for time in times if not INSTANT.fullmatch(time)] == [], document.address
