"""What tests say of answers."""

import re
from collections.abc import Mapping
from typing import Any

import httpx2

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

ENTRY = {
    "id", "campaignId", "userId", "ballotId", "status", "phone", "phoneConfirmedAt", "email", "firstName",
    "lastName", "markets", "optIns", "attributes", "fanscore", "fraud", "selection", "allocation", "revision",
    "createdAt", "updatedAt", "confirmation",
}  # fmt: skip
"""The fields of an entry, no more and no fewer."""


def as_the_fan_sees_it(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry that staff have read, without what only staff see."""
    return {name: value for name, value in entry.items() if name in ENTRY}


def assert_problem(answer: httpx2.Response, status: int, code: str, *pointers: str) -> Any:
    """Is it the problem expected, in the shape that every problem has (RFC 9457)? Its body."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["type"] == f"urn:fangate:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert body["requestId"] == answer.headers["x-request-id"]
    if pointers:
        assert [error["pointer"] for error in body["errors"]] == list(pointers), body
        assert all(error["detail"] for error in body["errors"])
    return body
