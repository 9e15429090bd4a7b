"""From templates to answers: headers, numbers, times, and text in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from entrypoints.console import charts
from entrypoints.console.static import address_of, icons
from entrypoints.console.text import counted, texts
from entrypoints.console.words import fact_of, word_of
from entrypoints.http.response.answers import Reply

HERE: Final = Path(__file__).parent
HTML: Final = "text/html; charset=utf-8"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    # With "no-referrer" browsers would send no Origin, by which a change is known to come from here.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Vary": "HX-Request",
}
NOTHING: Final = "\u2013"
"""Stands where there is no number."""
_SHOWN_OF_PHONE: Final = 2


class Rendering:
    """The templates, with what all pages need."""

    def __init__(self, **known: Any) -> None:
        self._templates = _environment()
        self._known = known

    def reply(self, template: str, status: int = 200, *, cookies: Sequence[str] = (), **values: Any) -> Reply:
        page = self._templates.get_template(template).render(self._known | values)
        return Reply(status, page.encode(errors="replace"), HTML, HEADERS, cookies)

    def redirect(self, where: str, cookies: Sequence[str] = ()) -> Reply:
        return Reply(303, b"", "", {**HEADERS, "Location": where}, cookies)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(texts().gettext, counted, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    filters = (number, percent, iso, utc, masked_phone, masked_email, zip)
    environment.filters |= {filter.__name__: filter for filter in filters}
    environment.globals |= {"static": address_of, "icons": icons(), "charts": charts}
    environment.globals |= {"fact_of": fact_of, "word_of": word_of}
    for name in environment.list_templates():
        environment.get_template(name)  # Compiled at the start: no request waits for it.
    return environment


def number(value: float) -> str:
    """With separators of thousands."""
    return f"{value:,}"


def percent(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else NOTHING


def iso(time: str | datetime) -> str:
    """As scripts read it in all browsers: with a T between day and time."""
    return time if isinstance(time, str) else time.isoformat()


def utc(time: str | datetime | None) -> str:
    """``2026-11-21 18:00:05 UTC``, of a time as the API has it."""
    if time is None:
        return ""
    read = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{read:%Y-%m-%d %H:%M:%S} UTC"


def masked_phone(phone: str) -> str:
    return f"{phone[:3]} ••• ••{phone[-_SHOWN_OF_PHONE:]}" if phone else ""


def masked_email(email: str | None) -> str:
    name, _, domain = (email or "").rpartition("@")
    return f"{name[:1]}•••@{domain}" if domain else ""
