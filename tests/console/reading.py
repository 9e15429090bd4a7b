"""What a page of the console holds, as a reader sees it: its text, its links and its forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

SILENT: Final = {"script", "style", "title", "noscript", "template"}
EMPTY: Final = {"input", "meta", "link", "br", "hr", "img"}


@dataclass(slots=True)
class Form:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    """The hidden ones, and the others as they are filled in."""

    def filled(self, **values: str) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.fields if name not in values] + list(values.items())


class Seen(HTMLParser):
    """Read ``text``, ``links`` and ``forms`` after construction."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.words: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._silent = 0
        self._area = ""
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, action: str) -> Form:
        """The one with this action, or with an action that ends so."""
        (form,) = [form for form in self.forms if form.action.endswith(action)]
        return form

    def offers(self, end: str) -> bool:
        """Does a link or a form lead to an address that ends so?"""
        addresses = [*self.links, *(form.action for form in self.forms)]
        return any(address.partition("?")[0].endswith(end) for address in addresses)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        self._silent += tag in SILENT
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag in {"input", "select", "textarea"} and self.forms and given.get("name"):
            self._field(given)

    def _field(self, given: dict[str, str]) -> None:
        if given.get("type") not in {"checkbox", "radio", "file"} or "checked" in given:
            self.forms[-1].fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)
