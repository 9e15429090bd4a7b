"""Third act: which fans are eligible, and what a moved concert changes in the rankings.

Each answer is checked against a simple calculation over the fans of the demo.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from entrypoints.cli.demo.crowd import MARKETS, Fan
from entrypoints.cli.demo.stage import Answer, Stage

GOOD: Final = 50.0
BEST: Final = 80.0
SOURCE, TARGET = "chi", "lax"
RANKS: Final = len(MARKETS)


async def play(stage: Stage) -> None:
    registered = [fan for fan in stage.crowd.fans if fan.passes]
    await ask_who_is_eligible(stage, _confirmed(registered))
    registered = await transfer(stage, registered)
    await break_down(stage, registered)


async def ask_who_is_eligible(stage: Stage, confirmed: Sequence[Fan]) -> None:
    story = stage.story
    with story.step(f"Which fans are eligible, with a score of at least {GOOD:g}?"):
        good = [fan for fan in confirmed if fan.score >= GOOD]
        answer = await stage.get("entries/eligibility", minScore=str(GOOD))
        story.say(f"{answer['eligible']} fans; by market, and by the rank that they gave it:")
        _tell_table(stage, answer["byMarket"], "eligible")
        counted = answer["eligible"], _table(answer["byMarket"], "eligible")
        story.check(
            "each number is the same as a count over the demo's fans", counted == (len(good), _by_hand(good))
        )
        first = MARKETS[TARGET]
        narrow = await stage.get("entries/eligibility", minScore=str(BEST), market=TARGET, maxRank="1")
        wanted = sum(fan.score >= BEST and fan.markets[0] == TARGET for fan in confirmed)
        story.say(f"{narrow['eligible']} have {first} as their first choice and a score of at least {BEST:g}.")
        story.check("market, rank and score count together", narrow["eligible"] == wanted)


async def transfer(stage: Stage, registered: Sequence[Fan]) -> list[Fan]:
    """Returns the fans after the transfer."""
    story = stage.story
    with story.step(
        f"The concert of {MARKETS[SOURCE]} moves to {MARKETS[TARGET]}: first a dry run, then the move"
    ):
        move = {"from": SOURCE, "to": TARGET}
        promised = await stage.post("entries/transfer", move | {"dryRun": True})
        before = _table((await _counted(stage))["byMarket"], "total")
        done = await stage.post("entries/transfer", move)
        again = await stage.post("entries/transfer", move)
        story.say(f"{done['matched']} fans chose it: {done['moved']} moved, {done['merged']} had chosen both.")
        both = sum({SOURCE, TARGET} <= set(fan.markets) for fan in registered)
        chose = sum(SOURCE in fan.markets for fan in registered)
        wanted = {"matched": chose, "moved": chose - both, "merged": both}
        story.check(
            "the dry run counted the same and changed nothing",
            promised == wanted and before == _by_hand(registered),
        )
        story.check("the move did what the dry run had counted", done == wanted)
        story.check("a repeat finds nothing left to move", set(again.values()) == {0})
    return [fan.transferred(SOURCE, TARGET) for fan in registered]


async def break_down(stage: Stage, registered: Sequence[Fan]) -> None:
    story = stage.story
    with story.step("All registrations, by market and rank"):
        answer = await _counted(stage)
        _tell_table(stage, answer["byMarket"], "total")
        pending, confirmed = (answer["byStatus"][status] for status in ("pending_confirmation", "confirmed"))
        story.say(f"{answer['total']} registrations: {confirmed} confirmed, {pending} not.")
        story.check(
            "each number is the same as a count over the demo's fans after the move",
            _table(answer["byMarket"], "total") == _by_hand(registered),
        )
        story.check(
            "confirmed and not confirmed add up to all registrations",
            (answer["total"], confirmed) == (len(registered), len(_confirmed(registered)))
            and pending + confirmed == answer["total"],
        )


async def _counted(stage: Stage) -> Answer:
    return await stage.get("entries/count")


def _confirmed(fans: Sequence[Fan]) -> list[Fan]:
    return [fan for fan in fans if fan.will_confirm]


Table = Mapping[str, tuple[int, list[int]]]
"""How many fans chose each market, and at which rank."""


def _table(rows: Sequence[Answer], total: str) -> Table:
    return {row["market"]: (row[total], row["byRank"]) for row in rows}


def _by_hand(fans: Sequence[Fan]) -> Table:
    table = {}
    for market in MARKETS:
        ranks = [fan.markets.index(market) for fan in fans if market in fan.markets]
        table[market] = len(ranks), [ranks.count(rank) for rank in range(RANKS)]
    return table


def _tell_table(stage: Stage, rows: Sequence[Answer], total: str) -> None:
    stage.story.say(f"  {'':<14}{'all':>6}{'1st':>6}{'2nd':>6}{'3rd':>6}{'4th':>6}")
    for row in rows:
        numbers = "".join(f"{number:>6,}" for number in (row[total], *row["byRank"]))
        stage.story.say(f"  {MARKETS[row['market']]:<14}{numbers}")
