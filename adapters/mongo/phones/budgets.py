"""What fans have used, in MongoDB: a document a fan, changed by compare-and-set."""

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import VersionedDocuments
from adapters.mongo.driver import Raw
from adapters.mongo.errors import translated
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.budgets import CodeSend, FanUsage, NumberDigest, NumberUse
from ports.phones import UsageChange


class MongoFanBudgets:
    def __init__(self, budgets: AsyncCollection[Raw]) -> None:
        self._budgets = VersionedDocuments(budgets)

    @translated
    async def usage(self, user_id: UserId) -> FanUsage:
        return _to_usage(await self._budgets.get(user_id))

    @translated
    async def change(self, user_id: UserId, change: UsageChange) -> None:
        def decide(stored: Raw | None) -> tuple[None, Raw | None]:
            before = _to_usage(stored)
            after = change(before)
            if after == before:
                return None, None
            return None, {"$set": _from_usage(after), "$currentDate": {"touchedAt": True}}

        await self._budgets.change(user_id, decide)


def _to_usage(stored: Raw | None) -> FanUsage:
    if stored is None:
        return FanUsage()
    return FanUsage(
        numbers=tuple(
            NumberUse(campaign_id=CampaignId(use["campaignId"]), number=NumberDigest(use["number"]), at=use["at"])
            for use in stored["numbers"]
        ),
        sends=tuple(
            CodeSend(number=NumberDigest(send["number"]), at=send["at"], held=send["held"])
            for send in stored["sends"]
        ),
        exhausted=tuple(stored["exhausted"]),
    )


def _from_usage(usage: FanUsage) -> Raw:
    return {
        "numbers": [{"campaignId": use.campaign_id, "number": use.number, "at": use.at} for use in usage.numbers],
        "sends": [{"number": send.number, "at": send.at, "held": send.held} for send in usage.sends],
        "exhausted": list(usage.exhausted),
    }
