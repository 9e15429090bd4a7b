"""Selecting, waitlisting, declining fans in bulk: a preview, the change, and what came of it."""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from domain.model.errors import DomainError
from domain.model.registrations.entry import Selection
from entrypoints.console.desk import Desk
from entrypoints.console.outcome import FIELD, opened, sealed
from entrypoints.console.page import Page
from entrypoints.console.pasted import pasted_ids
from entrypoints.console.refusing import refusal_of
from entrypoints.console.screens.eligible import FILTERS, shown
from entrypoints.http.entries.administration import SelectBody, select_entries
from entrypoints.http.entries.eligibility import (
    EligibilityBody,
    EligibilityQuery,
    RankingBody,
    count_eligible,
    rank_eligible,
)
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import FieldProblem, Problem, invalid
from entrypoints.http.wire import MAX_PAGE

ROOT: Final = "/campaigns/{campaignId}/eligible"


class Decided(msgspec.Struct):
    """What came of it. The ids are those of a pasted list."""

    selection: str
    updated: int
    rejected: list[str]
    filters: list[tuple[str, str]] = []
    user_ids: list[str] = []
    top: int = 0


@Page(path=f"{ROOT}/preview", method="POST", operation=select_entries)
async def preview(desk: Desk) -> Reply:
    """Nothing changes yet: how many of what is named. A list that is refused can be corrected."""
    if desk.fields.one("what") != "list":
        return await _previewed(desk)
    try:
        return await _previewed(desk)
    except (DomainError, Problem) as error:
        return shown(desk, None, refusal_of(error))


async def _previewed(desk: Desk) -> Reply:
    body = _body(desk)
    would = await desk.ask(select_entries, SelectBody, body={**body, "dryRun": True})
    return desk.show(
        "eligible_preview.html",
        would=would,
        selection=body["selection"],
        listed=len(body.get("userIds", ())),
        cutoff=await _cutoff(desk, would.updated) if "top" in body else None,
        fields=_fields(desk, body),
        back=_back(desk, _filters(desk)),
    )


@Page(path=f"{ROOT}/preview", operation=select_entries)
async def preview_again(desk: Desk) -> Reply:
    """The address of a preview, opened by itself."""
    return desk.go(desk.to("eligible"))


@Page(path=f"{ROOT}/select", method="POST", operation=select_entries, changes=True)
async def select(desk: Desk) -> Reply:
    body = _body(desk)
    result = await desk.ask(select_entries, SelectBody, body=body)
    refused = set(result.rejected)
    done = Decided(
        selection=body["selection"],
        updated=result.updated,
        rejected=result.rejected,
        filters=_filters(desk),
        user_ids=[id for id in body.get("userIds", ()) if id not in refused],
        top=body.get("top", 0),
    )
    seal = sealed(desk.token, done)
    return desk.go(f"{desk.to('eligible', 'done')}?{FIELD}={seal}") if seal else await _shown(desk, done)


@Page(path=f"{ROOT}/done", operation=select_entries)
async def done(desk: Desk) -> Reply:
    found = opened(desk.token, desk.fields.one(FIELD), Decided)
    return desk.go(desk.to("eligible")) if found is None else await _shown(desk, found)


async def _shown(desk: Desk, decided: Decided) -> Reply:
    return desk.show(
        "eligible_done.html",
        done=decided,
        undo=await _undo(desk, decided),
        back=_back(desk, decided.filters),
    )


async def _undo(desk: Desk, decided: Decided) -> list[tuple[str, str]]:
    """The fields of a preview that takes it back; none where it would take back what others decided, too."""
    if not decided.updated:
        return []
    if decided.user_ids:
        ids = "\n".join(decided.user_ids)
        return [("what", "list"), ("userIds", ids), ("to", Selection.NONE.value)]
    before = [value for name, value in decided.filters if name == "selection"] or [Selection.NONE.value]
    others = [pair for pair in decided.filters if pair[0] != "selection"]
    if len(before) != 1 or before[0] == decided.selection:
        return []
    now = [*others, ("selection", decided.selection)]
    counted = await desk.ask(count_eligible, EligibilityBody, query=_query(now))
    if counted.eligible != decided.updated:
        return []
    return [("what", "top"), ("top", str(decided.updated)), ("to", before[0]), *now]


def _body(desk: Desk) -> dict[str, Any]:
    """Of the operation. Raises a 422 Problem."""
    fields, selection = desk.fields, desk.fields.one("to")
    if fields.one("what") == "list":
        ids = pasted_ids(fields.one("userIds"))
        if not ids:
            raise invalid(FieldProblem("/userIds", "are missing: paste them, one in a line"))
        return {"userIds": ids, "selection": selection}
    top = fields.one("top")
    if not (top.isascii() and top.isdigit() and len(top) <= len("10000")):
        raise invalid(FieldProblem("/top", "must be a number: how many fans, the best first"))
    given: EligibilityQuery = desk.call(count_eligible, query=_query(_filters(desk))).given
    return {"top": int(top), "filters": msgspec.to_builtins(given), "selection": selection}


def _filters(desk: Desk) -> list[tuple[str, str]]:
    if desk.fields.one("what") == "list":
        return []
    return [(name, value) for name, value in desk.fields.pairs if name in FILTERS]


def _query(filters: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {name: [value for key, value in filters if key == name] for name, _ in filters}


def _fields(desk: Desk, body: dict[str, Any]) -> list[tuple[str, str]]:
    if "userIds" in body:
        return [("what", "list"), ("userIds", "\n".join(body["userIds"])), ("to", body["selection"])]
    return [("what", "top"), ("top", str(body["top"])), ("to", body["selection"]), *_filters(desk)]


async def _cutoff(desk: Desk, count: int) -> float | None:
    """The lowest score among those who would be changed."""
    if not 0 < count <= MAX_PAGE:
        return None
    query = {**_query(_filters(desk)), "limit": count}
    records = (await desk.ask(rank_eligible, RankingBody, query=query)).records
    return records[-1].score if records else None


def _back(desk: Desk, filters: list[tuple[str, str]]) -> str:
    return desk.to("eligible") + (f"?{urlencode(filters)}" if filters else "")
