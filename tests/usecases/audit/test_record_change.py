"""A change of staff and its row: stored before the answer, once a change, also when the store fails in between."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from adapters.memory.audit import MemoryAuditLog
from domain.model.audit.changes import Audited, Outcome, done
from domain.model.audit.records import AuditFilter, AuditId, AuditRecord, Facts
from domain.model.errors import InvalidValue, Unavailable
from domain.model.ids import UserId
from domain.model.messaging.messages import RequestContext
from domain.model.registrations.errors import CampaignNotOpen
from domain.usecases.audit.record_change import RecordChange
from ports.audit import Begun
from tests.support.codes import NOON, STAFF, TOUR, ManualClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """A command: give the wall this colour."""

    colour: str
    secret: str = field(default="", repr=False)
    dry_run: bool = False


@dataclass(slots=True)
class Wall:
    colour: str = "white"
    log: MemoryAuditLog = field(default_factory=MemoryAuditLog)
    rows_before: list[AuditRecord] = field(default_factory=list)
    """As they were when the wall was painted."""

    async def __call__(self, command: Paint) -> bool:
        self.rows_before = await rows(self.log)
        await asyncio.sleep(0)
        changed, self.colour = self.colour != command.colour, command.colour
        return changed


def asked(command: Paint) -> Facts | None:
    return None if command.dry_run else {"colour": command.colour}


def outcome(changed: bool) -> Outcome:
    return done(changed, painted=changed)


PAINT = Audited(operation="paint", asked=asked, outcome=outcome)
PAINT_OFTEN = Audited(
    operation="paintOften", asked=asked, outcome=outcome, repeats=lambda command, _: command.colour
)
BOTH = pytest.mark.parametrize("audited", [PAINT, PAINT_OFTEN], ids=["around", "behind"])
RED, BLUE = Paint(colour="red"), Paint(colour="blue")


async def rows(log: MemoryAuditLog) -> list[AuditRecord]:
    return list(await log.page(AuditFilter(), after=None, limit=100))


class BrokenLog(MemoryAuditLog):
    """Refuses the writes that a test names."""

    def __init__(self, *broken: str) -> None:
        super().__init__()
        self.broken = set(broken)

    async def begin(self, record: AuditRecord) -> Begun:
        self._check("begin")
        return await super().begin(record)

    async def complete(self, id: AuditId, outcome: Facts) -> bool:
        self._check("complete")
        return await super().complete(id, outcome)

    async def expect(self, by: UserId) -> None:
        self._check("expect")
        await super().expect(by)

    async def append(self, record: AuditRecord) -> bool:
        self._check("append")
        return await super().append(record)

    def _check(self, name: str) -> None:
        if name in self.broken:
            raise Unavailable("store")


@dataclass(slots=True)
class Staff:
    wall: Wall = field(default_factory=Wall)
    request_id: str | None = "request-1"

    async def do(
        self,
        command: Paint,
        audited: Audited[Paint, bool] = PAINT,
        change: Callable[[Paint], Awaitable[bool]] | None = None,
    ) -> bool:
        record = RecordChange(
            log=self.wall.log,
            clock=ManualClock(),
            request=lambda: RequestContext(request_id=self.request_id),
            key=b"a key of thirty-two bytes, or so",
        )
        return await record(audited, command, change or self.wall, by=STAFF, campaign_id=TOUR)

    async def rows(self) -> list[AuditRecord]:
        return await rows(self.wall.log)

    async def outcomes(self) -> list[Facts | None]:
        return [row.outcome for row in await self.rows()]


@pytest.fixture
def staff() -> Staff:
    return Staff()


@BOTH
async def test_a_change_leaves_a_row(staff: Staff, audited: Audited[Paint, bool]) -> None:
    assert await staff.do(RED, audited) is True

    (row,) = await staff.rows()
    assert (row.at, row.by, row.campaign_id, row.request_id) == (NOON, STAFF, TOUR, "request-1")
    assert (row.operation, row.asked) == (audited.operation, {"colour": "red"})
    assert row.result == {"result": "done", "painted": True}


async def test_the_row_is_there_before_the_change_and_says_that_the_outcome_is_not_known(staff: Staff) -> None:
    await staff.do(RED)

    (before,) = staff.wall.rows_before
    assert before.outcome is None
    assert before.result == {"result": "unknown"}


@BOTH
async def test_a_dry_run_leaves_none(staff: Staff, audited: Audited[Paint, bool]) -> None:
    await staff.do(Paint(colour="red", dry_run=True), audited)

    assert await staff.rows() == []


async def refuse(_: Paint) -> bool:
    raise CampaignNotOpen


async def test_a_refused_change_has_a_row_that_says_so_and_a_refused_frequent_one_has_none(staff: Staff) -> None:
    for audited in (PAINT, PAINT_OFTEN):
        with pytest.raises(CampaignNotOpen):
            await staff.do(RED, audited, refuse)

    (row,) = await staff.rows()
    assert (row.operation, row.outcome) == ("paint", {"result": "failed", "problem": "campaign.not_open"})


async def test_a_command_whose_facts_cannot_be_read_is_refused_without_a_row(staff: Staff) -> None:
    def unreadable(command: Paint) -> Facts:
        raise InvalidValue("colour", "is none")

    with pytest.raises(InvalidValue):
        await staff.do(RED, Audited(operation="paint", asked=unreadable, outcome=outcome))

    assert await staff.rows() == []
    assert staff.wall.colour == "white"


async def test_a_frequent_change_is_not_made_before_its_caller_is_stored() -> None:
    staff = Staff(wall=Wall(log=BrokenLog("expect")))

    with pytest.raises(Unavailable):
        await staff.do(RED, PAINT_OFTEN)

    assert staff.wall.colour == "white"


@pytest.mark.parametrize(("part", "result"), [("store", None), ("users", "failed")])
async def test_where_the_store_does_not_answer_the_outcome_stays_unknown(
    staff: Staff, part: str, result: str | None
) -> None:
    async def fail(_: Paint) -> bool:
        raise Unavailable(part)

    with pytest.raises(Unavailable):
        await staff.do(RED, PAINT, fail)

    (row,) = await staff.rows()
    assert (row.outcome and row.outcome["result"]) == result


async def test_a_change_that_breaks_or_is_cancelled_leaves_its_row_and_the_outcome_unknown(staff: Staff) -> None:
    async def crash(_: Paint) -> bool:
        raise RuntimeError

    async def cancel(_: Paint) -> bool:
        raise asyncio.CancelledError

    for change, error in ((crash, RuntimeError), (cancel, asyncio.CancelledError)):
        staff.request_id = error.__name__
        with pytest.raises(error):
            await staff.do(RED, PAINT, change)

    assert await staff.outcomes() == [None, None]


# The store of the audit log fails


async def test_without_a_row_there_is_no_change() -> None:
    staff = Staff(Wall(log=BrokenLog("begin")))

    with pytest.raises(Unavailable):
        await staff.do(RED)

    assert staff.wall.colour == "white"


@BOTH
async def test_a_change_whose_row_cannot_be_finished_is_no_success_and_a_repeat_mends_it(
    audited: Audited[Paint, bool],
) -> None:
    log = BrokenLog("complete", "append")
    staff = Staff(Wall(log=log))

    with pytest.raises(Unavailable):
        await staff.do(RED, audited)
    assert staff.wall.colour == "red"
    log.broken.clear()
    await staff.do(RED, audited)

    assert await staff.outcomes() == [{"result": "done", "painted": False}]


async def test_a_refusal_that_cannot_be_stored_is_a_failure_of_the_store() -> None:
    staff = Staff(Wall(log=BrokenLog("complete")))

    with pytest.raises(Unavailable):
        await staff.do(RED, PAINT, refuse)

    assert await staff.outcomes() == [None]


# Requests that are repeated


@BOTH
async def test_a_repeat_under_the_same_request_id_leaves_no_second_row(
    staff: Staff, audited: Audited[Paint, bool]
) -> None:
    for _ in range(3):
        await staff.do(RED, audited)

    assert await staff.outcomes() == [{"result": "done", "painted": True}]


@BOTH
async def test_repeats_at_the_same_time_leave_one_row(staff: Staff, audited: Audited[Paint, bool]) -> None:
    assert (await asyncio.gather(*(staff.do(RED, audited) for _ in range(10)))).count(True) == 1

    assert len(await staff.rows()) == 1


@BOTH
async def test_a_repeat_after_a_crash_completes_the_row(staff: Staff, audited: Audited[Paint, bool]) -> None:
    async def paint_and_crash(command: Paint) -> bool:
        await staff.wall(command)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await staff.do(RED, audited, paint_and_crash)
    await staff.do(RED, audited)

    assert await staff.outcomes() == [{"result": "done", "painted": False}]


async def test_a_repeat_that_is_refused_does_not_say_that_an_interrupted_change_failed(staff: Staff) -> None:
    async def paint_and_crash(command: Paint) -> bool:
        await staff.wall(command)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await staff.do(RED, PAINT, paint_and_crash)
    with pytest.raises(CampaignNotOpen):
        await staff.do(RED, PAINT, refuse)

    assert await staff.outcomes() == [None]


@BOTH
async def test_one_request_id_for_everything_loses_no_change(staff: Staff, audited: Audited[Paint, bool]) -> None:
    """Red, blue, and red again: the third is no repeat of the first, for it changes something."""
    for command in (RED, BLUE, RED, RED):
        await staff.do(command, audited)

    changed = [row.asked["colour"] for row in await staff.rows() if (row.outcome or {})["painted"]]
    assert sorted(map(str, changed)) == ["blue", "red", "red"]
    assert len(await staff.rows()) == 3


async def test_what_is_not_kept_distinguishes_changes_too(staff: Staff) -> None:
    await staff.do(Paint(colour="red", secret="a phone"))
    await staff.do(Paint(colour="red", secret="another phone"))

    found = await staff.rows()
    assert [row.asked for row in found] == [{"colour": "red"}] * 2
    assert "phone" not in str(found)


async def test_a_change_after_one_that_was_refused_has_its_row(staff: Staff) -> None:
    with pytest.raises(CampaignNotOpen):
        await staff.do(RED, PAINT, refuse)
    await staff.do(RED)

    results = {str(outcome["result"]) for outcome in await staff.outcomes() if outcome}
    assert results == {"failed", "done"}


@BOTH
async def test_without_a_request_each_change_has_its_row(staff: Staff, audited: Audited[Paint, bool]) -> None:
    staff.request_id = None

    for _ in range(2):
        await staff.do(RED, audited)

    assert len(await staff.rows()) == 2


@BOTH
async def test_other_requests_have_rows_of_their_own(staff: Staff, audited: Audited[Paint, bool]) -> None:
    for staff.request_id in ("request-1", "request-2"):
        await staff.do(RED, audited)

    assert {row.request_id for row in await staff.rows()} == {"request-1", "request-2"}
