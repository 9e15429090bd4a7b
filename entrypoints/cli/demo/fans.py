"""Second act: a thousand fans register, confirm their phones, and are scored.

One function a step, in the order of ``play``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx2

from entrypoints.cli.demo.crowd import FANS, MARKETS, Fan
from entrypoints.cli.demo.stage import CALLERS, Answer, DemoFailed, Stage, each

CREATED: Final = 201
OK: Final = 200
ALL_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    fan: Fan
    answer: httpx2.Response

    @property
    def entry(self) -> Answer:
        entry: Answer = self.answer.json()
        return entry

    @property
    def taken(self) -> bool:
        return self.answer.status_code == CREATED

    @property
    def waits_for_code(self) -> bool:
        return self.taken and self.entry["confirmation"] is not None


async def play(stage: Stage) -> None:
    stage.story.title(f"\n{FANS:,} fans want to go; the tour plays in {', '.join(MARKETS.values())}.")
    registrations = await register(stage)
    waiting = [one for one in registrations if one.waits_for_code]
    if not waiting:
        raise DemoFailed(f"no registration waits for a code; one was answered: {registrations[0].answer.text}")
    await read_phones(stage, waiting)
    await mistype(stage, waiting)
    await confirm(stage, waiting)
    await refuse_duplicate(stage)
    await score(stage)


async def register(stage: Stage) -> list[Registration]:
    story, fans = stage.story, stage.crowd.fans
    with story.step(f"{len(fans):,} fans register over HTTP, {CALLERS} at a time, each with a token of their own"):
        story.say("The campaign is for the invited, with a linked Spotify account and a verified card.")
        registrations = await each(fans, lambda fan: _register(stage, fan))
        taken = [one for one in registrations if one.taken]
        refused = [one for one in registrations if not one.taken]
        story.say(f"{len(taken):,} are registered; {len(refused)} were refused at the gates:")
        named = [(one.fan, _gates_named(one.answer)) for one in refused]
        for gate, count in sorted(Counter(gate for _, gates in named for gate in gates).items()):
            story.say(f"  {gate:<32}{count:>4}")
        story.check(
            "every fan who meets the conditions is registered", {one.fan.id for one in taken} == _passing(fans)
        )
        story.check(
            "each refusal names every missing condition at once",
            all(gates == fan.lacks for fan, gates in named),
        )
        story.check(
            "every number is stored in one spelling", all(one.entry["phone"] == one.fan.phone for one in taken)
        )
    return registrations


async def read_phones(stage: Stage, waiting: Sequence[Registration]) -> None:
    story = stage.story
    with story.step("A number that the account has verified is confirmed at once; the other fans are sent a code"):
        wanted = {fan.phone for fan in stage.crowd.fans if fan.passes and not fan.vouched}
        reached, one_reads = stage.phones.reached, stage.phones.read(waiting[0].fan.phone)
        story.say(f"{sum(reached.values()):,} messages were sent. One reads: {one_reads}")
        story.check(
            "one message went to each number that needs one, and none to any other",
            reached == dict.fromkeys(wanted, 1) and {one.fan.phone for one in waiting} == wanted,
        )


async def mistype(stage: Stage, waiting: Sequence[Registration]) -> None:
    story = stage.story
    with story.step("A fan mistypes the code"):
        clumsy = next(one for one in waiting if not one.fan.silent)
        code = int(stage.phones.code(clumsy.fan.phone))
        refusal = (await _confirm(stage, clumsy, f"{(code + 1) % 1_000_000:06}")).json()
        story.say(f"{refusal.get('code')}: {refusal.get('attemptsLeft')} attempts are left.")
        answered = refusal.get("code"), refusal.get("attemptsLeft")
        story.check("a wrong code confirms nothing", answered == ("confirmation.wrong_code", ALL_ATTEMPTS - 1))


async def confirm(stage: Stage, waiting: Sequence[Registration]) -> None:
    story = stage.story
    awake = [one for one in waiting if not one.fan.silent]
    with story.step(f"{len(awake)} fans type the code that they were sent; {len(waiting) - len(awake)} do not"):
        answers = await each(awake, lambda one: _confirm(stage, one, stage.phones.code(one.fan.phone)))
        confirmed = [answer for answer in answers if answer.status_code == OK]
        story.say(f"{len(confirmed)} phones are confirmed.")
        story.check(
            "every right code was accepted, also after a wrong one",
            len(confirmed) == len(awake) and all(answer.json()["status"] == "confirmed" for answer in confirmed),
        )


async def refuse_duplicate(stage: Stage) -> None:
    story = stage.story
    with story.step("A stranger registers with a number that a fan has confirmed"):
        taken = next(fan.phone for fan in stage.crowd.fans if fan.will_confirm)
        latecomer = stage.crowd.latecomer
        answer = await stage.post_as(latecomer.id, "entries", latecomer.registration(phone=taken))
        story.say(f"Answered {answer.status_code} {answer.json().get('code')}, without the name of its owner.")
        refused = (answer.status_code, answer.json().get("code"))
        story.check("one number, one fan", refused == (409, "phone.unavailable"))


async def score(stage: Stage) -> None:
    story, fans = stage.story, stage.crowd.fans
    with story.step(f"The scoring service uploads scores for all {len(fans):,}"):
        records = [{"userId": fan.id, "score": fan.score} for fan in fans]
        answer = await stage.post("entries/scoring", {"records": records})
        reasons = Counter(problem["reason"] for problem in answer["problems"])
        story.say(f"{answer['upserted']} scores were stored, {answer['rejected']} rejected: {_words(reasons)}.")
        turned_away = sum(not fan.passes for fan in fans)
        silent = sum(fan.passes and fan.silent for fan in fans)
        story.check(
            "a score is kept for confirmed phones only",
            answer["upserted"] == sum(fan.will_confirm for fan in fans)
            and reasons == {"no_entry": turned_away, "phone_not_confirmed": silent},
        )


async def _register(stage: Stage, fan: Fan) -> Registration:
    return Registration(fan=fan, answer=await stage.post_as(fan.id, "entries", fan.registration()))


async def _confirm(stage: Stage, registration: Registration, code: str) -> httpx2.Response:
    body = {"token": registration.entry["confirmation"]["token"], "code": code}
    return await stage.post_as(registration.fan.id, "entries/confirm", body)


def _gates_named(answer: httpx2.Response) -> tuple[str, ...]:
    return tuple(error.get("code", "") for error in answer.json().get("errors", ()))


def _passing(fans: Sequence[Fan]) -> set[str]:
    return {fan.id for fan in fans if fan.passes}


def _words(reasons: "Counter[str]") -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in sorted(reasons.items()))
