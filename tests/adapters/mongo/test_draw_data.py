"""What the benchmark of stored draws puts into MongoDB is what the service stores."""

from typing import Any

from adapters.mongo.entries.mapping import new_document, to_entry
from adapters.mongo.store import mongo_store
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import RequestContext
from domain.model.registrations.entry import Entry, EntryEvent, Selection
from tests.bench.draw_data import CAMPAIGN, FAN, SHARE_OF_OTHERS, entries, fan

SIZE = 1_000
KEPT_APART = {"outbox", "outboxAt", "outboxSlot", "receiptsAt", "history"}
"""What events leave in a document."""


def test_each_document_is_read_and_written_again_as_it_is() -> None:
    made = list(entries(SIZE, range(SIZE)))

    for document in made:
        plain = {name: value for name, value in document.items() if name not in KEPT_APART}
        assert new_document(to_entry(document)) == plain
    assert {document["userId"] for document in made} == {fan(number, SIZE) for number in range(SIZE)}
    assert (
        len({document["ballotId"] for document in made}) == len({document["phone"] for document in made}) == SIZE
    )


async def test_its_fields_are_those_of_an_entry_with_published_events(database_url: str) -> None:
    """Without the events that wait, and when they are due."""
    made = next(entries(SIZE, [1]))
    campaign_id, user_id = CampaignId(CAMPAIGN), UserId(made["userId"])

    def confirm(entry: Entry | None) -> Entry:
        assert entry is not None
        return entry.confirm(made["phoneConfirmedAt"]).with_event(EntryEvent.PHONE_CONFIRMED, made["updatedAt"])

    new = Entry.register(campaign_id, user_id, to_entry(made).details, made["createdAt"])
    async with mongo_store(database_url, request=lambda: RequestContext(by=user_id)) as store:
        await store.migrate()
        create = new.with_event(EntryEvent.CREATED, made["createdAt"])
        await store.entries.change(campaign_id, user_id, lambda _: create)
        await store.entries.change(campaign_id, user_id, confirm)
        (stored,) = await store.database["entries"].find({"campaignId": campaign_id}).to_list(None)

    published = {name: value for name, value in stored.items() if name not in {"outboxAt", "receiptsAt"}}
    assert shape(made | {"fanscore": None, "score": None, "fraud": stored["fraud"]}) == shape(
        published | {"outbox": []}
    )


def test_one_of_fifty_takes_no_part() -> None:
    made = [to_entry(document) for document in entries(SIZE, range(SIZE))]
    taking_part = [
        one for one in made if one.confirmed and one.selection is Selection.NONE and one.fraud.status == "clear"
    ]

    assert FAN not in {one.user_id for one in made}
    assert len(taking_part) == SIZE - SIZE // SHARE_OF_OTHERS


def shape(value: Any) -> Any:
    """Names and types, without the values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__
