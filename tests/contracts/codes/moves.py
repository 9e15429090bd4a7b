"""Changes of codes as the use cases make them, one by one and many at once."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime
from itertools import cycle
from typing import TypeVar

from domain.model.codes.code import Code, CodeEvent, Refusal
from domain.model.codes.inventory import StatusCounts
from domain.model.codes.reservations import Claim, Reservation
from domain.model.errors import DomainError
from domain.model.ids import ReserveId, UserId
from tests.contracts.codes.conftest import Stores
from tests.support.codes import MINE, NOON, STAFF, TM, TOUR

T = TypeVar("T")
Peers = tuple[Stores, Stores]


async def assign(
    stores: Stores, text: str, user_id: UserId, *, at: datetime = NOON, reserve_id: ReserveId = MINE
) -> Code | Refusal:
    outcome = await stores.pool.change(TOUR, [text], lambda code: code.assign(reserve_id, user_id, at, STAFF))
    return outcome[text]


async def release(
    stores: Stores, text: str, *, at: datetime = NOON, reserve_id: ReserveId = MINE
) -> Code | Refusal:
    outcome = await stores.pool.change(TOUR, [text], lambda code: code.release(reserve_id, at, STAFF))
    return outcome[text]


async def at_once(work: Iterable[Awaitable[T]]) -> tuple[list[T], list[DomainError]]:
    """The result of each call, refusals included. Any other error fails the test."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    results: list[T] = []
    refusals: list[DomainError] = []
    for outcome in outcomes:
        if isinstance(outcome, DomainError):
            refusals.append(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            results.append(outcome)
    return results, refusals


async def claim_all(peers: Peers, claims: Sequence[Claim]) -> tuple[list[Reservation], list[DomainError]]:
    """Run all claims at the same time, alternating between the two stores."""
    return await at_once(peer.pool.claim(claim) for peer, claim in zip(cycle(peers), claims, strict=False))


async def counts(stores: Stores) -> StatusCounts:
    return (await stores.catalogue.count(TOUR, NOON))[TM]


async def events(stores: Stores, text: str) -> list[CodeEvent]:
    code = await stores.catalogue.get(TOUR, text)
    assert code is not None
    return [line.event for line in code.transitions]
