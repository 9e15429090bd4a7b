"""Uploading scores as a file in the object store."""

import gzip

import httpx2
import pytest

from tests.http.entries.uploading import counts, scores
from tests.support.answers import assert_problem
from tests.support.scene import Scene


def from_file(scene: Scene, content: str | bytes) -> httpx2.Response:
    """``{c}`` stands for the campaign; the ids of its fans end in it."""
    raw = content.replace("{c}", scene.campaign).encode() if isinstance(content, str) else content
    return scene.post("entries/scoring", {"key": scene.platform.put_file(f"scoring/{scene.campaign}/s.csv", raw)})


@pytest.mark.parametrize(
    "content",
    [
        "ann-{c},5\nbob-{c},6\n",
        "userId,score\nann-{c},5\nbob-{c},6",
        "userId,score,selection\r\nann-{c},5,none\r\nbob-{c},6,\r\n",
        "\ufeffuserId,score\nann-{c},5\nbob-{c},6\n",
        "\ufeffann-{c},5\nbob-{c},6\n",
        "Score,User ID\n5,ann-{c}\n6,bob-{c}\n",
        "user_id;score\rann-{c};5\rbob-{c};6\r",
        "sep=|\nuserId|score\nann-{c}|5\nbob-{c}|6\n",
        "\ufeff\ufeffann-{c},5\nbob-{c},6\n",
        '"userId","score"\n"ann-{c}","5"\n"bob-{c}","6"\n',
        "userId , score\n ann-{c} , 5 \n\n\nbob-{c},6.0\n\n",
        "ann-{c},4\nann-{c},5\nbob-{c},6,\n",
    ],
    ids=ascii,
)
def test_a_file_with_or_without_a_header_is_read(scorable: Scene, content: str) -> None:
    answer = from_file(scorable, content)

    assert answer.status_code == 200, answer.text
    assert answer.json()["rejected"] == 0
    assert scores(scorable) == {"ann": 5, "bob": 6}


@pytest.mark.parametrize("score", [0.1 + 0.2, 1.1 * 3, 100 / 3, 5e-06, 99.99999999999999, 100.0])
def test_a_file_may_have_any_number_that_a_program_writes(scorable: Scene, score: float) -> None:
    assert from_file(scorable, f"ann-{{c}},{score!r}\n").json()["upserted"] == 1
    assert scores(scorable) == {"ann": score}
    assert scorable.ranking(minScore=repr(score), maxScore=repr(score)) == ["ann"]


def test_a_file_may_select(scorable: Scene) -> None:
    from_file(scorable, "userId,score,selection\nann-{c},5,selected\nbob-{c},6,\n")

    assert (scorable.ranking(selection="selected"), scorable.ranking()) == (["ann"], ["bob"])


def test_a_line_that_is_no_record_is_rejected_and_the_others_are_not(scorable: Scene) -> None:
    """Which lines are none the model's tests say."""
    answer = from_file(scorable, "userId,score\nann-{c},95 %\nbob-{c},6\nbob-{c},7\n").json()

    assert counts(answer) == (3, 1, 1, 1)
    assert answer["problems"] == [
        {"line": 2, "userId": f"ann-{scorable.campaign}", "reason": "score_not_number"},
        {"line": 4, "userId": f"bob-{scorable.campaign}", "reason": "repeated"},
    ]
    assert scores(scorable) == {"bob": 7}


@pytest.mark.parametrize("content", ["5,ann-{c}\nbob-{c},6\n", "userId,points\nann-{c},5\nbob-{c},6\n", ""])
def test_a_file_whose_first_line_is_neither_header_nor_record_is_a_422(scorable: Scene, content: str) -> None:
    problem = assert_problem(from_file(scorable, content), 422, "scores.file_ambiguous")

    assert problem["line"] == 1
    assert scores(scorable) == {}


@pytest.mark.parametrize(("content", "line"), [(b"ann,5\n\xff,6\n", 2), (b"\x1f\x8b\x08\x00", 1)])
def test_a_file_that_is_no_text_is_a_422_with_the_line(scorable: Scene, content: bytes, line: int) -> None:
    problem = assert_problem(from_file(scorable, content), 422, "scoring.file_unreadable")

    assert problem["line"] == line


def test_a_file_that_is_not_there_is_a_404(scene: Scene) -> None:
    answer = scene.post("entries/scoring", {"key": f"scoring/{scene.campaign}/none.csv"})

    assert_problem(answer, 404, "scoring.file_not_found")


def test_what_was_read_before_a_file_went_wrong_is_kept(scorable: Scene) -> None:
    lines = f"ann-{scorable.campaign},5\n" * 2_500

    answer = from_file(scorable, lines.encode() + b"\xff\n")

    assert_problem(answer, 422, "scoring.file_unreadable")
    assert scores(scorable) == {"ann": 5}


def test_a_file_that_is_something_else_is_named(scorable: Scene) -> None:
    problem = assert_problem(from_file(scorable, gzip.compress(b"ann,5\n")), 422, "scoring.file_unreadable")

    assert "gzip" in problem["detail"]
