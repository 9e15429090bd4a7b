"""Reading codes from bytes (code-service REQ-006, "Data Sanitization")."""

from typing import Any

import pytest

from domain.model.codes.code import MAX_CODE_LENGTH
from domain.model.codes.errors import FileUnreadable
from domain.model.codes.files.cells import Reason, first_unprintable
from domain.model.codes.files.layout import FileOptions
from domain.model.codes.files.reader import CodeFileReader
from domain.model.codes.files.rows import MAX_RECORD_LENGTH, Row

TOO_LONG, NOT_PRINTABLE, BAD_QUOTES = Reason.TOO_LONG, Reason.NOT_PRINTABLE, Reason.BADLY_QUOTED


def read(*chunks: bytes, **options: Any) -> list[Row]:
    reader = CodeFileReader(FileOptions(**options))
    rows = [row for chunk in chunks for row in reader.feed(chunk)]
    return [*rows, *reader.close()]


def codes(content: bytes) -> list[str]:
    """The codes of a file that contains only codes and blank lines."""
    rows = read(content)
    assert not any(row.reason for row in rows)
    return [row.code for row in rows if row.code]


def in_slices(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_end_with_lf_or_crlf_and_the_last_may_have_no_end(line_end: bytes, *, last: bool) -> None:
    content = line_end.join([b"A", b"B", b"C"]) + (line_end if last else b"")

    assert read(content) == [Row(1, "A"), Row(2, "B"), Row(3, "C")]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(content: bytes) -> None:
    assert read(content) == []


@pytest.mark.parametrize("first", [b"A", b'"A"', b' "A" ,x'])
def test_a_byte_order_mark_is_not_part_of_the_first_code(first: bytes) -> None:
    assert codes(b"\xef\xbb\xbf" + first + b"\nB\n") == ["A", "B"]


def test_a_byte_order_mark_elsewhere_is_a_character_that_is_not_printable() -> None:
    assert read("A\n\ufeffB\n".encode())[1] == Row(2, reason=NOT_PRINTABLE, detail=first_unprintable("\ufeff"))


def test_codes_are_read_from_the_first_column() -> None:
    assert codes(b'A,x\nB,"y",z\nC,\nD,"two\nlines"\n"E",x') == ["A", "B", "C", "D", "E"]


@pytest.mark.parametrize("line", ["  A  ", "\tA\t", "\u00a0A\u2003", ' "A" ', '" A "', ' "A" , x', '"A"\t,x'])
def test_white_space_around_a_code_is_removed(line: str) -> None:
    assert codes(f"{line}\nB".encode()) == ["A", "B"]


def test_white_space_inside_a_code_stays() -> None:
    assert codes(b"A  B\n") == ["A  B"]


@pytest.mark.parametrize("blank", [b"", b"   ", b"\t", b",x", b"  ,x", b'""', b'"  ",x', b",", b'"\n"'])
def test_blank_lines_and_blank_first_columns_are_blank_rows(blank: bytes) -> None:
    rows = read(b"A\n" + blank + b"\nB\n")

    assert [row.code for row in rows] == ["A", "", "B"]
    assert not any(row.reason for row in rows)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('"A,B"', "A,B"),
        ('"A ""VIP"" B"', 'A "VIP" B'),
        ('""""', '"'),
        ('"A",x "y" z', "A"),
        ('A"B', 'A"B'),
        ('A "B",x', 'A "B"'),
        ("É😀ß,x", "É😀ß"),
        ("A;B", "A;B"),
        ("=1+1", "=1+1"),
    ],
)
def test_quotes_and_unusual_characters(line: str, code: str) -> None:
    assert read(f"{line}\nlast".encode()) == [Row(1, code), Row(2, "last")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,23E+15", Reason.SPREADSHEET_NUMBER),
        ("-1,5e-03", Reason.SPREADSHEET_NUMBER),
        ("1,23457E+12,nyc", Reason.SPREADSHEET_NUMBER),
        (" 1,23457E+12 ,", Reason.SPREADSHEET_NUMBER),
        ('1,23457E+12,"nyc, NY"', Reason.SPREADSHEET_NUMBER),
        ('1,23457E+12,"two\nlines"', Reason.SPREADSHEET_NUMBER),
        ("2,000 rows", Reason.FOOTER),
        ("(1,234,567 rows affected)", Reason.FOOTER),
        ("12,500 codes,,", Reason.FOOTER),
    ],
)
def test_a_number_with_commas_is_not_cut_into_a_code(line: str, reason: Reason) -> None:
    rows = read(f"A1\n{line}\nB1\n".encode())

    assert [(row.code, row.reason) for row in rows] == [("A1", None), ("", reason), ("B1", None)]


@pytest.mark.parametrize("line", ["1,23457E+12", "2,000 rows"])
def test_a_number_with_commas_that_is_accepted_stays_whole(line: str) -> None:
    accept = frozenset({Reason.SPREADSHEET_NUMBER, Reason.FOOTER})

    assert read(f"A1\n{line}\n".encode(), accept=accept) == [Row(1, "A1"), Row(2, line)]


def test_a_number_with_commas_is_seen_in_any_column() -> None:
    content = b'id,code\n7,1,23E+15\n8,AB\n"9",CD\n'

    rows = read(content, column=2)

    assert [(row.code, row.reason) for row in rows[1:]] == [
        ("", Reason.SPREADSHEET_NUMBER),
        ("AB", None),
        ("CD", None),
    ]


@pytest.mark.parametrize(
    "line", ["12,345", "1,5", "A1,23E+15", "1234,2E+15", "1,2E+1x", "1,23E+15 codes", "2,00 rows", "2,000 rows,x"]
)
def test_other_text_behind_a_comma_is_another_column(line: str) -> None:
    assert codes(f"A1\n{line}\n".encode()) == ["A1", line.partition(",")[0]]


@pytest.mark.parametrize("separator", [";", "|", "\t"])
def test_prices_with_a_decimal_comma_do_not_make_the_comma_a_separator(separator: str) -> None:
    lines = ["A1;12,50", "A2;9,00", "A3;1,00;", "A4;5"]
    content = "\n".join(lines).replace(";", separator).encode()

    assert codes(content) == ["A1", "A2", "A3", "A4"]
    assert [row.code for row in read(b"code;price\n" + b"A1;12,50\n" * 3)] == ["", "A1", "A1", "A1"]


def test_other_columns_may_span_lines_and_lines_are_counted_as_an_editor_does() -> None:
    content = b'A,"one\ntwo, ""2""\r\nthree"\nB\n'

    assert read(content) == [Row(1, "A"), Row(4, "B")]


def test_a_code_cannot_span_lines() -> None:
    assert read(b'"A\nB"\nC') == [Row(1, reason=NOT_PRINTABLE, detail=first_unprintable("\n")), Row(3, "C")]


@pytest.mark.parametrize("open_quote", ['"A', 'A,"x', '"', '"A""'])
def test_an_unclosed_quote_makes_only_its_own_line_bad(open_quote: str) -> None:
    rows = read(f"first\n{open_quote}\nB\nC,x\nD\n".encode())

    assert rows == [Row(1, "first"), Row(2, reason=BAD_QUOTES), Row(3, "B"), Row(4, "C"), Row(5, "D")]


def test_an_unclosed_quote_in_a_long_file_makes_only_its_own_line_bad() -> None:
    after = [f"C-{number}" for number in range(5_000)]
    content = "\n".join(['"A', *after]).encode()

    rows = read(*in_slices(content, 1_000))

    assert rows[0] == Row(1, reason=BAD_QUOTES)
    assert rows[1:] == [Row(line, code) for line, code in enumerate(after, start=2)]


@pytest.mark.parametrize("garbage", ['"A"B', '"A" B', '"A"B"', 'x,"A"B', '"A""B"C'])
def test_text_behind_a_closing_quote_makes_only_its_own_line_bad(garbage: str) -> None:
    assert read(f"{garbage}\nB\n".encode()) == [Row(1, reason=BAD_QUOTES), Row(2, "B")]


def test_several_bad_quotes_are_each_a_problem() -> None:
    rows = read(b'"A\n"B\nC\n"D\n')

    assert rows == [
        Row(1, reason=BAD_QUOTES),
        Row(2, reason=BAD_QUOTES),
        Row(3, "C"),
        Row(4, reason=BAD_QUOTES),
    ]


def test_the_longest_code_and_one_longer() -> None:
    longest = "é" * MAX_CODE_LENGTH

    assert read(f"  {longest}  \n{longest}x\n".encode()) == [Row(1, longest), Row(2, reason=TOO_LONG)]


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\u200b", "\u202e", "\u2028", "\x85"])
def test_a_character_that_cannot_be_printed_is_a_problem(character: str) -> None:
    rows = read(f"A{character}B\nC\n".encode())

    assert rows == [Row(1, reason=NOT_PRINTABLE, detail=first_unprintable(character)), Row(2, "C")]


@pytest.mark.parametrize("size", [100, 65_536, 262_144, 10_000_000])
@pytest.mark.parametrize("kind", ["plain", "second column", "quoted", "quote not closed", "umlauts"])
def test_a_line_of_a_megabyte_is_one_problem_in_chunks_of_any_size(kind: str, size: int) -> None:
    line = {
        "plain": "x" * 1_000_000,
        "second column": "B," + "x" * 1_000_000,
        "quoted": '"' + "x" * 1_000_000 + '"',
        "quote not closed": '"' + "x" * 1_000_000,
        "umlauts": "ü" * 500_000,
    }[kind]

    rows = read(*in_slices(f"A\n{line}\nC\n".encode(), size))

    assert rows == [Row(1, "A"), Row(2, reason=TOO_LONG), Row(3, "C")]


@pytest.mark.parametrize("size", [100, 65_536, 10_000_000])
def test_a_megabyte_without_a_line_end_is_one_problem(size: int) -> None:
    assert read(*in_slices(b"A\n" + b"x" * 1_000_000, size)) == [Row(1, "A"), Row(2, reason=TOO_LONG)]


@pytest.mark.parametrize("size", [100, 65_536, 10_000_000])
def test_a_line_too_long_inside_open_quotes_ends_them(size: int) -> None:
    """The reader does not keep such a line in memory to find the closing quote."""
    content = b'A,"open\nB\n' + b"x" * 1_000_000 + b'"\nC\n'

    assert read(*in_slices(content, size)) == [
        Row(1, reason=BAD_QUOTES),
        Row(2, "B"),
        Row(3, reason=TOO_LONG),
        Row(4, "C"),
    ]


def test_the_longest_record_is_read() -> None:
    padding = "x" * (MAX_RECORD_LENGTH - 2)

    assert read(f"A,{padding}\nB".encode()) == [Row(1, "A"), Row(2, "B")]
    assert read(f"A,{padding}x\nB".encode()) == [Row(1, reason=TOO_LONG), Row(2, "B")]


@pytest.mark.parametrize("size", [1, 3, 7, 64, 10_000])
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"A\xe9B", b"\xc0\xaf"])
def test_a_file_that_is_not_utf_8_is_refused_with_the_line(bad: bytes, size: int) -> None:
    content = b'A\r\n"B\nB",x\n\n' + bad + b"\nC\n"

    with pytest.raises(FileUnreadable) as refused:
        read(*in_slices(content, size))

    assert refused.value.context == {"line": 5}


def test_a_file_that_ends_inside_a_character_is_refused() -> None:
    with pytest.raises(FileUnreadable) as refused:
        read(b"A\nB\nC\xc3")

    assert refused.value.context == {"line": 3}


@pytest.mark.parametrize(
    "line",
    [" " * 60_000 + ",", "1,000 rows" + " " * 60_000 + "!", "1,2e+3" + " " * 60_000 + "!", "1,000" * 12_000],
)
def test_a_line_with_a_number_that_commas_might_cut_is_read_in_linear_time(line: str) -> None:
    """A pattern that tries each way to part the blanks would take a minute for each line."""
    rows = read(*in_slices(f"{line}\n".encode() * 20, 65_536))

    assert len(rows) == 20


@pytest.mark.parametrize("size", [100, 65_536, 10_000_000])
def test_invalid_utf_8_is_found_in_a_line_that_is_too_long(size: int) -> None:
    content = b"A\n" + b"x" * 500_000 + b"\xff" + b"x" * 500_000 + b"\nC\n"

    with pytest.raises(FileUnreadable) as refused:
        read(*in_slices(content, size))

    assert refused.value.context == {"line": 2}


@pytest.mark.parametrize("line", ['"A', 'x,"a', '"a""', '","z', 'a","b', '""\n"', '"""', '","', '"x\n\n\n'])
def test_a_file_with_an_unclosed_quote_in_each_line_is_read_in_linear_time(line: str) -> None:
    """400 KiB. A reader that looks ahead from each quote would read them again tens of thousands of times."""
    content = f"{line}\n" * (400 * 1_024 // (len(line) + 1))

    rows = read(*in_slices(content.encode(), 65_536))

    assert len(rows) > len(content) // 200
    assert [row.line for row in rows] == sorted({row.line for row in rows})
