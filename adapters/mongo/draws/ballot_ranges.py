"""Ranges of ballots, so that several pages of a campaign can be asked for side by side.

A page that begins where the one before ends can only be asked for when that one has come: MongoDB and this process
would take turns.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

MOST: Final = 16_384
"""Ranges of one campaign. Each costs a question, also where ballots are not spread evenly and it is empty."""
_DIGITS: Final = 32


class BallotRange(NamedTuple):
    """From ``begin`` on, and below ``end``. None: to the last one."""

    begin: str
    end: str | None


def ranges_behind(first: str, last: str, greatest: str) -> Iterator[BallotRange]:
    """The ranges from ``last`` on, in order.

    ``first`` and ``last`` are of a full page, ``greatest`` is of the campaign.

    Ballots are random. So a range that is three quarters as wide as that page almost always fits into a page, too.
    """
    at, until = int(last, 16), int(greatest, 16)
    width = max(1, (at - int(first, 16)) * 3 // 4, (until - at) // MOST + 1)
    begins = range(at, until + 1, width)
    for begin in begins[:-1]:
        yield BallotRange(_written(begin), _written(begin + width))
    yield BallotRange(_written(begins[-1]) if begins else last, None)


def _written(ballot: int) -> str:
    return f"{ballot:0{_DIGITS}x}"
