"""Announced draws, for tests."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from domain.model.draws.beacons import QUICKNET, DrandRound
from domain.model.draws.chunks import ListChunk, list_chunks
from domain.model.draws.draw import Draw
from domain.model.draws.entrants import Exclusion
from domain.model.draws.lines import list_digest
from domain.model.draws.manifest import Manifest
from domain.model.draws.merkle import merkle_root
from domain.model.draws.rules import DrawRules, ScoreWeight
from domain.model.ids import CampaignId, DrawId
from domain.model.registrations.entry import FraudStatus
from domain.model.registrations.markets import MarketId

NOON: Final = datetime(2026, 11, 25, 12, 0, 0, 123_000, tzinfo=UTC)
TOUR: Final = CampaignId("tour")
RULES: Final = DrawRules(
    places={MarketId("nyc"): 3, MarketId("são.paulo$"): 1},
    tiers=(90.5, 70),
    weights=(ScoreWeight(min_score=90, weight=4),),
    min_score=12.25,
    exclude=(FraudStatus.FLAGGED,),
    group_by="household",
)
SEED: Final = hashlib.sha256(b"a seed").hexdigest()


def a_manifest(number: int = 1, **changes: Any) -> Manifest:
    facts: dict[str, Any] = {
        "campaign_id": TOUR,
        "number": number,
        "announced_at": NOON,
        "rules": RULES,
        "beacon": DrandRound(chain=QUICKNET.hash, round=40_000_000),
        "seed": SEED,
        "entrants": 0,
        "excluded": {Exclusion.FRAUD: 2},
        "list_digest": list_digest([]),
        "merkle_root": merkle_root([]).hex(),
    }
    return Manifest(**facts | changes)


def a_draw(id: str = "draw-1", number: int = 1, **changes: Any) -> Draw:
    return Draw(id=DrawId(id), manifest=a_manifest(number, **changes))


def numbered(id: str, **changes: Any) -> Callable[[int], Draw]:
    """The draw that gets whatever number is next."""
    return lambda number: a_draw(id, number, **changes)


async def the_chunks(lines: Iterable[bytes]) -> AsyncIterator[ListChunk]:
    for chunk in list_chunks(lines):
        yield chunk
