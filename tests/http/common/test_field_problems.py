"""What a field must be is told in plain words, and never quotes what the caller sent."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from entrypoints.http.request.field_problems import field_problem


class Asked(Struct, forbid_unknown_fields=True):
    score: Annotated[float, Meta(ge=0, le=100)] | None = None
    share: Annotated[float, Meta(ge=0.25)] = 1
    count: Annotated[int, Meta(ge=1, lt=1_000_000)] = 1
    column: int | str = 1
    name: str = ""
    markets: list[str] | None = None
    attributes: dict[str, str] | None = None
    since: datetime | None = None
    all: bool = False


@pytest.mark.parametrize(
    ("given", "pointer", "detail"),
    [
        ({"score": 100.5}, "/score", "must be at most 100"),
        ({"score": -1}, "/score", "must be at least 0"),
        ({"score": "high"}, "/score", "must be a number, not text"),
        ({"share": 0.1}, "/share", "must be at least 0.25"),
        ({"count": 0}, "/count", "must be at least 1"),
        ({"count": 1_000_000}, "/count", "must be at most 999999"),
        ({"count": 1.5}, "/count", "must be a whole number, not a number"),
        ({"column": []}, "/column", "must be a whole number or text, not a list"),
        ({"name": None}, "/name", "must be text, not null"),
        ({"markets": "nyc"}, "/markets", "must be a list, not text"),
        ({"markets": ["nyc", 7]}, "/markets/1", "must be text, not a whole number"),
        ({"attributes": []}, "/attributes", "must be an object, not a list"),
        ({"since": 7}, "/since", "must be a time, not a whole number"),
        ({"all": "perhaps"}, "/all", "must be true or false"),
        ([], "", "must be an object, not a list"),
    ],
)
def test_it_is_told_in_plain_words(given: Any, pointer: str, detail: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(given, Asked)
    problem = field_problem(refused.value, Asked)
    assert (problem.pointer, problem.detail) == (pointer, detail)


def test_a_number_that_no_computer_holds_is_told_too() -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(b'{"share": 1e999}', type=Asked)
    assert field_problem(refused.value, Asked).detail == "is too large a number"


class Chosen(Struct):
    size: Literal["S", "M"] = "S"
    sizes: list[Literal["S", "M"]] = []
    pair: tuple[Literal["S", "M"], ...] = ()
    unique: frozenset[Literal["S", "M"]] = frozenset()
    named: dict[str, Literal["S", "M"]] = {}
    several: tuple[Annotated[Literal["S", "M"] | None, Meta()], ...] | None = None


@pytest.mark.parametrize(
    "given",
    [
        {"size": "L"},
        {"sizes": ["L"]},
        {"pair": ["L"]},
        {"unique": ["L"]},
        {"named": {"a": "L"}},
        {"several": ["L"]},
    ],
    ids=str,
)
def test_the_values_to_choose_from_are_listed_in_any_kind_of_field(given: Any) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(given, Chosen)
    assert field_problem(refused.value, Chosen).detail == "must be one of: M, S"
