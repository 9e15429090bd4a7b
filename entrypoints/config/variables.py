"""The names of variables: one that is not known is a typing error, and is told with the nearest that is."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Final

PREFIX: Final = "FANGATE_"
FOR_TESTS: Final = f"{PREFIX}TEST_"
_LONGEST: Final = 64
"""Of what is compared and shown: a name comes from outside."""


def unknown_variables(given: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """A line for each variable with our prefix that is not known. Case does not matter, as when they are read."""
    for name in sorted({one.upper() for one in given}):
        if name.startswith(PREFIX) and name not in known and not name.startswith(FOR_TESTS):
            yield f"{name[:_LONGEST]}: no such variable{_nearest(name, known)}"


def _nearest(name: str, known: Collection[str]) -> str:
    settings = [one.removeprefix(PREFIX) for one in known if one.startswith(PREFIX)]
    near = get_close_matches(name.removeprefix(PREFIX)[:_LONGEST], settings, n=1, cutoff=0.5)
    return f"; did you mean {PREFIX}{near[0]}?" if near else ""
