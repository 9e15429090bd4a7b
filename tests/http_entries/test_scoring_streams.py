"""Uploading scores as a stream of lines."""

import json
from collections.abc import Iterator

import pytest

from tests.http_entries.scene import Scene
from tests.http_entries.uploading import NDJSON, counts, record, scores, stream
from tests.tokens import bearer

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
    assert cut.json()["problems"] == [{"userId": None, "reason": "invalid"}]


@pytest.mark.parametrize("length", [65_537, 500_000, 3 * MEGABYTE])
def test_a_line_too_long_to_be_a_record_is_one_record_rejected(scorable: Scene, length: int) -> None:
    ann, bob = (json.dumps(record(scorable, name, 5)).encode() for name in ("ann", "bob"))

    answer = stream(scorable, ann + b"\n", *(b"x" * 1_000 for _ in range(length // 1_000 + 1)), b"\n" + bob)

    assert counts(answer.json()) == (3, 2, 0, 1)
    assert answer.json()["problems"] == [{"userId": None, "reason": "invalid"}]


@pytest.mark.parametrize(
    "line",
    [b'{"userId":"a","score":NaN}', b"\xff\xfe", b"{", b"[" * 60_000, b'{"userId":"\\ud800","score":5}', b"\x00"],
    ids=lambda value: ascii(value)[:50],
)
def test_a_line_nobody_can_read_is_one_record_rejected(scorable: Scene, line: bytes) -> None:
    answer = stream(scorable, line + b"\n", json.dumps(record(scorable, "bob", 5)).encode() + b"\n")

    assert counts(answer.json()) == (2, 1, 0, 1)
    assert answer.json()["problems"] == [{"userId": None, "reason": "invalid"}]


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
