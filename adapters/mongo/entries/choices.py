"""An entry's markets as one text, in the fan's order: ``nyc,bos``. So one index key has all of them.

MongoDB keeps a key for each element of a list. So no index has a whole list.
"""

from collections.abc import Sequence
from typing import Final

from pymongo import UpdateOne

from adapters.mongo.driver import Raw
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.markets import MarketId, Preferences

CHOICE: Final = "choice"
SEPARATOR: Final = ","
_ESCAPES: Final = (("%", "%25"), (SEPARATOR, "%2C"))
"""Markets may have any names."""
_LIVE: Final = [status.value for status in EntryStatus]


def choice_of(markets: Sequence[str]) -> str:
    return SEPARATOR.join(map(_spelled, markets))


def markets_in(choice: str) -> Preferences:
    return tuple(MarketId(_read(one)) for one in choice.split(SEPARATOR)) if choice else ()


def _spelled(market: str) -> str:
    for character, escape in _ESCAPES:
        market = market.replace(character, escape)
    return market


def _read(spelled: str) -> str:
    for character, escape in reversed(_ESCAPES):
        spelled = spelled.replace(escape, character)
    return spelled


def with_choice(document: Raw) -> UpdateOne | None:
    """The write that corrects the choice of a stored entry; None where it is right, or the entry was withdrawn.

    It finds the document only if the markets are still the same: a change made meanwhile writes the choice.
    """
    wanted = choice_of(document["markets"])
    if document["status"] not in _LIVE or document.get(CHOICE) == wanted:
        return None
    as_read = {name: document[name] for name in ("campaignId", "_id", "markets")}
    return UpdateOne(as_read, {"$set": {CHOICE: wanted}})
