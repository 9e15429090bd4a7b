"""Files as they should not be: none of them stops the service, and what is good in them goes in (REQ-006)."""

import pytest

from tests.support.answers import assert_problem
from tests.support.scene import Scene


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_any_line_end_are_understood(scene: Scene, line_end: str) -> None:
    content = "\ufeff" + line_end.join(["A1", '"A,2"', '" A3 ",note', '"say ""hi"""'])

    assert scene.load(content).json()["inserted"] == 4
    listed = [code["code"] for code in scene.get("codes").json()["codes"]]
    assert listed == sorted(["A1", "A,2", "A3", 'say "hi"'])


def test_a_line_of_a_megabyte_is_one_invalid_row(scene: Scene) -> None:
    body = scene.load("A1\n" + "x" * 1_048_576 + "\nA2\n").json()

    assert (body["rows"], body["inserted"], body["invalid"]) == (3, 2, 1)
    assert body["problems"] == [{"line": 2, "reason": "too_long"}]


def test_null_bytes_and_control_characters_are_invalid_rows(scene: Scene) -> None:
    body = scene.load(b"A1\nA\x00B\n\x00\nA\x07\nA2\n").json()

    assert (body["inserted"], body["invalid"]) == (2, 3)
    assert body["problems"] == [
        {"line": line, "reason": "not_printable", "detail": f"U+{character:04X} control character"}
        for line, character in ((2, 0), (3, 0), (4, 7))
    ]


def test_a_quote_that_is_never_closed_spoils_its_own_line_only(scene: Scene) -> None:
    body = scene.load('A1\n"A2\nA3\nA4\n').json()

    assert (body["inserted"], body["invalid"]) == (3, 1)
    assert body["problems"] == [{"line": 2, "reason": "badly_quoted"}]


@pytest.mark.parametrize("content", ["", "\n\n \n\t\n", ",a\n,,\n", "\ufeff"])
def test_a_file_of_only_blanks_is_refused(scene: Scene, content: str) -> None:
    assert assert_problem(scene.load(content), 422, "codes.file_empty")["invalid"] == 0
    assert scene.counts() == (0, 0, 0)


def test_a_file_that_is_not_utf_8_is_refused_with_the_line(scene: Scene) -> None:
    answer = scene.load(b"A1\nA2\nB\xe9B\nA3\n")

    problem = assert_problem(answer, 422, "codes.file_unreadable")
    assert problem["line"] == 3


def test_the_first_hundred_problems_are_named(scene: Scene) -> None:
    body = scene.load("\x01\n" * 150 + "A1\n").json()

    assert body["invalid"] == 150
    assert [problem["line"] for problem in body["problems"]] == list(range(1, 101))


def test_every_row_is_in_exactly_one_count(scene: Scene) -> None:
    body = scene.load('A1\nA1\n\n"x\n\x02\nA2,,,\n').json()

    parts = ("inserted", "duplicates", "conflicts", "blank", "invalid")
    assert body["rows"] == sum(body[part] for part in parts) == 6
