"""A state machine that runs random sequences of code operations, and compares the store with a model.

The model is simple: a dictionary with the state of each code. The store chooses which codes a claim gets;
the model predicts how many, and whether the claim may have them.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.model.codes.code import (
    Code,
    CodeStatus,
    CodeType,
    Refusal,
)
from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from domain.model.codes.imports import Tally
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.codes.reservations import Reservation
from domain.model.ids import CampaignId, ReserveId, UserId
from tests.contracts.codes.conftest import Stores
from tests.support.codes import DAY, NOON, STAFF, TICK, ManualClock, a_batch, a_claim

T = TypeVar("T")

CODES = st.sampled_from([f"code-{number}" for number in range(9)])
TYPES = st.sampled_from(CodeType)
RESERVE_IDS = st.sampled_from([ReserveId(f"reservation-{number}") for number in range(3)])
FANS = st.sampled_from([UserId("ann"), UserId("bob")])
STEPS = st.sampled_from([TICK, DAY / 2, DAY - TICK, DAY])


@dataclass(slots=True)
class Known:
    """What the model knows of one code."""

    type: CodeType
    events: list[str]
    reserve_id: ReserveId | None = None
    """Held under, or assigned under."""
    requested: int = 0
    """How many codes its reservation was for."""
    since: datetime = NOON
    until: datetime = NOON
    lapsed_from: ReserveId | None = None
    """The reservation of the last lapse."""
    fan: UserId | None = None
    given_at: datetime | None = None

    def let_go(self, event: str) -> None:
        self.lapsed_from = self.reserve_id if event == "expired" else None
        self.reserve_id = None
        self.events.append(event)


class Lifecycle(RuleBasedStateMachine):
    """Import, reserve, assign, release, wait and sweep in any order; after each step, store and model agree."""

    def __init__(self, runner: asyncio.Runner, stores: Stores, campaign_id: CampaignId) -> None:
        super().__init__()
        self.loop = runner.get_loop()
        self.stores = stores
        self.campaign_id = campaign_id
        self.clock = ManualClock()
        self.known: dict[str, Known] = {}
        self.imports = 0

    def answer(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)  # A runner's own ``run`` sets a signal handler each time.

    @rule(codes=st.lists(CODES, min_size=1, max_size=6), type=TYPES)
    def add(self, codes: list[str], type: CodeType) -> None:
        self.imports += 1
        inserted = duplicates = conflicts = 0
        for row, code in enumerate(codes):
            known = self.known.get(code)
            if known is None:
                self.known[code] = Known(type, ["imported"])
                inserted += 1
            elif known.type is type or code in codes[:row]:
                duplicates += 1
            else:
                conflicts += 1
        batch = a_batch(codes, type=type, import_id=f"import-{self.imports}", campaign_id=self.campaign_id)
        assert self.answer(self.stores.pool.add(batch)) == Tally(
            inserted=inserted, duplicates=duplicates, conflicts=conflicts
        )

    @rule(reserve_id=RESERVE_IDS, type=TYPES, count=st.integers(1, 4))
    def reserve(self, reserve_id: ReserveId, type: CodeType, count: int) -> None:
        now = self.clock.now()
        mine = {text: code for text, code in self.known.items() if self._lives_under(code, reserve_id)}
        free = {text for text, code in self.known.items() if code.type is type and self._is_free(code)}
        claim = a_claim(count, reserve_id=reserve_id, type=type, at=now, campaign_id=self.campaign_id)
        try:
            reservation = self.answer(self.stores.pool.claim(claim))
        except ReservationMismatch:
            assert any(code.type is not type or code.requested != count for code in mine.values())
        except CodesExhausted as error:
            self._refused(error, type, free=len(free), wanted=count - len(mine))
        else:
            assert all(code.type is type and code.requested == count for code in mine.values())
            self._took(reservation, mine, free, count)

    def _refused(self, error: CodesExhausted, type: CodeType, *, free: int, wanted: int) -> None:
        stocked = any(code.type is type for code in self.known.values())
        assert error.context == {"available": free} | ({} if stocked else {"total": 0})
        assert free < wanted

    def _took(self, reservation: Reservation, mine: dict[str, Known], free: set[str], count: int) -> None:
        since, until = next(
            ((code.since, code.until) for code in mine.values()),
            (self.clock.now(), self.clock.now() + DAY),
        )
        assert len(reservation.codes) == len(set(reservation.codes)) == count
        assert mine.keys() <= set(reservation.codes) <= mine.keys() | free
        assert (reservation.reserved_at, reservation.expires_at) == (since, until)
        for text in set(reservation.codes) - mine.keys():
            code = self.known[text]
            self._lapse(code)
            code.reserve_id, code.requested = reservation.reserve_id, count
            code.since, code.until, code.lapsed_from = since, until, None
            code.events.append("reserved")

    @rule(code=CODES, reserve_id=RESERVE_IDS, fan=FANS)
    def assign(self, code: str, reserve_id: ReserveId, fan: UserId) -> None:
        now = self.clock.now()
        outcome = self._change(code, lambda stored: stored.assign(reserve_id, fan, now, STAFF))
        known = self.known.get(code)
        if known is not None and known.fan is not None:
            expected = None if known.fan == fan else Refusal.ASSIGNED_TO_ANOTHER
        else:
            expected = self._why_not(known, reserve_id)
        if expected is None and known is not None:
            if known.fan is None:
                known.fan, known.given_at = fan, now
                known.events.append("assigned")
            assert isinstance(outcome, Code)
            assert (outcome.assigned_to, outcome.assigned_at) == (known.fan, known.given_at)
        else:
            assert outcome is expected

    @rule(code=CODES, reserve_id=RESERVE_IDS)
    def release(self, code: str, reserve_id: ReserveId) -> None:
        now = self.clock.now()
        outcome = self._change(code, lambda stored: stored.release(reserve_id, now, STAFF))
        known = self.known.get(code)
        given = known is not None and known.fan is not None
        expected = Refusal.ASSIGNED if given else self._why_not(known, reserve_id)
        if expected is None and known is not None:
            known.let_go("released")
            assert isinstance(outcome, Code)
        else:
            assert outcome is expected

    @rule(by=STEPS)
    def wait(self, by: timedelta) -> None:
        self.clock.advance(by)

    @rule()
    def sweep(self) -> None:
        """A claim may have written some lapses down already."""
        lapsed = {text: code for text, code in self.known.items() if self._has_lapsed(code)}
        assert self.answer(self.stores.pool.sweep(self.clock.now(), 1_000)) <= len(lapsed)
        assert self.answer(self.stores.pool.sweep(self.clock.now(), 1_000)) == 0
        for text, code in lapsed.items():
            self._lapse(code)
            stored = self.answer(self.stores.catalogue.get(self.campaign_id, text))
            assert stored is not None
            assert stored.hold is None

    @rule(code=CODES)
    def tell_history(self, code: str) -> None:
        stored = self.answer(self.stores.catalogue.get(self.campaign_id, code))
        known = self.known.get(code)
        assert (stored is None) == (known is None)
        if stored is not None and known is not None:
            stored_events = [line.event.value for line in stored.history(self.clock.now())]
            assert stored_events == [*known.events, *(["expired"] if self._has_lapsed(known) else [])]

    @rule(reserve_id=RESERVE_IDS)
    def list_held(self, reserve_id: ReserveId) -> None:
        held = self.answer(self.stores.pool.held(self.campaign_id, reserve_id, self.clock.now()))
        assert sorted(held) == sorted(
            text for text, code in self.known.items() if code.fan is None and self._lives_under(code, reserve_id)
        )

    @invariant()
    def counts_agree(self) -> None:
        now = self.clock.now()
        counts = self.answer(self.stores.catalogue.count(self.campaign_id, now))
        for type in CodeType:
            statuses = Counter(self._status(code) for code in self.known.values() if code.type is type)
            assert counts.get(type, StatusCounts()) == StatusCounts(
                available=statuses[CodeStatus.AVAILABLE],
                reserved=statuses[CodeStatus.RESERVED],
                assigned=statuses[CodeStatus.ASSIGNED],
            )

    @invariant()
    def the_list_agrees(self) -> None:
        now = self.clock.now()
        page = self.answer(
            self.stores.catalogue.page(self.campaign_id, CodeFilter(), after=None, limit=100, now=now)
        )
        assert [(code.text, code.status(now)) for code in page] == [
            (text, self._status(self.known[text])) for text in sorted(self.known)
        ]

    def teardown(self) -> None:
        """Sweep everything, so that the next run, with another campaign in the same store, starts clean."""
        self.clock.advance(2 * DAY)
        while self.answer(self.stores.pool.sweep(self.clock.now(), 1_000)):
            pass

    def _change(self, text: str, change: Any) -> Code | Refusal:
        return self.answer(self.stores.pool.change(self.campaign_id, [text], change))[text]

    def _why_not(self, known: Known | None, reserve_id: ReserveId) -> Refusal | None:
        if known is None:
            return Refusal.NOT_FOUND
        lapsed_from = known.reserve_id if self._has_lapsed(known) else known.lapsed_from
        if self._is_free(known):
            return Refusal.EXPIRED if lapsed_from == reserve_id else Refusal.NOT_RESERVED
        return None if known.reserve_id == reserve_id else Refusal.RESERVED_BY_ANOTHER

    def _lapse(self, code: Known) -> None:
        if self._has_lapsed(code):
            code.let_go("expired")

    def _has_lapsed(self, code: Known) -> bool:
        return code.fan is None and code.reserve_id is not None and code.until <= self.clock.now()

    def _is_free(self, code: Known) -> bool:
        return code.fan is None and (code.reserve_id is None or code.until <= self.clock.now())

    def _lives_under(self, code: Known, reserve_id: ReserveId) -> bool:
        return code.reserve_id == reserve_id and self.clock.now() < code.until

    def _status(self, code: Known) -> CodeStatus:
        if code.fan is not None:
            return CodeStatus.ASSIGNED
        return CodeStatus.AVAILABLE if self._is_free(code) else CodeStatus.RESERVED
