"""Uploading scores, as JSON."""

import json
from typing import Any

import pytest

from tests.http.entries.uploading import counts, record, scores, stream, upload
from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer

MEGABYTE = 1024 * 1024


def test_only_confirmed_entries_are_scored_and_the_others_are_told_of(scorable: Scene) -> None:
    """entry-service REQ-006."""
    answer = upload(
        scorable, *(record(scorable, name, 50) for name in ("ann", "cy", "zoe")), record(scorable, "bob", 100.5)
    )

    assert counts(answer) == (4, 1, 0, 3)
    assert answer["problems"] == [
        {"line": 2, "userId": f"cy-{scorable.campaign}", "reason": "phone_not_confirmed"},
        {"line": 3, "userId": f"zoe-{scorable.campaign}", "reason": "no_entry"},
        {"line": 4, "userId": f"bob-{scorable.campaign}", "reason": "score_out_of_range"},
    ]
    assert scores(scorable) == {"ann": 50}


@pytest.mark.parametrize("score", [0, 100, 0.0, 100.0, 99.999, 1e-7, 5e-324])
def test_scores_from_0_to_100_are_taken(scorable: Scene, score: float) -> None:
    assert counts(upload(scorable, record(scorable, "ann", score))) == (1, 1, 0, 0)
    assert scores(scorable) == {"ann": score}


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        *((score, "score_out_of_range") for score in (101, 100.0001, -1, -0.1, 10**400)),
        *((score, "score_not_number") for score in ("5", "", True, None, [5], {"is": 5})),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_score_that_is_none_spoils_only_its_record(scorable: Scene, score: Any, reason: str) -> None:
    answer = upload(scorable, record(scorable, "ann", score), record(scorable, "bob", 7))

    assert counts(answer) == (2, 1, 0, 1)
    assert answer["problems"] == [{"line": 1, "userId": f"ann-{scorable.campaign}", "reason": reason}]
    assert scores(scorable) == {"bob": 7}


@pytest.mark.parametrize(("score", "taken"), [("1e400", 0), ("-1e400", 0), ("-0.0", 1), ("-0", 1), ("1e-400", 1)])
def test_a_number_at_the_edge_of_numbers_is_no_error_here_nor_in_a_cursor(
    scorable: Scene, score: str, taken: int
) -> None:
    line = f'{{"userId":"ann-{scorable.campaign}","score":{score}}}'.encode()

    answer = stream(scorable, line).json()

    assert counts(answer) == (1, taken, 0, 1 - taken)
    upload(scorable, record(scorable, "bob", 0))
    first = scorable.seen("entries/scoring", limit=1)
    assert [one["score"] for one in first["records"]] == [0]
    assert (first["next"] is not None) == bool(taken)
    assert not taken or scorable.ranking(limit=1, cursor=first["next"]) == ["bob"]
    assert "-0" not in json.dumps([one["score"] for one in first["records"]])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"userId": "", "score": 5}, "user_id"), ({"userId": 7, "score": 5}, "user_id"), ({"score": 5}, "user_id"),
        ({"userId": "a\u200bb", "score": 5}, "user_id"), ({"userId": "x" * 129, "score": 5}, "user_id"),
        ({}, "user_id"), ({"userId": "ann"}, "score_not_number"), ([], "columns"), ("ann", "columns"),
        (None, "columns"), (7, "columns"), ({"userId": "ann", "score": 5, "more": 1}, "columns"),
        *(
            ({"userId": "ann", "score": 5, "selection": selection}, "selection")
            for selection in ("chosen", "", 1, ["none"])
        ),
    ],
    ids=lambda value: ascii(value)[:50],
)  # fmt: skip
def test_a_record_that_is_none_spoils_only_itself(scorable: Scene, wrong: Any, reason: str) -> None:
    for answer in (
        upload(scorable, wrong, record(scorable, "bob", 7)),
        stream(
            scorable, json.dumps(wrong).encode(), b"\n", json.dumps(record(scorable, "bob", 8)).encode()
        ).json(),
    ):
        assert counts(answer) == (2, 1, 0, 1)
        (problem,) = answer["problems"]
        assert (problem["line"], problem["reason"]) == (1, reason)


def test_a_score_may_come_with_a_selection(scorable: Scene) -> None:
    upload(
        scorable, record(scorable, "ann", 50, selection="selected"), record(scorable, "bob", 60, selection=None)
    )

    assert scorable.ranking() == ["bob"]
    assert scorable.ranking(selection="selected") == ["ann"]
    assert counts(upload(scorable, record(scorable, "ann", 50, selection="selected"))) == (1, 0, 1, 0)
    assert counts(upload(scorable, record(scorable, "ann", 51))) == (1, 1, 0, 0)
    assert scorable.ranking(selection="selected") == ["ann"]


def test_problems_are_the_first_hundred(scene: Scene) -> None:
    answer = upload(scene, *(record(scene, f"x{number}", 1) for number in range(150)))

    assert counts(answer) == (150, 0, 0, 150)
    assert [scene.name(one["userId"]) for one in answer["problems"]] == [f"x{number}" for number in range(100)]


def test_fifty_thousand_records_are_taken_and_one_more_is_not(scene: Scene) -> None:
    records = [{"userId": f"f{number}", "score": 1} for number in range(50_000)]

    assert counts(upload(scene, *records)) == (50_000, 0, 0, 50_000)
    refused = scene.post("entries/scoring", {"records": [*records, records[0]]})
    assert_problem(refused, 422, "request.invalid", "/records")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""), ({"records": None}, ""), ({"records": [], "key": "scoring/c/f.csv"}, ""),
        ({"records": {}}, "/records"),
        ({"records": "x"}, "/records"), ({"record": []}, "/record"), ({"records": [], "more": 1}, "/more"),
        ({"key": 7}, "/key"), ({"key": ""}, "/key"), ({"key": "x" * 513}, "/key"), ([], ""),
        ({"key": "scoring/other/f.csv"}, "/key"), ({"key": "codes/c/tm/f.csv"}, "/key"),
        ({"key": "scoring/{c}/../f.csv"}, "/key"), ({"key": "scoring/{c}/.."}, "/key"),
        ({"key": "/scoring/{c}/f.csv"}, "/key"), ({"key": "scoring/{c}/"}, "/key"),
        ({"key": "scoring/{c}/a\\b"}, "/key"), ({"key": "scoring/{c}/a\n"}, "/key"),
        ({"key": "scoring/{c}/\x00"}, "/key"),
    ],
    ids=lambda value: ascii(value)[:50],
)  # fmt: skip
def test_a_request_that_does_not_fit_is_a_422(scene: Scene, body: Any, pointer: str) -> None:
    if isinstance(body, dict) and isinstance(key := body.get("key"), str):
        body = body | {"key": key.replace("{c}", scene.campaign)}

    assert_problem(scene.post("entries/scoring", body), 422, "request.invalid", pointer)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b'{"records":[{"userId":"a","score":NaN}]}', b'{"records":[{"userId":"a","score":Infinity}]}',
        b'{"records":[{"userId":"a","score":1}', b'{"records":[{"userId":"a","score":01}]}', b"[" * 100_000,
        b'{"records":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", b'{"records":[{"userId":"\xff","score":1}]}',
        b'{"records":[{"userId":"a\nb","score":1}]}', b'{"records":[{"userId":"a","score":1}]}x',
        b'{"records":[{"userId":"a" "score":1}]}', b'{"records":[{"userId":"a\\x","score":1}]}',
    ],
    ids=lambda value: ascii(value)[:50],
)  # fmt: skip
def test_what_is_no_json_is_a_400(scene: Scene, content: bytes) -> None:
    answer = scene.ask(
        "POST", "entries/scoring", content=content, headers=bearer() | {"Content-Type": "application/json"}
    )

    assert_problem(answer, 400, "request.malformed")


def test_a_body_of_16_mebibytes_is_read_and_a_longer_one_is_not(scene: Scene) -> None:
    headers = bearer() | {"Content-Type": "application/json"}
    body = b'{"records":[]}'
    padded = body + b" " * (16 * MEGABYTE - len(body))

    taken = scene.ask("POST", "entries/scoring", content=padded, headers=headers)
    refused = scene.ask("POST", "entries/scoring", content=padded + b" ", headers=headers)

    assert taken.status_code == 200
    assert_problem(refused, 413, "request.too_large")


@pytest.mark.parametrize(
    "type", ["text/csv", "text/plain", "application/ndjson", "application/x-www-form-urlencoded"]
)
def test_another_content_type_is_a_415(scene: Scene, type: str) -> None:
    answer = scene.ask("POST", "entries/scoring", content=b"{}", headers=bearer() | {"Content-Type": type})

    assert_problem(answer, 415, "request.unsupported_media_type")
