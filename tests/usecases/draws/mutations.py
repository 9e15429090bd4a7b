"""Changes of a JSON value, one at a time: each part of it is changed, renamed, left out or doubled."""

from collections.abc import Iterator
from typing import Any


def mutations(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The path of the change, and the whole value with it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            for inner_path, other in mutations(inner, f"{path}/{name}"):
                yield inner_path, {**value, name: other}
            yield f"{path}/{name} renamed", {f"{one}x" if one == name else one: value[one] for one in value}
            yield f"{path}/{name} left out", {one: value[one] for one in value if one != name}
        yield f"{path} with another member", {**value, "added": 1}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for inner_path, other in mutations(inner, f"{path}/{at}"):
                yield inner_path, [*value[:at], other, *value[at + 1 :]]
            yield f"{path}/{at} left out", [*value[:at], *value[at + 1 :]]
            yield f"{path}/{at} doubled", [*value[:at], inner, *value[at:]]
        yield f"{path} with another element", [*value, 1]
    yield from ((f"{path} -> {other!r}", other) for other in _others(value))


def _others(value: Any) -> Iterator[Any]:
    """Values that a reader takes for others."""
    if isinstance(value, bool) or value is None:
        yield from (1, "", "00")
    elif isinstance(value, int):
        yield from (value + 1, float(value), None, str(value), *([True] if value == 1 else []))
    elif isinstance(value, str):
        yield from (f"{value[:-1]}{'1' if value[-1:] != '1' else '2'}", f"{value} ", None)
        if value.upper() != value:
            yield value.upper()
    else:
        yield None
