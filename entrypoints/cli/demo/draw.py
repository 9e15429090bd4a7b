"""Fourth act: a draw decides who gets the places, and each fan who has one gets a code.

One function a step, in the order of ``play``.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from entrypoints.cli.demo.codes import TYPE
from entrypoints.cli.demo.crowd import MARKETS, Fan
from entrypoints.cli.demo.outsider import IN_LIST, PROGRAM, check_as_fan
from entrypoints.cli.demo.stage import Answer, DemoFailed, Stage, each
from entrypoints.cli.demo.tickets import GOOD, SOURCE, TARGET

PLACES: Final = {"nyc": 40, "bos": 30, "lax": 30}
TICKETS: Final = sum(PLACES.values())
NO_CONTENT: Final = 204
NOT_FOUND: Final = 404
RANDOM_BYTES: Final = 32
ENOUGH: Final = 5_000
"""Codes on one page: more than the demo assigns."""
MANY: Final = 500
"""Registrations on one page: more than get a place."""

Part = Mapping[Fan, Answer]
"""What each fan in the draw reads about it."""


async def play(stage: Stage) -> None:
    stage.story.title(f"\nThe draw: {TICKETS} places, and more fans than that.")
    entrants = [fan.transferred(SOURCE, TARGET) for fan in stage.crowd.fans]
    entrants = [fan for fan in entrants if fan.will_confirm and fan.score >= GOOD]
    announced = await announce(stage, entrants)
    draw = await run(stage, announced)
    told = await ask_for_each(stage, draw, entrants)
    await fill(stage, draw, told)
    await hand_out_codes(stage, draw)


async def announce(stage: Stage, entrants: Sequence[Fan]) -> Answer:
    story = stage.story
    with story.step(f"The draw is announced: {_words(PLACES)}; for fans with at least {GOOD:g} points"):
        body = {"places": PLACES, "minScore": GOOD, "beacon": {"kind": "manual"}}
        draw = await stage.create("draws", body)
        story.say(f"{draw['entrants']} fans take part. The list is frozen now; its ballots name no fan.")
        story.say(f"To be published, so that no rule can be changed: {draw['manifestDigest']}")
        seen = await stage.get_without_token(f"draws/{draw['drawId']}")
        story.check("every confirmed fan with enough points takes part", draw["entrants"] == len(entrants))
        story.check("the announcement is public, and has nothing personal", _public(stage, draw, seen))
    return draw


async def run(stage: Stage, announced: Answer) -> Answer:
    story = stage.story
    path = f"draws/{announced['drawId']}/run"
    with story.step("The draw is run"):
        story.say("The randomness is this computer's. On the day it is drand's, which no person knows beforehand.")
        draw = await stage.post(path, {"randomness": os.urandom(RANDOM_BYTES).hex()})
        again = await stage.post(path, {})
        story.say(f"{_words(draw['placed'])} got a place; {draw['waitlisted']} fans wait.")
        story.check("every place is given", draw["placed"] == PLACES)
        story.check("nothing that was announced has changed", draw["manifest"] == announced["manifest"])
        story.check("running it again changes nothing", again == draw)
    return draw


async def ask_for_each(stage: Stage, draw: Answer, entrants: Sequence[Fan]) -> Part:
    story = stage.story
    with story.step(f"Each of the {len(entrants)} fans asks for the own result, with a proof"):
        told = dict(zip(entrants, await each(entrants, lambda fan: _own(stage, fan)), strict=True))
        placed = [(fan, own["market"]) for fan, own in told.items() if own["outcome"] == "placed"]
        _tell_result(stage, draw, placed)
        counts = Counter(market for _, market in placed)
        chosen = all(market in fan.markets for fan, market in placed)
        story.check("each fan with a place chose the market, and the numbers add up", chosen and counts == PLACES)
        fan, _ = placed[0]
        if PROGRAM.exists():
            verdict = await check_as_fan(stage, [told[fan]], draw)
            story.say(f"One of them checks the answer with docs/verify_draw.py: {verdict}.")
            story.check("a fan can check the own result alone", verdict.startswith(IN_LIST))
    return told


async def fill(stage: Stage, draw: Answer, told: Part) -> None:
    """A place is free again."""
    story = stage.story
    leaver, market = next((fan, own["market"]) for fan, own in told.items() if own["outcome"] == "placed")
    first = next(fan for fan, own in told.items() if own["waitlist"].get(market) == 1)
    with story.step(f"A fan with a place in {MARKETS[market]} withdraws, with the fan's own token"):
        before = {entry["userId"] for entry in await _selected(stage)}
        left = await stage.send_as(stage.token_of(leaver.id), "DELETE", "entries/me")
        gone = await stage.send("GET", f"entries/{leaver.id}")
        filled = await stage.post(f"draws/{draw['drawId']}/fill", {})
        after = {entry["userId"] for entry in await _selected(stage)}
        for fan in after - before:
            story.say(f"{leaver.id} leaves; {fan} moves up. Nothing is drawn again.")
        story.check(
            "nothing of the registration is left to read",
            (left.status_code, gone.status_code) == (NO_CONTENT, NOT_FOUND),
        )
        moved = (before - after, after - before, filled["offered"])
        story.check(
            "the first who waits moves up, and no other fan", moved == ({leaver.id}, {first.id}, {market: 1})
        )


async def hand_out_codes(stage: Stage, draw: Answer) -> None:
    """The last step: from a registration to a code, all in one campaign."""
    story = stage.story
    path = f"draws/{draw['drawId']}/codes"
    with story.step("Each fan with a place gets a code from the inventory of the first act"):
        fans = {entry["userId"] for entry in await _selected(stage)}
        answer = await stage.post(path, {"type": TYPE})
        again = await stage.post(path, {"type": TYPE})
        inventory = (await stage.get("codes", status="assigned", limit=str(ENOUGH)))["codes"]
        theirs = [(code["assignedTo"], code["code"]) for code in inventory if code["assignedTo"] in fans]
        fan, code = theirs[0]
        story.say(f"{answer['given']} codes were given; {fan} has {code}.")
        story.check("a fan who has a code gets no second one", again == {"given": 0, "waiting": 0})
    story.check(
        f"{len(fans):,} selected fans hold {len(theirs):,} codes, one each",
        sorted(fan for fan, _ in theirs) == sorted(fans),
    )


def _public(stage: Stage, draw: Answer, seen: Answer) -> bool:
    text = str(seen)
    return seen == draw and not any(fan.id in text or fan.phone in text for fan in stage.crowd.fans)


async def _own(stage: Stage, fan: Fan) -> Answer:
    answer = await stage.send_as(stage.token_of(fan.id), "GET", "entries/me/draws")
    if not answer.is_success:
        raise DemoFailed(f"GET entries/me/draws was answered {answer.status_code}: {answer.text}")
    own: Answer = answer.json()[0]
    return own


async def _selected(stage: Stage) -> Sequence[Answer]:
    entries: Sequence[Answer] = (await stage.get("entries", selection="selected", limit=str(MANY)))["entries"]
    return entries


def _tell_result(stage: Stage, draw: Answer, placed: Sequence[tuple[Fan, str]]) -> None:
    """By market: the places by the rank that the fan gave the market, and the key of the last fan placed."""
    stage.story.say(f"  {'':<14}{'placed':>7}{'1st':>5}{'2nd':>5}{'3rd':>5}   cutoff")
    for market in PLACES:
        ranks = Counter(fan.markets.index(market) for fan, got in placed if got == market)
        numbers = "".join(f"{ranks[rank]:>5}" for rank in range(len(PLACES)))
        cutoff = draw["cutoffs"][market]
        key = f"{cutoff['key'][:12]}…" if cutoff else "places are left"
        stage.story.say(f"  {MARKETS[market]:<14}{ranks.total():>7}{numbers}   {key}")


def _words(places: Mapping[str, int]) -> str:
    return ", ".join(f"{places[market]} in {name}" for market, name in MARKETS.items() if market in places)
