"""The patterns of identifiers."""

import pytest

from domain.model.ids import is_campaign_id, is_user_id, new_import_id, new_reserve_id


@pytest.mark.parametrize("text", ["a", "tour-2026_B", "x" * 64])
def test_campaign_ids(text: str) -> None:
    assert is_campaign_id(text)


@pytest.mark.parametrize("text", ["", "x" * 65, "a/b", "..", "a b", "tour\n", "\ntour", "ü", "a$b", "a\0"])
def test_invalid_campaign_ids(text: str) -> None:
    assert not is_campaign_id(text)


@pytest.mark.parametrize(
    "text",
    ["a", "auth0|ann.b:c@d-e_f", "x" * 128, "🎫" * 128, "a/b", "a b", "a+/=b", "é", "$ne", "..", "%2F", " "],
)
def test_user_ids(text: str) -> None:
    assert is_user_id(text)


@pytest.mark.parametrize(
    "text",
    ["", "x" * 129, "ann\n", "\nann", "a\0b", "a\x7f", "a\u200bb", "\u202ea", chr(0xD800), "\ufffd", "a\u2028"],
)
def test_invalid_user_ids(text: str) -> None:
    assert not is_user_id(text)


def test_reserve_ids_are_long_and_unique() -> None:
    ids = {new_reserve_id() for _ in range(1_000)}

    assert len(ids) == 1_000
    assert all(is_user_id(id) and len(id) >= 32 for id in ids)


def test_import_ids_are_unique() -> None:
    assert len({new_import_id() for _ in range(1_000)}) == 1_000
