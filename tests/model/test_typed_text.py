# ruff: noqa: RUF001 (the look-alikes are what is tested)
"""Text as people type and paste it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.registrations.typed_text import TYPED_LIMIT, typed_text

PASTED = st.text(
    st.one_of(
        st.characters(categories=("Nd", "Pd", "Zs", "Cf", "Cc", "Mn", "Zl", "Zp", "So")),
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("\ufeff\u202d\u2066\u200b\u00ad\u2212\u2800\u3164\ufe0f\u20e3\uff11\u0661-+ a\u0301"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("pasted", "read"),
    [
        ("\ufeff123456\n", "123456"),
        ("123\u00a0456", "123 456"),
        ("123\t456", "123 456"),
        ("123\u2013456", "123-456"),
        ("123\u2212456", "123-456"),
        ("\u202d123456\u202c", "123456"),
        ("12\u200b34\u00ad56", "123456"),
        ("１２３４５６", "123456"),
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("०१२३४५६७८९", "0123456789"),
        ("𝟏𝟐𝟑", "123"),
        ("1\ufe0f\u20e32\ufe0f\u20e3", "12"),
        ("Ｇ－123456", "G-123456"),
        ("  José  ", "José"),
        ("Jose\u0301", "José"),
        ("", ""),
    ],
)
def test_pasted_text_is_read_as_plain_text(pasted: str, read: str) -> None:
    assert typed_text(pasted) == read


@given(PASTED)
def test_reading_again_changes_nothing(text: str) -> None:
    read = typed_text(text)

    assert typed_text(read) == read
    assert unicodedata.normalize("NFKC", read) == read


@given(PASTED)
def test_only_plain_spaces_dashes_and_digits_are_left(text: str) -> None:
    for char in typed_text(text):
        category = unicodedata.category(char)
        assert category != "Cf"
        assert char == " " or not char.isspace()
        assert char == "-" or category != "Pd"
        assert char in "0123456789" or category != "Nd"


def test_text_that_is_too_long_is_refused() -> None:
    assert typed_text("\u0301\u0316" * (TYPED_LIMIT // 2))
    with pytest.raises(ValueError, match="2000 characters"):
        typed_text("1" * (TYPED_LIMIT + 1))
