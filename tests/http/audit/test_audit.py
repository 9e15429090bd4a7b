"""The audit log over HTTP: a row for every change of staff, and none that holds a secret."""

import json
from typing import Any

import pytest

from entrypoints.http.operations import OPERATIONS
from tests.http.audit.acts import ACTS, fits, listed, rows_of
from tests.http.audit.expected import SECRETS
from tests.support.answers import TIME, assert_problem
from tests.support.fresh import new_id
from tests.support.scene import Scene
from tests.support.tokens import bearer

AUDITED = {operation.id: operation.audit.operation for operation in OPERATIONS if operation.audit is not None}
ALIKE = ({200, 201}, {201, 409})
"""What a repeat may be answered: registered and the same, uploaded and taken."""
COLUMNS = {"id", "at", "by", "operation", "campaignId", "requestId", "asked", "outcome"}
SELECT: dict[str, Any] = {"userIds": ["nobody"], "selection": "selected"}


def named(request_id: str) -> dict[str, str]:
    return {"X-Request-Id": request_id}


def test_every_audited_operation_is_tried() -> None:
    assert set(ACTS) == set(AUDITED), f"tests/http/audit/acts.py: {set(AUDITED) ^ set(ACTS)}"


ANEW = {"announceDraw"}
"""A repeat of these is another change."""


@pytest.mark.parametrize("operation", ACTS)
def test_a_change_of_staff_leaves_one_row_also_when_it_is_repeated(scene: Scene, operation: str) -> None:
    expected, request_id = ACTS[operation](scene), new_id("request")

    first = expected.act(named(request_id))
    second = expected.act(named(request_id))

    assert {first.status_code, second.status_code} in ALIKE or first.status_code == second.status_code
    *again, row = rows_of(scene, request_id)
    assert len(again) == (operation in ANEW)
    assert set(row) == COLUMNS
    assert TIME.fullmatch(row["at"])
    assert (row["by"], row["operation"]) == (expected.caller, AUDITED[operation])
    assert row["campaignId"] == (scene.campaign if expected.campaign else None)
    assert fits(row["asked"], expected.asked), row
    assert fits(row["outcome"], expected.outcome), row


@pytest.mark.parametrize("operation", ACTS)
def test_no_row_holds_a_phone_a_mail_a_code_or_a_token(scene: Scene, operation: str) -> None:
    expected, request_id = ACTS[operation](scene), new_id("request")
    expected.act(named(request_id))

    text = json.dumps(rows_of(scene, request_id))

    assert AUDITED[operation] in text
    assert [secret for secret in (*SECRETS, expected.secret) if secret in text] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("codes", {"key": "+12125550123"}, 422),
        ("entries/scoring", {"key": "+12125550123"}, 422),
        ("entries/transfer", {"from": "+12125550123", "to": "nyc"}, 422),
        ("entries/transfer", {"from": "nyc", "to": "+12125550123"}, 422),
        ("phones/free", {"phone": "12125550123 is none"}, 422),
        ("phone-blocks/lift", {"phone": "12125550123 is none"}, 422),
        ("entries", {"phone": "12125550123 is none", "markets": ["12125550123"], "userId": "ann"}, 404),
    ],
)
def test_what_is_wrong_in_a_request_is_in_no_row(scene: Scene, path: str, body: Any, status: int) -> None:
    assert scene.post(path, body).status_code == status
    assert scene.ask("DELETE", "codes/imports/12125550123", headers=bearer()).status_code == 404

    assert "12125550123" not in json.dumps(listed(scene))


def test_a_refused_change_has_a_row_that_says_so(scene: Scene) -> None:
    scene.opens(status="closed")
    request = {"phone": "+12125550123", "markets": ["nyc"], "userId": scene.fan("ann").id}

    assert_problem(scene.post("entries", request), 409, "campaign.not_open")

    (row,) = listed(scene)
    assert row["outcome"] == {"result": "failed", "problem": "campaign.not_open"}


def test_requests_of_fans_leave_no_row(scene: Scene) -> None:
    ann = scene.fan("ann")
    ann.confirmed()
    ann.register(markets=["bos"])
    ann.post("entries/confirm/resend", None)

    assert listed(scene) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("codes", {"dryRun": True}),
        ("entries/transfer", {"from": "nyc", "to": "bos", "dryRun": True}),
        ("reserve", {"type": "tm", "count": 1}),
    ],
    ids=["import", "transfer", "exhausted"],
)
def test_what_changes_nothing_leaves_no_row(scene: Scene, path: str, body: dict[str, Any]) -> None:
    """A dry run; and a frequent operation that was refused."""
    scene.fan("ann").registered(markets=["nyc"])
    key = {"key": scene.put("A1\n")} if path == "codes" else {}

    assert scene.post(path, body | key).status_code in {200, 409}

    assert listed(scene) == []


def test_reading_leaves_no_row(scene: Scene) -> None:
    for path in ("codes", "codes/count", "entries/count", "entries/scoring", "entries/eligibility"):
        assert scene.get(path).status_code == 200

    assert listed(scene) == []


def test_one_request_id_for_everything_loses_no_change(scene: Scene) -> None:
    scene.fan("ann").confirmed()
    ann, same = f"ann-{scene.campaign}", named("always-the-same")
    for selection in ("selected", "none", "selected", "selected"):
        scene.post("entries/selection", {"userIds": [ann], "selection": selection}, headers=same)
    scene.stock("A1", "A2")
    for _ in range(2):
        scene.post("reserve", {"type": "tm", "count": 1}, headers=same)

    rows = rows_of(scene, "always-the-same")

    assert [row["asked"].get("selection") for row in reversed(rows)] == [
        "selected",
        "none",
        "selected",
        None,
        None,
    ]
    assert len({row["outcome"].get("reserveId") for row in rows}) == 3


def test_an_import_that_is_not_waited_for_has_its_row_at_once(scene: Scene) -> None:
    accepted = scene.load("A1\n", headers={"Prefer": "respond-async"})

    assert accepted.status_code == 202
    (row,) = listed(scene)
    assert (row["outcome"]["importId"], row["outcome"]["status"]) == (accepted.json()["importId"], "running")


def test_a_stream_of_scores_has_its_row(scene: Scene) -> None:
    scene.fan("ann").confirmed()
    line = json.dumps({"userId": f"ann-{scene.campaign}", "score": 1}) + "\n"

    def send(content: str) -> int:
        headers = bearer() | named("a-stream") | {"Content-Type": "application/x-ndjson"}
        return scene.ask("POST", "entries/scoring", content=content.encode(), headers=headers).status_code

    assert [send(line), send(line), send(line + line.replace("1}", "2}"))] == [200, 200, 200]

    assert [row["outcome"]["upserted"] for row in rows_of(scene, "a-stream")] == [1, 1]


# Listing


@pytest.fixture
def busy(scene: Scene) -> Scene:
    """Five rows of three callers and three operations, the newest first: 5, 4, …"""
    for number, caller in enumerate(("one", "two", "one", "two", "three"), 1):
        body = SELECT if number < 5 else {"from": "nyc", "to": "bos"}
        path = "entries/selection" if number < 5 else "entries/transfer"
        headers = bearer(caller) | named(f"{number}-{scene.campaign}")
        assert scene.ask("POST", path, json=body, headers=headers).status_code == 200
    return scene


def numbers(rows: list[Any]) -> list[int]:
    return [int(row["requestId"].partition("-")[0]) for row in rows]


def test_rows_are_listed_newest_first_and_by_each_filter(busy: Scene) -> None:
    at = {number: row["at"] for number, row in zip(numbers(listed(busy)), listed(busy), strict=True)}

    assert sorted(numbers(listed(busy)), reverse=True) == [5, 4, 3, 2, 1]
    assert [row["at"] for row in listed(busy)] == sorted(at.values(), reverse=True)
    assert set(numbers(listed(busy, by="two"))) == {4, 2}
    assert numbers(listed(busy, operation="transferEntries")) == [5]
    assert listed(busy, operation="nothing") == []
    later = {number for number, time in at.items() if time >= at[3]}
    assert set(numbers(listed(busy, **{"from": at[3]}))) == later
    assert set(numbers(listed(busy, to=at[3]))) == set(at) - later
    assert listed(busy, **{"from": at[5], "to": at[1]}) == []


def test_pages_together_are_the_list(busy: Scene) -> None:
    pages: list[list[Any]] = []
    cursor = None
    while True:
        page: dict[str, Any] = {"campaignId": busy.campaign, "limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = busy.http.get("/audit", params=page, headers=bearer()).json()
        pages.append(answer["records"])
        if (cursor := answer["next"]) is None:
            break

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [row for page in pages for row in page] == listed(busy)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("campaignId", "a b"), ("campaignId", ""), ("by", ""), ("by", "a\nb"), ("operation", ""),
        ("operation", "x" * 65), ("from", "yesterday"), ("from", "2026-11-21T18:00:00"), ("to", "7"), ("to", ""),
        ("from", "0001-01-01T00:00:00+14:00"), ("to", "9999-12-31T23:59:59.999999-14:00"), ("limit", "0"),
        ("limit", "1001"), ("limit", "x"), ("cursor", "x"), ("cursor", "OTk5OTk5OTk5OTk5OTk5IDA"),
        ("unknown", "x"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_wrong_is_named(scene: Scene, parameter: str, value: str) -> None:
    answer = scene.http.get("/audit", params={parameter: value}, headers=bearer())

    assert_problem(answer, 422, "request.invalid", f"/{parameter}")
    detail = answer.json()["errors"][0]["detail"]
    assert "datetime" not in detail
    assert parameter not in {"from", "to"} or "must be a time" in detail
