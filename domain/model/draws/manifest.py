"""What is fixed and published at the announcement of a draw (step 3 in docs/fair-draws.md).

Its digest is part of the key of the draw: with another manifest, each entrant has another key.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.model.draws.beacons import Beacon
from domain.model.draws.entrants import Exclusion
from domain.model.draws.rules import DrawRules
from domain.model.ids import CampaignId
from domain.model.messaging.messages import instant

FORMAT: Final = "fangate-draw/1"
_SEED_BYTES: Final = 32


def new_seed() -> str:
    """Public from the announcement on. A secret seed would let its holder look at the result first, and begin
    again."""
    return secrets.token_hex(_SEED_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that decides a draw, but for the randomness."""

    campaign_id: CampaignId
    number: int
    """From 1 within a campaign. No number is used twice: an aborted draw keeps its number."""
    announced_at: datetime
    rules: DrawRules
    beacon: Beacon
    seed: str
    entrants: int
    excluded: Mapping[Exclusion, int]
    list_digest: str
    merkle_root: str

    def json(self) -> dict[str, object]:
        """The members of the manifest. Whole numbers are integers: 70.0 is written as 70."""
        rules = self.rules
        return {
            "announcedAt": instant(self.announced_at),
            "beacon": self.beacon.json(),
            "campaignId": self.campaign_id,
            "entrants": self.entrants,
            "excluded": {reason.value: count for reason, count in self.excluded.items() if count},
            "exclude": [status.value for status in rules.exclude],
            "format": FORMAT,
            "groupBy": rules.group_by,
            "listDigest": self.list_digest,
            "merkleRoot": self.merkle_root,
            "minScore": None if rules.min_score is None else plain_number(rules.min_score),
            "number": self.number,
            "places": dict(rules.places),
            "seed": self.seed,
            "tiers": [plain_number(score) for score in rules.tiers],
            "weights": [{"minScore": plain_number(one.min_score), "weight": one.weight} for one in rules.weights],
        }

    def encode(self) -> bytes:
        return canonical_json(self.json())

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.encode()).hexdigest()


def plain_number(value: float) -> float:
    """A whole number as an integer, so that JSON shows no fraction."""
    return int(value) if value == int(value) else value


def canonical_json(value: object) -> bytes:
    """Keys sorted by code point, no white space, characters beyond ASCII as they are, in UTF-8.

    JavaScript sorts keys by UTF-16 units: there, characters beyond U+FFFF come too early.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()
