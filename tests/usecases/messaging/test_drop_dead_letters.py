"""Dead letters are deleted when their registration is gone."""

from adapters.memory.entries import MemoryEntryStore
from adapters.memory.queues import MemoryQueue
from domain.model.ids import UserId
from domain.model.registrations.entry import Entry
from domain.usecases.messaging.drop_dead_letters import DropDeadLetters
from ports.messaging import ScoreRetry
from tests.support.registrations import ANN, NOON, TOUR, an_entry

BOB = UserId("bob")


async def test_only_dead_letters_of_registrations_stay() -> None:
    entries, queue = MemoryEntryStore(), MemoryQueue()
    drop = DropDeadLetters(queue=queue, entries=entries)

    def register(_: Entry | None) -> Entry:
        return an_entry()

    await entries.change(TOUR, ANN, register)
    of_ann, of_bob = (ScoreRetry(id=f"of {fan}", campaign_id=TOUR, user_id=fan) for fan in (ANN, BOB))
    queue.dead += [of_ann, of_bob]

    assert await drop() == 1
    assert queue.dead == [of_ann]

    await entries.withdraw(TOUR, ANN, NOON)
    assert await drop() == 1
    assert queue.dead == []
