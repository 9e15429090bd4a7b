"""Between the model's draws and the stored ones.

``DrawDocument`` declares the fields. Here is only what is not stored as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.mongo.draws.documents import DrawDocument, StoredFilling, StoredGiving, StoredResult
from adapters.mongo.driver import Raw
from adapters.mongo.field_map import Conversion, FieldMap
from adapters.mongo.keys import key
from domain.model.codes.code import CodeType
from domain.model.draws.allocation import Cutoff, Cutoffs
from domain.model.draws.draw import Draw, DrawResult, DrawStatus, Filling, Giving, Offer
from domain.model.draws.manifest_reading import read_manifest
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId


def _to_pairs(counts: Mapping[MarketId, int]) -> list[list[Any]]:
    return [[market, count] for market, count in counts.items()]


def _from_cutoffs(cutoffs: Cutoffs) -> list[Raw]:
    return [
        {"market": market, "tier": cutoff.tier if cutoff else None, "key": cutoff.key if cutoff else None}
        for market, cutoff in cutoffs.items()
    ]


def _to_cutoffs(stored: list[Raw]) -> Cutoffs:
    return {
        MarketId(one["market"]): None if one["key"] is None else Cutoff(one["tier"], one["key"]) for one in stored
    }


def _from_offers(offers: Sequence[Offer]) -> list[list[str]]:
    return [[offer.ballot_id, offer.market] for offer in offers]


def _to_offers(stored: list[list[str]]) -> tuple[Offer, ...]:
    return tuple(Offer(BallotId(ballot_id), MarketId(market)) for ballot_id, market in stored)


_COUNTS: Final = Conversion(_to_pairs, dict)
_DRAW: Final = FieldMap(
    Draw,
    DrawDocument,
    renamed={"id": "draw_id"},
    conversions={
        "status": Conversion(str, DrawStatus),
        "withheld": _COUNTS,
        "offers": Conversion(_from_offers, _to_offers),
    },
    apart={"manifest", "result", "fillings", "giving"},
)
_RESULT: Final = FieldMap(
    DrawResult,
    StoredResult,
    conversions={"placed": _COUNTS, "cutoffs": Conversion(_from_cutoffs, _to_cutoffs)},
)
_FILLING: Final = FieldMap(Filling, StoredFilling, conversions={"places": _COUNTS, "offered": _COUNTS})

_GIVING: Final = FieldMap(
    Giving, StoredGiving, conversions={"type": Conversion(str, CodeType), "ballots": Conversion(list, tuple)}
)


def new_draw(draw: Draw) -> Raw:
    return {
        "_id": key(draw.campaign_id, draw.id),
        "campaignId": draw.campaign_id,
        "number": draw.number,
        "manifest": draw.manifest.encode().decode(),
    } | changing_fields(draw)


def changing_fields(draw: Draw) -> Raw:
    """All but the manifest and what is in it: that never changes."""
    stored = _DRAW.write(draw)
    stored["result"] = _RESULT.write(draw.result) if draw.result else None
    stored["fillings"] = [_FILLING.write(filling) for filling in draw.fillings]
    stored["giving"] = _GIVING.write(draw.giving) if draw.giving else None
    stored["unfinished"] = draw.unfinished
    return stored


def to_draw(stored: Raw) -> Draw:
    return _DRAW.read(
        stored,
        manifest=read_manifest(stored["manifest"].encode()),
        result=_RESULT.read(stored["result"]) if stored["result"] else None,
        fillings=tuple(_FILLING.read(filling) for filling in stored["fillings"]),
        giving=_GIVING.read(giving) if (giving := stored.get("giving")) else None,
    )
