"""Properties of every file: chunks do not matter, and codes from a CSV writer are read back."""

import csv
import io
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.model.codes.code import MAX_CODE_LENGTH
from domain.model.codes.errors import FileAmbiguous, FileUnreadable
from domain.model.codes.files.cells import ACCEPTABLE
from domain.model.codes.files.layout import DETECT, FileOptions
from domain.model.codes.files.reader import CodeFileReader
from domain.model.codes.files.rows import Row

PIECES = st.sampled_from(
    ['"', '""', ",", "\n", "\r\n", "\r", " ", "\t", "A", "é", "😀", "\ufeff", "\0", 'A,"x', "x" * 129]
)
"""Characters that are special in CSV, more often than random text has them."""
TEXTS = st.lists(PIECES, max_size=40).map("".join).map(str.encode)
FILES = TEXTS | st.builds(bytes.__add__, TEXTS, st.binary(max_size=4))

CODES = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.sampled_from('", '), min_size=1, max_size=MAX_CODE_LENGTH
).filter(lambda text: text == text.strip() and text.isprintable())
CELLS = st.lists(st.sampled_from(["a", "é", '"', ",", ";", "\n", "\r\n", " "]), max_size=6).map("".join)
OTHER_COLUMNS = st.lists(CELLS, max_size=3)


AS_TOLD = FileOptions(separator=",", header=False, accept=ACCEPTABLE)


def outcome(chunks: list[bytes], options: FileOptions = DETECT) -> list[Row] | int | str:
    """The rows, the first line that is not text, or the reason why the file is refused."""
    reader = CodeFileReader(options)
    try:
        rows = [row for chunk in chunks for row in reader.feed(chunk)]
        return [*rows, *reader.close()]
    except FileUnreadable as error:
        return int(error.context["line"])
    except FileAmbiguous as error:
        return error.detail


@settings(derandomize=True, deadline=None, max_examples=500)
@given(content=FILES, cuts=st.lists(st.integers(0, 200), max_size=8))
@example(content=b"\xef\xbb\xbfA\r\n", cuts=[1, 2, 5])
@example(content=b'A,"one\r\ntwo"\r\nB', cuts=[8, 9, 10])
def test_the_rows_do_not_depend_on_the_chunks(content: bytes, cuts: list[int]) -> None:
    bounds = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
    chunks = [content[start:end] for start, end in pairwise(bounds)]

    assert outcome(chunks) == outcome([content])


@settings(derandomize=True, deadline=None, max_examples=300)
@given(content=FILES)
def test_a_file_read_byte_by_byte_has_the_same_rows(content: bytes) -> None:
    assert outcome([bytes([byte]) for byte in content]) == outcome([content])


@settings(derandomize=True, deadline=None, max_examples=300)
@given(content=FILES)
def test_the_rows_come_in_the_order_of_their_lines_each_line_once(content: bytes) -> None:
    rows = outcome([content])

    if isinstance(rows, list):
        lines = [row.line for row in rows]
        assert lines == sorted(set(lines))
        assert not any(row.code and row.reason for row in rows)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(
    rows=st.lists(st.tuples(CODES, OTHER_COLUMNS), max_size=12),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_codes_written_by_a_csv_writer_are_read_back(
    rows: list[tuple[str, list[str]]], line_end: str, quoting: int, mark: str
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]  # its stub lists literals
    rows = [("FIRST-1", []), *rows]  # Otherwise the file might look like JSON or HTML.
    writer.writerows([code, *others] for code, others in rows)

    read = outcome([(mark + file.getvalue()).encode()], AS_TOLD)

    assert isinstance(read, list)
    assert [(row.code, row.reason) for row in read] == [(code, None) for code, _ in rows]
