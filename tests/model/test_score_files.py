"""The forms of a file of scores, and the errors of other files."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.errors import DomainError
from domain.model.registrations.entry import Selection
from domain.model.registrations.errors import ScoreFileAmbiguous, ScoreFileUnreadable
from domain.model.registrations.score_files import ScoreFileReader
from domain.model.registrations.scoring import ScoreProblem, ScoreRecord


def _read(*chunks: bytes) -> Sequence[ScoreRecord | ScoreProblem]:
    reader = ScoreFileReader()
    read = [record for chunk in chunks for record in reader.feed(chunk)]
    return [*read, *reader.close()]


def _scores(content: str | bytes) -> list[tuple[str, float]]:
    read = _read(content.encode() if isinstance(content, str) else content)
    return [(one.user_id, one.score) for one in read if isinstance(one, ScoreRecord)]


def _problems(content: str) -> list[tuple[int | None, str]]:
    return [(one.line, one.reason) for one in _read(content.encode()) if isinstance(one, ScoreProblem)]


@pytest.mark.parametrize(
    "content",
    [
        "userId,score\nann,97\n", "userid,score\nann,97", "score,userId\n97,ann\n", "Score,User ID\n97,ann\n",
        "USER_ID,SCORE\nann,97\n", "user id;score\nann;97\n", "score\tselection\tuser_id\n97\t\tann\n",
        "userId|score\nann|97\n", "sep=;\nuserId;score\nann;97\n", '"sep=;"\nuserId;score\nann;97\n',
        "sep=,\nann,97\n", "SEP=|\nann|97",
        "\ufeffuserId,score\nann,97\n", "\ufeff\ufeffann,97\n", "userId,score\rann,97\r",
        "userId,score\r\nann,97\r\n", "\n\nuserId,score\n\nann,97\n\n", " ann , 97 \n", '"ann","97"\n',
        "userId,score,\nann,97,\n", "userId,score,selection,,\nann,97,,,\n", "ann;97\n", "ann\t97", "ann|97",
        "selection,userId,score\n,ann,97", "Selection ; Score ; User ID\nnone;97;ann",
        "User\u00a0Id,\uff33core\nann,97\n", "userId,score\nann,97.0\n", "userId,score\nann,9.7e1\n",
        "userId,score\n\u00a0ann\u00a0,97\n",
    ],
    ids=ascii,
)  # fmt: skip
def test_headers_separators_and_line_ends_of_every_kind(content: str) -> None:
    assert _scores(content) == [("ann", 97)]
    assert _scores(content.replace("\ufeff", "").encode("utf-16")) == [("ann", 97)]


def test_columns_are_found_by_name_and_not_by_position() -> None:
    assert _scores("Score,User ID\n97,42\n") == [("42", 97)]
    assert _scores("97,42\n") == [("97", 42)]


@pytest.mark.parametrize(
    "content",
    [
        "15,fan-213\n", "id,score\nann,5\n", "userId,points\nann,5\n", "userId,score,more\nann,5,x\n",
        "userId,userId,score\n", "score\n5\n", "userId\nann\n", "ann,101\n", "ann,\n", "ann\n", ",5\n",
        "fan;97,5\n", "fan\t97,5\n", "ann,5,chosen\n", "ann,5,none,more\n", '"ann,5\n', "", "\n\r\n", "sep=,\n",
        " id  | score \n-----+-------\n ann | 5\n", "userId score\nann 5\n", "x" * 70_000,
        "userId,score" * 3_000, "sep=;\nuserId,score\nann,5\n", "Total: 3\nann,5\n",
    ],
    ids=lambda content: ascii(content)[:40],
)  # fmt: skip
def test_a_first_line_that_is_neither_a_header_nor_a_record_is_refused(content: str) -> None:
    with pytest.raises(ScoreFileAmbiguous):
        _read(content.encode())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ann", "columns"), ("ann,5,none,more", "columns"), ('"ann,5', "columns"), ("x" * 70_000, "columns"),
        ('ann,"5', "columns"), ("ann;5", "columns"), ("(2 rows)", "columns"), (",5", "user_id"),
        ("\u200bann,5", "user_id"), ("x" * 129 + ",5", "user_id"), ("ann,", "score_not_number"),
        ("ann,95 %", "score_not_number"), ('ann,"97,5"', "score_not_number"), ("ann,nan", "score_not_number"),
        ("ann,1e", "score_not_number"), ("ann,\u0665", "score_not_number"), ("ann,0x5", "score_not_number"),
        ("ann,five", "score_not_number"), ("ann,101", "score_out_of_range"), ("ann,-1", "score_out_of_range"),
        ("ann,1e3", "score_out_of_range"), ("ann,1e999", "score_out_of_range"), ("ann,5,chosen", "selection"),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
def test_a_row_that_is_not_a_record_is_reported_with_line_and_reason(line: str, reason: str) -> None:
    header = "userId,score,selection"

    assert _problems(f"{header}\n\n{line}\nbob,6\n") == [(3, reason)]
    assert _scores(f"{header}\n{line}\nbob,6\n") == [("bob", 6)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html>\n<html>", "HTML"),
        (b'[{"userId":"ann","score":5}]', "JSON"),
        (b"\nversion https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"PK\x03\x04" + b"x" * 2_000, "xlsx"),
        (b"\x1f\x8b\x08\0rubbish", "gzip"),
        ("userId,score\nann,5\n".encode("utf-16-le"), "UTF-16"),
    ],
)
def test_another_kind_of_file_is_named_in_the_error(content: bytes, what: str) -> None:
    with pytest.raises(ScoreFileUnreadable) as refused:
        _read(content[:1], content[1:])

    assert what in refused.value.detail


def test_a_selection_comes_with_the_score() -> None:
    (record,) = _read(b"selection,score,userId\nselected,5,ann\n")

    assert isinstance(record, ScoreRecord)
    assert record.selection is Selection.SELECTED


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"ann,5\n\xff,6\n", 2),
        (b"\x1f\x8b\x08\0rubbish", 1),
        ("userId,score\nann,5\n".encode("utf-16-le"), 1),
        ("userId,score\nann,5\n".encode("utf-16-be"), 1),
        (b"userId,score\nann,5\nbo\0b,6\n", 3),
        ("ann,5\n".encode("utf-16")[:-1], 1),
    ],
)
def test_bytes_that_are_not_text_are_refused_with_the_line(content: bytes, line: int) -> None:
    with pytest.raises(ScoreFileUnreadable) as refused:
        _read(content)

    assert refused.value.context == {"line": line}


@given(content=st.text('ann5,;"\r\n\ufeff|\t=sepuIdcor', max_size=60), cut=st.integers(0, 60), utf16=st.booleans())
def test_the_records_do_not_depend_on_the_chunks(content: str, cut: int, utf16: bool) -> None:
    data = content.encode("utf-16" if utf16 else "utf-8")

    assert _outcome(data[:cut], data[cut:]) == _outcome(data)


def _outcome(*chunks: bytes) -> object:
    try:
        return _read(*chunks)
    except DomainError as error:
        return error.code, error.context
