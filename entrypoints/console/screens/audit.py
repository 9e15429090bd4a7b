"""The audit log: who of staff changed what."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from entrypoints.console.acts import ACTS, act_of
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.text import say, text
from entrypoints.console.times import as_field, as_instant
from entrypoints.http.audit import AuditBody, list_audit
from entrypoints.http.response.answers import Reply

PAGE: Final = 50
FILTERS: Final = ("campaignId", "by", "operation", "from", "to")
MOST_IDS: Final = 5
"""Of a list in a row; the number of all stands beside it."""


@Page(path="/audit", operation=list_audit, menu=text("Audit log"))
async def audit(desk: Desk) -> Reply:
    given = desk.fields
    query: dict[str, Any] = {
        "campaignId": desk.campaign_id or given.one("campaignId"),
        "by": given.one("by"),
        "operation": given.one("operation"),
        "from": as_instant(given.one("from")),
        "to": as_instant(given.one("to")),
        "cursor": given.one("cursor"),
        "limit": PAGE,
    }
    found = await desk.ask(list_audit, AuditBody, query=query)
    return desk.show(
        "audit.html",
        records=found.records,
        next=found.next,
        filters=FILTERS,
        acts=sorted(((name, say(words)) for name, words in ACTS.items()), key=lambda one: one[1]),
        act_of=act_of,
        facts=facts,
        since=as_field(given.one("from")),
        until=as_field(given.one("to")),
    )


audit_of_campaign: Final = replace(audit, path="/campaigns/{campaignId}/audit")


def facts(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What was asked or what came of it, in the names of the API. What is empty says nothing."""
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", _shown(count)) for inner, count in value.items() if count)
        elif value not in (None, "", [], ()):
            yield name, _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        more = " …" if len(value) > MOST_IDS else ""
        return ", ".join(map(str, value[:MOST_IDS])) + more
    if isinstance(value, bool):
        return say(text("yes")) if value else say(text("no"))
    return f"{value:,}" if isinstance(value, int) else str(value)
