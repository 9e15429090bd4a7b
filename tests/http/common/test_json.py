"""What counts as JSON: what Python's own reader takes, without its extensions."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrypoints.http.request.decoding import check_json
from entrypoints.http.response.problems import Problem

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
TOKENS = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "\\u",
    "\\ud800",
    "\\uDC00",
    "\\\\ud8",
    "u",
    "d8",
    "00",
    "1",
    "0",
]
TOKENS += [
    "-",
    ".",
    "e",
    "E",
    "+",
    "true",
    "null",
    "NaN",
    "Infinity",
    " ",
    "\t",
    "\n",
    "\x00",
    "\x7f",
    "é",
    "🎫",
    "/",
]
PIECES = st.lists(st.sampled_from(TOKENS), max_size=8).map("".join)


def refuse(constant: str) -> None:
    raise ValueError(constant)


def is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


@given(
    VALUES.map(json.dumps) | PIECES | PIECES.map(lambda text: f'["{text}"]') | PIECES.map(lambda text: f"[{text}]")
)
@example('"\\ud800"')
@example('"\\uDFFF\\ud800"')
@example('"\\ud8"')
@example('"\\udzzz"')
@example('"\\\\ud800"')
@example("\ufeff1")
def test_json_is_what_other_readers_take_for_it(text: str) -> None:
    if is_json(text):
        check_json(text.encode())
    else:
        with pytest.raises(Problem):
            check_json(text.encode())


@pytest.mark.parametrize("raw", [b'"\xff"', b'"\xed\xa0\x80"', b"\xfe\xff", b"", b"[" * 100_000])
def test_what_is_no_text_is_no_json(raw: bytes) -> None:
    with pytest.raises(Problem):
        check_json(raw)
