"""All codes as a stream: NDJSON and CSV; and who gets which of the three."""

import csv
import io
import json

import pytest

from tests.support.answers import assert_problem
from tests.support.scene import Scene

NDJSON, CSV, JSON = "application/x-ndjson", "text/csv", "application/json"
FORMULAS = ["=1+1", "\uff1d1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x","y")']


def test_ndjson_has_a_line_a_code_and_an_end(scene: Scene) -> None:
    scene.stock(*(f"K{number:04}" for number in range(2_500)))
    scene.reserve(3)

    answer = scene.get("codes", headers={"Accept": NDJSON})

    assert answer.headers["content-type"].startswith(NDJSON)
    *codes, end = map(json.loads, answer.text.splitlines())
    assert end == {"end": True, "count": 2_500}
    assert [code["code"] for code in codes] == [f"K{number:04}" for number in range(2_500)]
    assert codes == scene.get("codes?limit=5000").json()["codes"]


def test_csv_has_a_header_and_a_row_a_code(scene: Scene) -> None:
    scene.stock("A1", '"say ""hi"", twice"')
    scene.assign(scene.reserve(2, reserveId="reservation-1"), "A1", "ann")

    answer = scene.get("codes", headers={"Accept": CSV})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    listed = scene.get("codes").json()["codes"]
    assert [row["code"] for row in rows] == ["A1", 'say "hi", twice']
    assert rows == [{name: value or "" for name, value in code.items()} for code in listed]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_the_csv_is_a_formula(scene: Scene, formula: str) -> None:
    scene.stock('"' + formula.replace('"', '""') + '"', accept=["spreadsheet_formula"], separator=",")
    scene.assign(scene.reserve(), formula, "-ann")

    rows = list(csv.reader(io.StringIO(scene.get("codes", headers={"Accept": CSV}).text)))

    assert rows[1][0] == "'" + formula
    assert "'-ann" in rows[1]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("accept", [NDJSON, CSV])
def test_a_stream_takes_the_filters_too(scene: Scene, accept: str) -> None:
    scene.stock("A1", "A2")
    scene.stock("E1", type="external")

    text = scene.get("codes?type=external", headers={"Accept": accept}).text

    assert "E1" in text
    assert "A1" not in text


def test_an_empty_campaign_is_an_empty_stream(scene: Scene) -> None:
    assert scene.get("codes", headers={"Accept": NDJSON}).text == '{"end":true,"count":0}\n'
    assert len(scene.get("codes", headers={"Accept": CSV}).text.splitlines()) == 1


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", JSON),
        ("", JSON),
        ("image/png", JSON),
        ("gibberish;;;q=x", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("TEXT/CSV", CSV),
        ("text/csv, */*", CSV),
        ("text/csv;header=present", CSV),
        ("application/json;q=0, text/csv;q=0.1", CSV),
        ("application/x-ndjson;q=0.5, text/csv;q=0.9, application/json;q=0.1", CSV),
        ("application/json;q=0.4, application/x-ndjson;q=0.5", NDJSON),
        ("*/*;q=0.1, application/x-ndjson;q=0", JSON),
        ("text/*;q=0.9, text/csv;q=0.1, application/x-ndjson;q=0.5", NDJSON),
        ("application/x-ndjson, application/json", JSON),
    ],
)
def test_the_caller_gets_what_the_caller_likes_best(scene: Scene, accept: str, media: str) -> None:
    answer = scene.get("codes", headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media


@pytest.mark.parametrize("accept", [NDJSON, CSV, "text/html"])
def test_a_problem_is_a_problem_whatever_was_asked_for(scene: Scene, accept: str) -> None:
    assert_problem(scene.get("codes?limit=0", headers={"Accept": accept}), 422, "request.invalid", "/limit")
