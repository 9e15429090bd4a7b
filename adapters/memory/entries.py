"""Registrations in this process's memory: for tests, for the demo, for trying things out. Gone when it ends."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.memory.histories import Histories
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import (
    StoredMessage,
    messages_of,
    withdrawal_message,
    without_personal_data,
)
from domain.model.messaging.relaying import Parked, waiting_limit
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import PhoneUnavailable
from domain.model.registrations.history import EntryWithHistory
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phone_keys import PhoneKey, phone_key
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.scoring import Scored, ScoreRecord, ScoreRefusal, latest_by_fan, summarize
from domain.model.registrations.withdrawal import Withdrawn
from ports.entries import NOT_READ, EntryChange, Known, NotChanged
from ports.system import CurrentRequest, no_request

Outboxes = dict[tuple[CampaignId, UserId], list[StoredMessage]]
"""The messages of each entry that has any, in their order."""


@dataclass(slots=True)
class _Campaign:
    request: CurrentRequest
    waiting: Outboxes
    entries: dict[UserId, Entry] = field(default_factory=dict)
    owners: dict[PhoneKey, UserId] = field(default_factory=dict)
    """Of the confirmed numbers: each has one (entry-service REQ-002)."""
    histories: Histories = field(default_factory=Histories)
    withdrawn: dict[UserId, Withdrawn] = field(default_factory=dict)
    """The last withdrawal of each fan who withdrew. Such a fan may have registered again."""
    uploads: dict[UserId, str] = field(default_factory=dict)
    """Which upload scored each fan last."""

    def put(self, before: Entry | None, after: Entry) -> Entry:
        """Store ``after`` with the messages it leaves; nothing if its number is another's or too many wait.

        Raises PhoneUnavailable, Unavailable.
        """
        if after == before:
            return after
        if before is None and (gone := self.withdrawn.get(after.user_id)):
            after = after.after(gone)
        assert before is None or after.version > before.version, "a change raises the version"
        user_id, number = after.user_id, phone_key(after.details.phone)
        if after.confirmed and self.owners.get(number, user_id) != user_id:
            raise PhoneUnavailable
        request = self.request()
        messages = messages_of(after, request)
        waiting = self.waiting.get((after.campaign_id, user_id), [])
        if messages and len(waiting) >= waiting_limit(messages):
            raise Unavailable("relay")
        if before is not None and before.confirmed:
            del self.owners[phone_key(before.details.phone)]
        if after.confirmed:
            self.owners[number] = user_id
        if messages:
            self.waiting[after.campaign_id, user_id] = [*waiting, *messages]
            self.histories.record(after, request.by)
        self.entries[user_id] = _copy(replace(after, messages=()))
        return _copy(self.entries[user_id])

    def withdraw(self, gone: Withdrawn) -> None:
        """Put a withdrawal in the place of an entry, or of an earlier withdrawal."""
        before = self.entries.pop(gone.user_id, None)
        self.histories.end(gone.user_id)
        if before is not None and before.confirmed:
            del self.owners[phone_key(before.details.phone)]
        key = gone.campaign_id, gone.user_id
        waiting = [kept for one in self.waiting.get(key, ()) if (kept := without_personal_data(one))]
        self.waiting[key] = [*waiting, withdrawal_message(gone, self.request())]
        self.withdrawn[gone.user_id] = gone
        self.uploads.pop(gone.user_id, None)


class MemoryEntryStore:
    """An EntryStore, Withdrawals and Scores.

    No method gives up the event loop before it is done, so each is atomic.
    """

    def __init__(self, *, request: CurrentRequest = no_request) -> None:
        self.waiting: Outboxes = {}
        self.parked: dict[str, Parked] = {}
        self.moved: set[tuple[CampaignId, MarketId]] = set()
        self._campaigns: defaultdict[CampaignId, _Campaign] = defaultdict(lambda: _Campaign(request, self.waiting))

    async def get(self, campaign_id: CampaignId, user_id: UserId) -> Entry | None:
        entry = self.all_of(campaign_id).get(user_id)
        return _copy(entry) if entry else None

    async def change(
        self, campaign_id: CampaignId, user_id: UserId, change: EntryChange, *, read: Known = NOT_READ
    ) -> Entry:
        before = await self.get(campaign_id, user_id)
        return self._campaigns[campaign_id].put(before, change(before))

    async def withdraw(self, campaign_id: CampaignId, user_id: UserId, now: datetime) -> bool:
        entry = self.all_of(campaign_id).get(user_id)
        if entry is None:
            return self.withdrawal(campaign_id, user_id) is not None
        self._campaigns[campaign_id].withdraw(entry.withdraw(now))
        self._reduce_parked()
        return True

    async def registered(self, campaign_id: CampaignId, after: UserId | None, limit: int) -> Sequence[UserId]:
        fans = sorted(self.all_of(campaign_id))
        return [user_id for user_id in fans if after is None or user_id > after][:limit]

    def _reduce_parked(self) -> None:
        for id, parked in list(self.parked.items()):
            if (kept := self.as_kept(parked.message)) is None:
                del self.parked[id]
            else:
                self.parked[id] = replace(parked, message=kept)

    async def erase(self, user_id: UserId, _: UserId, now: datetime) -> None:
        for campaign in self._campaigns.values():
            entry, withdrawn = campaign.entries.get(user_id), campaign.withdrawn.get(user_id)
            if entry is not None:
                campaign.withdraw(entry.erase(now))
            elif withdrawn is not None and not withdrawn.erased:
                campaign.withdraw(withdrawn.erase(now))
        self._reduce_parked()

    def histories(self) -> Iterator[Histories]:
        return (campaign.histories for campaign in self._campaigns.values())

    async def count_of_person(self, user_id: UserId) -> int:
        withdrawn = [campaign.withdrawn.get(user_id) for campaign in self._campaigns.values()]
        live = await self.entries_of(user_id)
        gone = {one.campaign_id for one in withdrawn if one and not one.erased}
        return len(gone | {one.entry.campaign_id for one in live})

    async def entries_of(self, user_id: UserId) -> Sequence[EntryWithHistory]:
        found = (campaign.entries.get(user_id) for campaign in self._campaigns.values())
        in_order = sorted((entry for entry in found if entry), key=lambda entry: entry.campaign_id)
        return [self.with_history(entry) for entry in in_order]

    def with_history(self, entry: Entry) -> EntryWithHistory:
        history = self._campaigns[entry.campaign_id].histories.of(entry.user_id)
        return EntryWithHistory(entry=_copy(entry), history=history)

    async def notices(self, user_id: UserId) -> int:
        found = (campaign.withdrawn.get(user_id) for campaign in self._campaigns.values())
        return sum(one is not None and self._is_notice(one) for one in found)

    def _is_notice(self, withdrawn: Withdrawn) -> bool:
        return withdrawn.erased and withdrawn.user_id not in self._campaigns[withdrawn.campaign_id].entries

    def forget_erased(self, campaign_id: CampaignId, user_id: UserId) -> None:
        """The event of the erasure is published: nothing is left, unless the person has registered again."""
        gone = self.withdrawal(campaign_id, user_id)
        if gone and self._is_notice(gone) and not self.waiting.get((campaign_id, user_id)):
            del self._campaigns[campaign_id].withdrawn[user_id]

    def as_kept(self, message: StoredMessage) -> StoredMessage | None:
        """A message as it may be kept: without personal data, or not at all (None), if its entry was withdrawn."""
        gone = self.withdrawal(message.campaign_id, message.user_id)
        live = message.user_id in self.all_of(message.campaign_id)
        if live and (gone is None or message.revision > gone.revision):
            return message
        erased = not live and (gone is None or gone.erased)
        return None if erased and message.about is not EntryEvent.ERASED else without_personal_data(message)

    async def change_many(
        self, campaign_id: CampaignId, user_ids: Sequence[UserId], change: Callable[[Entry], Entry]
    ) -> Mapping[UserId, NotChanged]:
        campaign = self._campaigns[campaign_id]
        unwritten: dict[UserId, NotChanged] = {}
        for user_id in dict.fromkeys(user_ids):
            if (before := campaign.entries.get(user_id)) is None:
                continue
            try:
                campaign.put(before, change(_copy(before)))
            except Unavailable:
                unwritten[user_id] = NotChanged.MESSAGES_WAITING
        return unwritten

    async def confirmed_owner(self, campaign_id: CampaignId, phone: PhoneNumber) -> UserId | None:
        campaign = self._campaigns.get(campaign_id)
        return campaign.owners.get(phone_key(phone)) if campaign else None

    async def remember_moved(self, campaign_id: CampaignId, market: MarketId) -> None:
        self.moved.add((campaign_id, market))

    async def count_attempt(
        self, campaign_id: CampaignId, user_id: UserId, challenge_id: str, code_hash: bytes
    ) -> Challenge | None:
        entry = self.all_of(campaign_id).get(user_id)
        verification = entry.verification if entry else None
        challenge = verification.challenge if verification else None
        if entry is None or verification is None or challenge is None:
            return None
        if challenge.id != challenge_id or challenge.closed:
            return None
        counted = challenge.attempt(code_hash)
        after = replace(entry, version=entry.version + 1, verification=replace(verification, challenge=counted))
        self._campaigns[campaign_id].put(entry, after)
        return counted

    async def put(
        self, campaign_id: CampaignId, records: Sequence[ScoreRecord], now: datetime, *, upload: str
    ) -> Scored:
        """The uploads themselves are not kept: no query reads them."""
        refused: dict[UserId, ScoreRefusal] = {}
        upserted: set[UserId] = set()
        campaign = self._campaigns.get(campaign_id)
        uploads = campaign.uploads if campaign else {}
        one_each = latest_by_fan(records)
        seen = {user_id for user_id in one_each if uploads.get(user_id) == upload}
        for user_id, record in one_each.items():
            entry = self.all_of(campaign_id).get(user_id)
            if reason := record.refused_by(entry):
                refused[user_id] = reason
            elif entry is not None and (after := record.apply(entry, now)) != entry:
                try:
                    self._campaigns[campaign_id].put(entry, after)
                    upserted.add(user_id)
                except Unavailable:
                    refused[user_id] = ScoreRefusal.MESSAGES_WAITING
        uploads.update(dict.fromkeys(one_each.keys() - refused.keys(), upload))
        return summarize(records, upserted, refused, seen)

    def campaigns(self) -> Iterator[CampaignId]:
        return (id for id, campaign in self._campaigns.items() if campaign.entries)

    def all_of(self, campaign_id: CampaignId) -> Mapping[UserId, Entry]:
        """All entries of the campaign. Reading an unknown campaign does not make one."""
        campaign = self._campaigns.get(campaign_id)
        return campaign.entries if campaign else {}

    def withdrawal(self, campaign_id: CampaignId, user_id: UserId) -> Withdrawn | None:
        """The fan's last withdrawal. The fan may have registered again."""
        campaign = self._campaigns.get(campaign_id)
        return campaign.withdrawn.get(user_id) if campaign else None

    def withdrawn(self, campaign_id: CampaignId) -> int:
        """How many registrations are withdrawn."""
        campaign = self._campaigns.get(campaign_id)
        return len(campaign.withdrawn.keys() - campaign.entries.keys()) if campaign else 0


def _copy(entry: Entry) -> Entry:
    """With mappings of its own, so that a caller who changes theirs does not change the stored entry."""
    details = entry.details
    own = replace(details, opt_ins=dict(details.opt_ins), attributes=dict(details.attributes))
    return replace(entry, details=own)
