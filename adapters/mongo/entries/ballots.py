"""Ballots for entries that earlier releases stored without one."""

from pymongo import UpdateOne

from adapters.mongo.driver import Raw
from adapters.mongo.entries.statuses import LIVE
from domain.model.ids import new_ballot_id


def with_ballot(document: Raw) -> UpdateOne | None:
    """The write that gives a stored entry its ballot; None where it has one, or was withdrawn.

    An entry keeps the ballot that it has, also where another process gave it one in the meantime.
    """
    if "ballotId" in document or document["status"] not in LIVE:
        return None
    without = {name: document[name] for name in ("campaignId", "_id")} | {"ballotId": {"$exists": False}}
    return UpdateOne(without | {"status": {"$in": LIVE}}, {"$set": {"ballotId": new_ballot_id()}})
