"""Between the model's draws and the stored ones.

``DrawDocument`` declares the fields. Here is only what is not stored as it is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from adapters.mongo.draws.documents import DrawDocument, StoredFilling, StoredGiving, StoredResult
from adapters.mongo.driver import Raw
from adapters.mongo.field_map import PAIRS, Conversion, FieldMap, to_pairs
from adapters.mongo.keys import key
from domain.model.codes.code import CodeType
from domain.model.draws.allocation import Cutoff, Cutoffs, DrawResult
from domain.model.draws.codes import Giving
from domain.model.draws.draw import Draw, DrawStatus
from domain.model.draws.filling import Filling, Offer
from domain.model.draws.manifest_reading import read_manifest
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId


def _from_cutoffs(cutoffs: Cutoffs) -> list[Raw]:
    return [
        {"market": market, "tier": cutoff.tier if cutoff else None, "key": cutoff.key if cutoff else None}
        for market, cutoff in cutoffs.items()
    ]


def _to_cutoffs(stored: list[Raw]) -> Cutoffs:
    return {
        MarketId(one["market"]): None if one["key"] is None else Cutoff(one["tier"], one["key"]) for one in stored
    }


def _to_giving_codes(stored: list[list[Any]] | None) -> dict[CodeType, datetime]:
    """None: of a draw that an earlier release stored."""
    return {CodeType(type): since for type, since in stored or ()}


def _from_offers(offers: Sequence[Offer]) -> list[list[str]]:
    return [[offer.ballot_id, offer.market] for offer in offers]


def _to_offers(stored: list[list[str]]) -> tuple[Offer, ...]:
    return tuple(Offer(BallotId(ballot_id), MarketId(market)) for ballot_id, market in stored)


_DRAW: Final = FieldMap(
    Draw,
    DrawDocument,
    renamed={"id": "draw_id"},
    conversions={
        "status": Conversion(str, DrawStatus),
        "withheld": PAIRS,
        "giving_codes": Conversion(to_pairs, _to_giving_codes),
        "offers": Conversion(_from_offers, _to_offers),
    },
    apart={"manifest", "result", "fillings", "giving"},
)
_RESULT: Final = FieldMap(
    DrawResult,
    StoredResult,
    conversions={"placed": PAIRS, "cutoffs": Conversion(_from_cutoffs, _to_cutoffs)},
)
_FILLING: Final = FieldMap(Filling, StoredFilling, conversions={"places": PAIRS, "offered": PAIRS})

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
