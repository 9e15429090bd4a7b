"""Turning bytes into lines of UTF-8."""

import codecs
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.files.text import MAX_LINE_BYTES, Lines, Utf8

MARK = codecs.BOM_UTF8


def _utf8(*chunks: bytes) -> bytes:
    reader = Utf8()
    return b"".join([*map(reader.feed, chunks), reader.close()])


def _lines(*chunks: bytes) -> list[bytes | None]:
    reader = Lines()
    lines = [line for chunk in chunks for line in reader.feed(chunk)]
    return lines + list(reader.close())


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    cuts = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(cuts)]


@pytest.mark.parametrize("text", ["", "a", "a,1\r\né,2\n", "😀,3"])
@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: MARK + text.encode(),
        lambda text: MARK * 3 + text.encode(),
        lambda text: codecs.BOM_UTF16_LE + f"a{text}".encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_LE * 2 + f"a{text}".encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + f"a{text}".encode("utf-16-be"),
    ],
    ids=["plain", "mark", "marks", "utf-16-le", "utf-16-le marks", "utf-16-be"],
)
@given(places=st.lists(st.integers(min_value=0), max_size=6))
def test_every_encoding_is_turned_into_utf_8_without_marks(
    text: str, encode: Callable[[str], bytes], places: list[int]
) -> None:
    data = encode(text)

    assert _utf8(*_cut(data, places)).decode() in {text, f"a{text}"}
    assert _utf8(*_cut(data, places)) == _utf8(data)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\xff\xfe\n{", b"\xff", b"\x1f\x8b\x08\x00", b"a\xffb"])
def test_bytes_in_another_encoding_pass_unchanged(data: bytes) -> None:
    assert _utf8(data) in {data, b""}


@pytest.mark.parametrize("data", ["a,1\n".encode("utf-16")[:-1], codecs.BOM_UTF16_LE + b"a\0\0\xd8b\0"])
def test_damaged_utf_16_is_an_error(data: bytes) -> None:
    with pytest.raises(UnicodeError):
        _utf8(data)


@given(
    lines=st.lists(st.binary(max_size=5).map(lambda raw: raw.translate(None, b"\r\n")), max_size=6),
    end=st.sampled_from([b"\n", b"\r", b"\r\n"]),
    places=st.lists(st.integers(min_value=0), max_size=6),
)
def test_lines_may_have_any_line_end_and_any_chunks(lines: list[bytes], end: bytes, places: list[int]) -> None:
    data = b"".join(line + end for line in lines)

    assert _lines(*_cut(data, places)) == lines


def test_a_last_line_needs_no_end() -> None:
    assert _lines(b"a\rb") == [b"a", b"b"]


@pytest.mark.parametrize("length", [MAX_LINE_BYTES + 1, 3 * MAX_LINE_BYTES])
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n", b""])
def test_a_line_that_is_too_long_is_one_line(length: int, end: bytes) -> None:
    long = b"x" * length + end

    assert _lines(b"a\n" + long) == [b"a", None]
    assert _lines(b"a\n", *_cut(long, list(range(0, length, 1_000))), b"b\n")[:2] == [b"a", None]
