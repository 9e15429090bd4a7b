"""The phases of a claim: what its attempt does next, by what was read and written. Pure, without a database."""

import asyncio
from dataclasses import replace

import pytest

from adapters.mongo.codes.claims.attempt import ClaimAttempt, Phase
from domain.model.codes.code import Code
from domain.model.codes.errors import CodesExhausted
from domain.model.codes.reservations import Claim
from tests.support.codes import ANN, MINE, NOON, STAFF, TICK, a_claim, a_code, done

CHOSEN = [pytest.param(True, id="chosen"), pytest.param(False, id="new")]


def taken_by(claim: Claim, *positions: int) -> list[Code]:
    """Codes as this claim holds them: the code of position 1 is CODE-1."""
    return [
        done(a_code(f"CODE-{position}").reserve(claim.hold(position), claim.now, claim.by))
        for position in positions
    ]


def an_attempt(count: int = 1, *, chosen: bool = True) -> ClaimAttempt:
    """It knows that nothing is held."""
    attempt = ClaimAttempt(a_claim(count, chosen=chosen))
    if chosen:
        attempt.recalled([])
    return attempt


def later_version(code: Code) -> Code:
    """As another claim confirms it."""
    return replace(code, version=code.version + 1)


async def test_only_a_reserve_id_that_its_caller_chose_is_recalled() -> None:
    """Under a new one nothing can be held."""
    assert ClaimAttempt(a_claim(chosen=True)).phase is Phase.RECALL
    assert ClaimAttempt(a_claim(chosen=False)).phase is Phase.TAKE


@pytest.mark.parametrize("chosen", CHOSEN)
async def test_a_claim_that_took_every_code_itself_is_filled(*, chosen: bool) -> None:
    attempt = an_attempt(2, chosen=chosen)
    assert (attempt.phase, attempt.held.empty_positions) == (Phase.TAKE, (0, 1))

    attempt.took(taken_by(attempt.claim, 1, 0), lost=False)

    assert attempt.phase is Phase.FILLED
    attempt.succeed()
    assert attempt.answer.result().codes == ("CODE-0", "CODE-1")


async def test_a_claim_that_lost_a_race_recalls_what_is_held() -> None:
    """Another claim under the same reserveId may have been the faster one."""
    attempt = an_attempt(2)

    attempt.took(taken_by(attempt.claim, 0), lost=True)

    assert attempt.phase is Phase.RECALL
    attempt.recalled(taken_by(attempt.claim, 0))
    assert (attempt.phase, attempt.held.empty_positions) == (Phase.TAKE, (1,))


async def test_a_new_reserve_id_that_lost_a_race_knows_what_it_holds() -> None:
    attempt = an_attempt(2, chosen=False)

    attempt.took(taken_by(attempt.claim, 0), lost=True)

    assert (attempt.phase, attempt.held.empty_positions) == (Phase.TAKE, (1,))


async def test_codes_of_another_claim_are_confirmed_before_the_answer() -> None:
    attempt = ClaimAttempt(a_claim(2))
    theirs = taken_by(a_claim(2, at=NOON + TICK), 0, 1)

    attempt.recalled(theirs)
    assert (attempt.phase, attempt.held.unconfirmed) == (Phase.CONFIRM, tuple(theirs))

    attempt.confirmed(all_held=True)
    assert attempt.phase is Phase.FILLED


async def test_a_code_that_was_given_back_before_it_was_confirmed_is_recalled() -> None:
    attempt = ClaimAttempt(a_claim(1))
    attempt.recalled(taken_by(a_claim(1), 0))

    attempt.confirmed(all_held=False)

    assert attempt.phase is Phase.RECALL


async def test_an_assigned_code_needs_no_confirmation() -> None:
    """It cannot be given back."""
    (code,) = taken_by(a_claim(1), 0)
    attempt = ClaimAttempt(a_claim(1))

    attempt.recalled([done(code.assign(MINE, ANN, NOON, STAFF))])

    assert attempt.phase is Phase.FILLED


async def test_a_code_that_another_claim_confirmed_is_no_longer_its_own() -> None:
    """The other caller counts on it, so it is not given back."""
    attempt = an_attempt(2)
    first, second = taken_by(attempt.claim, 0, 1)
    attempt.took([first], lost=True)

    attempt.recalled([later_version(first), second])

    assert attempt.held.own == ()
    assert attempt.phase is Phase.CONFIRM


async def test_a_code_that_was_released_and_taken_again_makes_the_rest_doubtful() -> None:
    """Others may have been released with it."""
    attempt = an_attempt(2)
    first, _ = taken_by(attempt.claim, 0, 1)
    attempt.took([first], lost=True)
    attempt.recalled([first])

    again = done(a_code(first.text).reserve(attempt.claim.hold(1), NOON, STAFF))
    attempt.took([again], lost=False)

    assert attempt.phase is Phase.RECALL
    assert attempt.held.codes == (again,)


async def test_the_second_of_two_different_claims_gives_way() -> None:
    attempt = ClaimAttempt(a_claim(3))

    attempt.recalled(taken_by(a_claim(2), 0))

    assert attempt.phase is Phase.MISMATCHED


async def test_the_first_of_two_different_claims_waits_until_the_other_gave_back() -> None:
    attempt = an_attempt(3)
    mine = taken_by(attempt.claim, 0)
    attempt.took(mine, lost=True)

    attempt.recalled([*mine, *taken_by(a_claim(2), 1)])
    assert attempt.phase is Phase.RECALL

    attempt.recalled(mine)
    assert (attempt.phase, attempt.held.empty_positions) == (Phase.TAKE, (1, 2))


async def test_an_answered_claim_is_over() -> None:
    attempt = an_attempt(1)
    attempt.took(taken_by(attempt.claim, 0), lost=False)
    attempt.succeed()

    assert attempt.phase is Phase.ANSWERED


@pytest.mark.parametrize("chosen", CHOSEN)
async def test_what_was_given_back_is_not_held(*, chosen: bool) -> None:
    attempt = an_attempt(2, chosen=chosen)
    attempt.took(taken_by(attempt.claim, 0), lost=True)

    attempt.gave_back()

    assert attempt.phase is (Phase.RECALL if chosen else Phase.TAKE)
    assert (attempt.held.codes, attempt.held.own) == ((), ())
    assert attempt.held.empty_positions == (0, 1)


async def test_a_claim_that_found_too_few_codes_goes_on_alone() -> None:
    attempt = an_attempt(2)

    attempt.fell_short()

    assert attempt.phase is Phase.SETTLE
    attempt.fail(CodesExhausted(available=1))
    assert isinstance(attempt.answer.exception(), CodesExhausted)


async def test_a_caller_that_has_left_is_not_answered_and_what_was_taken_is_known() -> None:
    """To give it back."""
    attempt = an_attempt(1)
    attempt.answer.cancel()
    taken = taken_by(attempt.claim, 0)

    attempt.took(taken, lost=False)
    attempt.succeed()

    assert attempt.phase is Phase.LEFT
    assert attempt.held.own == tuple(taken)
    with pytest.raises(asyncio.CancelledError):
        attempt.answer.result()


async def test_a_reservation_that_is_completed_keeps_its_times() -> None:
    earlier = taken_by(a_claim(2), 0)
    attempt = ClaimAttempt(a_claim(2, at=NOON + TICK))
    attempt.recalled(earlier)

    hold = done(attempt.reserve(a_code("CODE-1"), 1)).hold

    assert hold is not None
    assert (hold.reserved_at, hold.expires_at, hold.position) == (NOON, NOON + attempt.claim.ttl, 1)
