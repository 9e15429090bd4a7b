"""The updates of entries when their messages leave the outbox, or wait there longer."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from pymongo import UpdateMany, UpdateOne

from adapters.mongo.driver import Raw
from adapters.mongo.keys import documents_of
from adapters.mongo.outbox.mapping import DUE, changed, entry_of, without
from domain.model.ids import CampaignId
from domain.model.messaging.messages import StoredMessage
from domain.model.messaging.relaying import Channel, Postponed


def by_campaign(messages: Sequence[StoredMessage]) -> Collection[Sequence[StoredMessage]]:
    """A write names one campaign, so that a sharded cluster sends it to one shard."""
    found: defaultdict[CampaignId, list[StoredMessage]] = defaultdict(list)
    for message in messages:
        found[message.campaign_id].append(message)
    return found.values()


def entries_of(messages: Sequence[StoredMessage]) -> Raw:
    """The filter that finds the entries of these messages, which are all of one campaign."""
    return documents_of(messages[0].campaign_id, {message.user_id for message in messages})


def emptied(messages: Sequence[StoredMessage], channel: Channel) -> UpdateMany:
    """Entries in which no other message waits. A path with a position in it would cost a tenth more."""
    only = {"outbox": {"$size": 1}, "outbox.id": {"$in": [message.id for message in messages]}}
    return UpdateMany(entries_of(messages) | only, {"$unset": {"outbox": "", DUE[channel]: ""}})


def thinned(messages: Sequence[StoredMessage], channel: Channel) -> UpdateMany:
    ids = [message.id for message in messages]
    return UpdateMany(entries_of(messages) | {"outbox.id": {"$in": ids}}, changed(without(ids), channel))


def put_off(postponed: Postponed, channel: Channel) -> UpdateOne:
    message = postponed.message
    return UpdateOne(
        entry_of(message) | {"outbox.id": message.id},
        {
            "$set": {
                "outbox.$.attempts": message.attempts,
                "outbox.$.retryAt": postponed.until,
                DUE[channel]: postponed.until,
            }
        },
    )
