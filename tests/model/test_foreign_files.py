"""Files that are not a list are recognised by their first bytes."""

import bz2

import pytest

from domain.model.codes.errors import FileUnreadable
from domain.model.codes.files.reader import CodeFileReader
from domain.model.codes.files.rows import Row


def read(content: bytes) -> list[Row]:
    reader = CodeFileReader()
    return [*reader.feed(content), *reader.close()]


@pytest.mark.parametrize("first", ["GIF8-2231", "GIF80000", "PAR1X", "PAR1", "BZh9K2", "BZhX", "Rar!99", "Rar!"])
def test_a_list_of_codes_may_begin_like_another_format(first: str) -> None:
    """Formats are recognised only by bytes that no list of codes begins with."""
    assert [row.code for row in read(f"{first}\nB2\n".encode())] == [first, "B2"]


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"GIF87a\x01\x00", "a picture"),
        (b"GIF89a\x01\x00", "a picture"),
        (b"PAR1\x15\x04\x15\x80", "a Parquet file"),
        (b"Rar!\x1a\x07\x00", "a rar archive"),
        (b"Rar!\x1a\x07\x01\x00", "a rar archive"),
        *((bz2.compress(b"A\nB\n", level), "a bzip2 archive") for level in (1, 5, 9)),
    ],
)
def test_files_of_these_formats_are_recognised(head: bytes, what: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read(head)
    assert refused.value.what == what


@pytest.mark.parametrize(
    "table",
    [
        " code \n------\n A-1\n A-2\n(2 rows)\n",  # psql
        " pin  \n------\n1234\n",
        " id | code \n----+------\n  1 | A-1\n",
        "+------+\n| code |\n+------+\n| A-1  |\n",  # mysql
        "code,uses\r\n----,----\r\nA-1,1\r\n",  # sqlcmd with a separator
        "code;uses\n----;--\nA-1;1\n",
        "| code |\n|---|\n| A-1 |\n",
        "====\ncode\n====\nA-1\n",
    ],
)
def test_a_table_that_a_program_printed_is_recognised_by_the_line_under_its_names(table: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read(table.encode())
    assert refused.value.what == "a table as a program prints it for people"


@pytest.mark.parametrize("row", ["---", "-", "-,-,-,-", "A----", "----A", "--,--"])
def test_a_row_with_dashes_is_no_line_of_a_table(row: str) -> None:
    assert "B2" in [one.code for one in read(f"A-1\n{row}\nB2\n".encode())]
