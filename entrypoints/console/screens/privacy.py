"""Privacy: what is held of a person, and erasing it."""

from typing import Any, Final

import msgspec
from litestar.response import Stream

from entrypoints.console.desk import Desk
from entrypoints.console.downloads import download
from entrypoints.console.outcome import FIELD, opened, sealed
from entrypoints.console.page import Page
from entrypoints.console.text import say, text
from entrypoints.http.privacy.erasures import ErasedBody, erase_person
from entrypoints.http.privacy.exports import export_person
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import FieldProblem, invalid

PLACES: Final = {
    "entries": text("Registrations"),
    "histories": text("Changes in the registrations of others"),
    "scoring": text("Uploaded scores"),
    "parked": text("Parked messages"),
    "phoneFailures": text("Failed confirmations of numbers"),
    "budgets": text("Budgets of numbers and text messages"),
    "rateLimits": text("Counted calls"),
    "codes": text("Codes and their histories"),
    "imports": text("Imports"),
    "published": text("Events published within a week"),
    "audit": text("Rows of the audit log"),
}
"""The places that hold something of a person."""


@Page(path="/privacy", operation=erase_person, menu=text("Privacy"))
async def privacy(desk: Desk) -> Reply:
    done = opened(desk.token, desk.fields.one(FIELD), ErasedBody)
    return desk.show("privacy.html", done=done, place=place, days=desk.app.privacy.retention_days)


@Page(path="/privacy/person", method="POST", operation=erase_person)
async def person(desk: Desk) -> Reply:
    """By POST: the id of the person must not stay in the history of the browser."""
    _user_id(desk)
    return await _shown(desk)


@Page(path="/privacy/person", operation=erase_person)
async def person_again(desk: Desk) -> Reply:
    """The address of a search, opened by itself."""
    return desk.go("/console/privacy")


@Page(path="/privacy/export", method="POST", operation=export_person)
async def export(desk: Desk) -> Stream:
    """The answer of the API, as a file."""
    user_id = _user_id(desk)
    return await download(desk, export_person, f"{user_id}.json", query={"userId": user_id})


@Page(path="/privacy/erase", method="POST", operation=erase_person, changes=True)
async def erase(desk: Desk) -> Reply:
    """The id has to be typed again: an erasure cannot be taken back."""
    user_id = desk.fields.one("userId")
    if not user_id or desk.fields.one("typed") != user_id:
        return await _shown(desk, say(text("This is not the id of the person. Nothing was erased.")))
    done = await desk.ask(erase_person, ErasedBody, body={"userId": user_id})
    return desk.go(f"/console/privacy?{FIELD}={sealed(desk.token, msgspec.structs.replace(done, user_id=''))}")


def _user_id(desk: Desk) -> str:
    """Raises a 422 Problem."""
    if user_id := desk.fields.one("userId"):
        return user_id
    raise invalid(FieldProblem("/userId", "is missing: type the id of the person"))


async def _shown(desk: Desk, problem: str = "") -> Reply:
    body: dict[str, Any] = {"userId": desk.fields.one("userId"), "dryRun": True}
    found = await desk.ask(erase_person, ErasedBody, body=body)
    status = 422 if problem else 200
    return desk.show("privacy_person.html", status, person=found, place=place, problem=problem)


def place(name: str) -> str:
    return say(PLACES[name]) if name in PLACES else name
