"""The values that a type allows at one path."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from msgspec import inspect


def values_at(type: Any, steps: Sequence[str]) -> list[str]:
    """The values of the enumeration at the end of ``steps``: names of fields, any text for an item."""
    found = [_type_info(type)]
    for step in steps:
        found = [inner for one in found for inner in _inside(one, step)]
    return [value for one in found for value in _values(one)]


@cache
def _type_info(type: Any) -> inspect.Type:
    return inspect.type_info(type)


def _inside(info: inspect.Type, step: str) -> Iterator[inspect.Type]:
    match info:
        case inspect.Metadata():
            yield from _inside(info.type, step)
        case inspect.UnionType():
            for one in info.types:
                yield from _inside(one, step)
        case inspect.StructType():
            yield from (field.type for field in info.fields if field.encode_name == step)
        case inspect.CollectionType():
            yield info.item_type
        case inspect.DictType():
            yield info.value_type


def _values(info: inspect.Type) -> Iterator[str]:
    match info:
        case inspect.Metadata():
            yield from _values(info.type)
        case inspect.UnionType():
            for one in info.types:
                yield from _values(one)
        case inspect.EnumType():
            yield from (str(one.value) for one in info.cls)
        case inspect.LiteralType():
            yield from (str(one) for one in info.values)
