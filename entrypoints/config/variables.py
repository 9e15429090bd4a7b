"""The names of variables. An unknown name is a typing error: the message shows the nearest known name."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Final

PREFIX: Final = "FANGATE_"
FOR_TESTS: Final = f"{PREFIX}TEST_"
_LONGEST: Final = 64
"""Longer names are cut: they come from outside."""


def unknown_variables(given: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """A line for each unknown variable with the prefix of Fangate. Upper and lower case are the same."""
    for name in sorted({one.upper() for one in given}):
        if name.startswith(PREFIX) and name not in known and not name.startswith(FOR_TESTS):
            yield f"{name[:_LONGEST]}: no such variable{_nearest(name, known)}"


def _nearest(name: str, known: Collection[str]) -> str:
    settings = [one.removeprefix(PREFIX) for one in known if one.startswith(PREFIX)]
    near = get_close_matches(name.removeprefix(PREFIX)[:_LONGEST], settings, n=1, cutoff=0.5)
    return f"; did you mean {PREFIX}{near[0]}?" if near else ""
