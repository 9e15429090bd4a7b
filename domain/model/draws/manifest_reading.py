"""Reads a manifest from JSON, however its members are ordered and spaced."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NoReturn, TypeVar

from domain.model.draws.beacons import MAX_ROUND, Beacon, DrandRound, ManualBeacon
from domain.model.draws.entrants import Exclusion
from domain.model.draws.manifest import FORMAT, Manifest, canonical_json
from domain.model.draws.rules import MAX_PLACES, MAX_WEIGHT, DrawRules, ScoreWeight
from domain.model.ids import CampaignId
from domain.model.registrations.entry import FraudStatus
from domain.model.registrations.markets import MarketId

LONGEST_MANIFEST: Final = 1_048_576
"""Bytes."""
_HEX_DIGITS: Final = frozenset("0123456789abcdef")
_HEX_LENGTH: Final = 64
Kind = TypeVar("Kind", bound=StrEnum)


class MalformedManifest(ValueError):
    """The text is no manifest. The message names the member."""


def read_manifest(encoded: bytes) -> Manifest:
    """Raises MalformedManifest for a text that is no manifest of this format."""
    return manifest_of(read_json(encoded))


def read_json(encoded: bytes) -> object:
    """Any JSON text of bounded size, without repeated keys: of two members with one name, readers disagree which
    counts. Raises MalformedManifest."""
    if len(encoded) > LONGEST_MANIFEST:
        raise MalformedManifest(f"is longer than {LONGEST_MANIFEST} bytes")
    try:
        return json.loads(encoded.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except MalformedManifest:
        raise
    except (ValueError, RecursionError):
        raise MalformedManifest("is no JSON in UTF-8") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MalformedManifest("has a member twice")
    return members


def _no_number(text: str) -> NoReturn:
    raise MalformedManifest(f"holds {text}, which is no number of JSON")


def manifest_of(value: object) -> Manifest:
    """The manifest of decoded JSON. It encodes to the same canonical bytes. Raises MalformedManifest."""
    members = _Members(value, "the manifest")
    if members.text("format") != FORMAT:
        raise MalformedManifest(f"format must be {FORMAT}")
    manifest = Manifest(
        campaign_id=CampaignId(members.text("campaignId")),
        number=members.count("number"),
        announced_at=members.time("announcedAt"),
        rules=_rules(members),
        beacon=_beacon(members.members("beacon")),
        seed=members.hex("seed"),
        entrants=members.count("entrants"),
        excluded=_excluded(members.members("excluded")),
        list_digest=members.hex("listDigest"),
        merkle_root=members.hex("merkleRoot"),
    )
    _check_same(manifest.json(), members.values)
    return manifest


def _check_same(typed: Mapping[str, object], given: Mapping[str, object]) -> None:
    """A manifest that encodes to other bytes has another digest than the one that was announced.

    Compared are the bytes: 70.0 is equal to 70, and is written in another way.
    """
    for name in sorted(typed.keys() | given.keys()):
        if name not in typed:
            raise MalformedManifest(f"{name} is no member of a manifest")
        if name not in given or canonical_or_none(typed[name]) != canonical_or_none(given[name]):
            raise MalformedManifest(f"{name} is not in the form of the format")


def canonical_or_none(value: object) -> bytes | None:
    """None: it cannot be written."""
    try:
        return canonical_json(value)
    except (ValueError, RecursionError):
        return None


def _rules(members: "_Members") -> DrawRules:
    places = members.members("places")
    return DrawRules(
        places={MarketId(market): places.count(market, MAX_PLACES) for market in places.values},
        tiers=tuple(_number(score, "tiers") for score in members.items("tiers")),
        weights=tuple(_weight(_Members(one, "weights")) for one in members.items("weights")),
        min_score=None if members.get("minScore") is None else _number(members.get("minScore"), "minScore"),
        exclude=tuple(_named(FraudStatus, one, "exclude") for one in members.items("exclude")),
        group_by=None if members.get("groupBy") is None else members.text("groupBy"),
    )


def _weight(members: "_Members") -> ScoreWeight:
    return ScoreWeight(
        min_score=_number(members.get("minScore"), "weights"), weight=members.count("weight", MAX_WEIGHT)
    )


def _beacon(members: "_Members") -> Beacon:
    if members.text("kind") == "manual":
        return ManualBeacon()
    return DrandRound(chain=members.hex("chain"), round=members.count("round"))


def _excluded(members: "_Members") -> Mapping[Exclusion, int]:
    return {_named(Exclusion, reason, "excluded"): members.count(reason) for reason in members.values}


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MAX_ROUND:
        raise MalformedManifest(f"{name} must hold numbers")
    return value


def _named(kind: type[Kind], value: object, name: str) -> Kind:
    try:
        return kind(str(value))
    except ValueError:
        raise MalformedManifest(f"{name} names something unknown") from None


class _Members:
    """The members of a JSON object, by name."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise MalformedManifest(f"{name} must be an object")
        self.values: dict[str, object] = value

    def get(self, name: str) -> object:
        if name not in self.values:
            raise MalformedManifest(f"{name} is missing")
        return self.values[name]

    def text(self, name: str) -> str:
        value = self.get(name)
        if not isinstance(value, str) or any("\ud800" <= one <= "\udfff" for one in value):
            raise MalformedManifest(f"{name} must be text")
        return value

    def hex(self, name: str) -> str:
        value = self.text(name)
        if len(value) != _HEX_LENGTH or not _HEX_DIGITS.issuperset(value):
            raise MalformedManifest(f"{name} must be {_HEX_LENGTH} hex digits in lower case")
        return value

    def count(self, name: str, most: int = MAX_ROUND) -> int:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise MalformedManifest(f"{name} must be a whole number from 0 to {most}")
        return value

    def time(self, name: str) -> datetime:
        text = self.text(name)
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise MalformedManifest(f"{name} must be a time") from None
        if value.tzinfo is None:
            raise MalformedManifest(f"{name} must be a time in UTC")
        return value

    def items(self, name: str) -> Sequence[object]:
        value = self.get(name)
        if not isinstance(value, list):
            raise MalformedManifest(f"{name} must be a list")
        return value

    def members(self, name: str) -> "_Members":
        return _Members(self.get(name), name)
