"""What the outermost layer does when everything inside it fails."""

from typing import Any

import httpx2
import pytest

from entrypoints.http.server.middleware import RequestMiddleware
from entrypoints.http.server.routes import UNMATCHED, Routes
from entrypoints.telemetry.metrics import Metrics
from tests.support.answers import assert_problem

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/csv")]}
PART = {"type": "http.response.body", "body": b"half", "more_body": True}
SCOPE = {"type": "http", "method": "GET", "path": "/c1/codes", "http_version": "1.1", "headers": []}


def crashing(*sent_before: dict[str, Any]) -> RequestMiddleware:
    """Around an application that sends this much and then breaks."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in sent_before:
            await send(dict(message))
        raise KeyError("SECRET-CODE-1")

    return RequestMiddleware(app, Metrics(), Routes({"/{campaignId}/codes": ["GET"]}))


async def answers(middleware: RequestMiddleware) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    try:
        await middleware(dict(SCOPE), receive, send)  # type: ignore[arg-type]  # not every key
    except KeyError:
        sent.append({"type": "cut"})
    return sent


async def test_a_crash_before_the_answer_is_a_problem() -> None:
    start, body = await answers(crashing())

    answer = httpx2.Response(start["status"], headers=start["headers"], content=body["body"])
    assert_problem(answer, 500, "service.internal")
    assert "SECRET" not in answer.text


async def test_a_crash_in_the_middle_of_an_answer_cuts_it_off() -> None:
    """To end it in order would pass half an export off as a whole one."""
    sent = await answers(crashing(START, PART))

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body", "cut"]
    assert sent[0]["status"] == 200


async def test_behind_the_beginning_of_an_answer_a_body_is_not_told_of() -> None:
    """The framework calls itself anew for each piece that comes while it streams: a thousand end the answer."""
    pieces = [{"type": "http.request", "body": b"x", "more_body": True}] * 5_000 + [{"type": "http.disconnect"}]
    told: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(dict(START))
        told.append(await receive())

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(message: Any) -> None:
        pass

    middleware = RequestMiddleware(app, Metrics(), Routes({"/{campaignId}/codes": ["GET"]}))
    await middleware(dict(SCOPE), receive, send)  # type: ignore[arg-type]  # not every key

    assert told == [{"type": "http.disconnect"}]


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/c1/codes", "/{campaignId}/codes"),
        ("/c1/codes/", "/{campaignId}/codes"),
        ("//c1//codes", "/{campaignId}/codes"),
        ("/docs/docs.js", "/docs/docs.js"),
        ("/docs/docs-js", "unmatched"),
        ("/c1/x/codes", "unmatched"),
        ("/", "unmatched"),
    ],
)
def test_a_path_belongs_to_one_route(path: str, template: str) -> None:
    routes = Routes({"/{campaignId}/codes": ["POST", "GET"], "/docs/docs.js": ["GET"]})

    route = routes.of(path)

    assert route.template == template
    assert route is UNMATCHED or route.methods == ("GET, POST" if "codes" in path else "GET")
