"""What each collection is sharded by, where the database is a sharded cluster."""

from collections.abc import Mapping
from typing import Final

from adapters.mongo.audit.documents import AuditDocument
from adapters.mongo.codes.documents import CodeDocument
from adapters.mongo.draws.documents import DrawChunkDocument
from adapters.mongo.driver import Raw
from adapters.mongo.entries.documents import EntryDocument, ScoringDocument
from adapters.mongo.outbox.documents import PublishedDocument
from adapters.mongo.phones.documents import FanBudgetDocument, PhoneRecordDocument, SendLogDocument
from adapters.mongo.rate_limits import RateLimitDocument

BY_CAMPAIGN: Final[Raw] = {"campaignId": 1}
"""A campaign is on one shard, so that unique indexes that begin with the campaign hold."""
BY_ID: Final[Raw] = {"_id": 1}
"""For keys that begin with the campaign. A large campaign may be on several shards."""
BY_HASHED_ID: Final[Raw] = {"_id": "hashed"}
"""For documents that are only found by their keys."""

SHARD_KEYS: Final[Mapping[str, Raw]] = {
    CodeDocument.Settings.name: BY_CAMPAIGN,
    EntryDocument.Settings.name: BY_CAMPAIGN,
    ScoringDocument.Settings.name: BY_ID,
    SendLogDocument.Settings.name: BY_HASHED_ID,
    PhoneRecordDocument.Settings.name: BY_HASHED_ID,
    FanBudgetDocument.Settings.name: BY_HASHED_ID,
    RateLimitDocument.Settings.name: BY_HASHED_ID,
    PublishedDocument.Settings.name: BY_HASHED_ID,
    AuditDocument.Settings.name: BY_HASHED_ID,
    DrawChunkDocument.Settings.name: BY_CAMPAIGN,
}
"""By the names of the collections."""

NOT_SHARDED: Final = frozenset(
    {"imports", "earlierCallers", "turns", "movedMarkets", "parkedMessages", "leases", "draws"}
)
"""They are small, and stay on the first shard of the database."""
