"""The names that may appear in mails."""

import pytest

from domain.model.errors import InvalidValue
from domain.model.registrations.names import check_name, presentable


@pytest.mark.parametrize("name", ["Ann", "O'Neil-Søren", "李小龍", "Dr. A: B / C", "x" * 100, None])
def test_names_are_accepted(name: str | None) -> None:
    check_name("firstName", name)
    assert presentable(name) == name


@pytest.mark.parametrize("name", ["Hi http://bad.example", "a://", "x" * 101, "a\nb", "\x00", "a\x85", "a\u2028b"])
def test_web_addresses_control_characters_and_long_texts_are_refused(name: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_name("firstName", name)
    assert refused.value.field == "firstName"
    assert presentable(name) is None
