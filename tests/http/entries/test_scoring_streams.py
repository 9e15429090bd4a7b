"""Uploading scores as a stream of lines."""

import codecs
import json
from collections.abc import Iterator

import pytest

from tests.http.entries.uploading import NDJSON, counts, record, scores, stream
from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer

MEGABYTE = 1024 * 1024


def test_a_stream_may_be_cut_anywhere_and_have_blank_lines(scorable: Scene) -> None:
    lines = [json.dumps(record(scorable, name, score)) for name, score in (("ann", 5), ("bob", 6), ("cy", 7))]
    text = "\r\n\n  \n" + "\n\n".join(lines) + "\n\t\n"

    answer = stream(scorable, *(bytes([byte]) for byte in text.encode()))

    assert counts(answer.json()) == (3, 2, 0, 1)
    assert scores(scorable) == {"ann": 5, "bob": 6}


def test_a_last_line_without_a_line_feed_counts_and_one_cut_in_the_middle_is_rejected(scorable: Scene) -> None:
    ann, bob = (json.dumps(record(scorable, name, 5)).encode() for name in ("ann", "bob"))

    whole = stream(scorable, ann + b"\n" + bob)
    cut = stream(scorable, ann + b"\n" + bob[:-4])

    assert counts(whole.json()) == (2, 2, 0, 0)
    assert counts(cut.json()) == (2, 0, 1, 1)
    assert cut.json()["problems"] == [{"line": 2, "userId": None, "reason": "not_json"}]


@pytest.mark.parametrize("length", [65_537, 500_000, 3 * MEGABYTE])
def test_a_line_too_long_to_be_a_record_is_one_record_rejected(scorable: Scene, length: int) -> None:
    ann, bob = (json.dumps(record(scorable, name, 5)).encode() for name in ("ann", "bob"))

    answer = stream(scorable, ann + b"\n", *(b"x" * 1_000 for _ in range(length // 1_000 + 1)), b"\n" + bob)

    assert counts(answer.json()) == (3, 2, 0, 1)
    assert answer.json()["problems"] == [{"line": 2, "userId": None, "reason": "not_json"}]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"], ids=ascii)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_stream_may_have_marks_and_any_line_ends(scorable: Scene, end: str, encoding: str) -> None:
    """A byte order mark cost the first record, and CR line ends all but one."""
    lines = [json.dumps(record(scorable, name, score)) for name, score in (("ann", 5), ("bob", 6))]
    body = "".join(line + end for line in lines).encode(encoding)

    assert counts(stream(scorable, body[:1], body[1:]).json()) == (2, 2, 0, 0)
    if encoding == "utf-8-sig":
        assert counts(stream(scorable, codecs.BOM_UTF8, body).json()) == (2, 0, 2, 0)


def test_a_stream_that_begins_as_utf_16_and_is_not_is_a_400(scorable: Scene) -> None:
    assert_problem(stream(scorable, codecs.BOM_UTF16_LE + b"{\0\0\xd8}\0"), 400, "request.malformed")


def test_an_array_over_several_lines_is_no_stream_of_records(scorable: Scene) -> None:
    ann, bob = (json.dumps(record(scorable, name, 5)) for name in ("ann", "bob"))

    answer = stream(scorable, f"[{ann},\n{bob}]\n{ann},\n".encode()).json()

    assert counts(answer) == (3, 0, 0, 3)
    assert [(one["line"], one["reason"]) for one in answer["problems"]] == [(n, "not_json") for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "line",
    [b'{"userId":"a","score":NaN}', b"\xff\xfe", b"{", b"[" * 60_000, b"\x00", b"\xff"],
    ids=lambda value: ascii(value)[:50],
)
def test_an_unreadable_line_is_one_rejected_record(scorable: Scene, line: bytes) -> None:
    answer = stream(scorable, line + b"\n", json.dumps(record(scorable, "bob", 5)).encode() + b"\n")

    assert counts(answer.json()) == (2, 1, 0, 1)
    assert answer.json()["problems"] == [{"line": 1, "userId": None, "reason": "not_json"}]


def test_a_stream_may_have_any_number_of_records_and_more_than_16_mebibytes(scorable: Scene) -> None:
    padding = b" " * 300

    def lines() -> Iterator[bytes]:
        for number in range(60_000):
            yield b'{"userId":"f%d","score":1}%s\n' % (number, padding)
        yield json.dumps(record(scorable, "ann", 9)).encode()

    answer = scorable.ask("POST", "entries/scoring", content=lines(), headers=bearer() | NDJSON)

    assert counts(answer.json()) == (60_001, 1, 0, 60_000)
    assert len(answer.json()["problems"]) == 100


def test_an_empty_stream_is_no_error(scene: Scene) -> None:
    assert counts(stream(scene).json()) == (0, 0, 0, 0)
