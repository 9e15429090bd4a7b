"""First act: a file of codes is imported, and fans get codes.

One function a step, in the order of ``play``.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from entrypoints.cli.demo.stage import Answer, Stage
from entrypoints.cli.demo.upload import Upload, generate

TYPE: Final = "tm"
FILENAME: Final = "batch-1.csv"
CALLERS: Final = 64
HELD: Final = 10
"""Codes that each caller reserves. A code that is neither assigned nor released lapses."""
ASSIGNED: Final = 6
RELEASED: Final = 2
LAPSING: Final = HELD - ASSIGNED - RELEASED
LATE: Final = 100
"""Codes still held when the counts are read, so that no count is zero."""
LAPSE_MARGIN_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The codes that one caller reserved."""

    id: str
    codes: Sequence[str]
    expires_at: datetime

    @property
    def for_fans(self) -> Sequence[str]:
        return self.codes[:ASSIGNED]

    @property
    def given_back(self) -> Sequence[str]:
        return self.codes[ASSIGNED : ASSIGNED + RELEASED]

    @property
    def left_to_lapse(self) -> Sequence[str]:
        return self.codes[ASSIGNED + RELEASED :]


async def play(stage: Stage) -> None:
    upload = generate()
    await import_file(stage, upload)
    await import_again(stage, upload)
    holds = await reserve_at_once(stage)
    await repeat_request(stage, holds[0])
    await assign_to_fans(stage, holds)
    await release_unused(stage, holds)
    await let_lapse(stage, holds)
    await tell_history(stage, holds[0].left_to_lapse[0])
    await count_up(stage, upload)


async def import_file(stage: Stage, upload: Upload) -> None:
    story = stage.story
    with story.step(f"Upload a file of {upload.inserted:,} codes over HTTP, and import it"):
        stored = await stage.upload(f"uploads/{TYPE}/{FILENAME}", upload.content)
        story.say(
            f"The file has {upload.rows:,} lines, a BOM and CRLF line ends; some codes are quoted or padded."
        )
        story.say(f"It is stored as {stored['key']}, {stored['bytes']:,} bytes.")
        report = await _import(stage)
        _tell_import(stage, report)
        for problem in report["problems"]:
            story.say(f"  line {problem['line']:,} was left out: {problem['reason']}")
        found = {name: report[name] for name in ("rows", "inserted", "duplicates", "blank", "invalid")}
        wanted = {name: getattr(upload, name) for name in found}
        story.check(
            "every code of the file is stored once, and every other line is in the report", found == wanted
        )


async def import_again(stage: Stage, upload: Upload) -> None:
    story = stage.story
    with story.step("Import the same file again, as after a crash"):
        report = await _import(stage)
        _tell_import(stage, report)
        again = upload.inserted + upload.duplicates
        nothing_new = (report["inserted"], report["duplicates"]) == (0, again)
        story.check("nothing was stored twice", nothing_new)


async def reserve_at_once(stage: Stage) -> list[Hold]:
    story = stage.story
    with story.step(f"{CALLERS} callers reserve {HELD} codes each, all at once"):
        holds = await asyncio.gather(*(_reserve(stage, HELD) for _ in range(CALLERS)))
        codes = {code for hold in holds for code in hold.codes}
        story.say(f"All {len(holds)} were served; one holds {holds[0].codes[0]}, {holds[0].codes[1]}, …")
        story.say(f"They hold {len(codes):,} codes for {stage.hold_seconds:g} s (in production: 24 h).")
        story.check("no code is held by two callers", len(codes) == CALLERS * HELD)
    return holds


async def repeat_request(stage: Stage, hold: Hold) -> None:
    story = stage.story
    with story.step("One caller did not get the answer and repeats the request with the same reserveId"):
        again = await _reserve(stage, HELD, hold.id)
        story.check("the answer is the same codes, held until the same instant", again == hold)


async def assign_to_fans(stage: Stage, holds: Sequence[Hold]) -> None:
    story = stage.story
    with story.step(f"Each caller gives {ASSIGNED} of its codes to fans, for ever"):
        answers = await asyncio.gather(*(_assign(stage, hold.id, hold.for_fans) for hold in holds))
        given = sum(len(answer["assigned"]) for answer in answers)
        first = answers[0]["assigned"][0] if answers[0]["assigned"] else {"userId": "no fan", "code": "no code"}
        story.say(f"{given:,} codes were assigned; {first['userId']} has {first['code']}.")
        story.check(f"all {len(holds) * ASSIGNED:,} fans have their code", given == len(holds) * ASSIGNED)


async def release_unused(stage: Stage, holds: Sequence[Hold]) -> None:
    story = stage.story
    with story.step(f"Each caller gives {RELEASED} codes back, and tries to take back an assigned one"):
        requests = (
            stage.post("release", {"reserveId": hold.id, "codes": [*hold.given_back, hold.for_fans[0]]})
            for hold in holds
        )
        answers = await asyncio.gather(*requests)
        released = sum(answer["released"] for answer in answers)
        reasons = [rejected["reason"] for answer in answers for rejected in answer["rejected"]]
        story.say(f"{released:,} codes are available again; {len(reasons)} were refused: {_words(reasons)}.")
        story.check("held codes go back", released == len(holds) * RELEASED)
        story.check("assigned codes never do", reasons == ["assigned"] * len(holds))


async def let_lapse(stage: Stage, holds: Sequence[Hold]) -> None:
    story = stage.story
    with story.step("The callers are slow: the codes that they still hold lapse"):
        before = await _counts(stage)
        story.say(f"Held now: {before['reserved']:,}.")
        last = max(hold.expires_at for hold in holds) - datetime.now(UTC)
        with story.waiting("Waiting for the holds to lapse …"):
            await asyncio.sleep(max(0.0, last.total_seconds()) + LAPSE_MARGIN_SECONDS)
        after = await _counts(stage)
        story.say(f"A moment later: {after['reserved']:,} held, {after['available']:,} available.")
        story.check("every lapsed hold is an available code again", after["reserved"] == 0)
        answer = await _assign(stage, holds[0].id, holds[0].left_to_lapse)
        reasons = [rejected["reason"] for rejected in answer["rejected"]]
        story.say(f"A caller who comes too late is refused: {_words(reasons)}.")
        story.check("a lapsed hold gives no right to a code", reasons == ["expired"] * LAPSING)


async def tell_history(stage: Stage, code: str) -> None:
    story = stage.story
    with story.step(f"What happened to the code {code}?"):
        answer = await stage.get("codes/history", code=code)
        for line in answer["history"]:
            story.say(f"{line['at']}  {line['event']:<9} by {line['by']}")
        events = [line["event"] for line in answer["history"]]
        story.check("its history is complete", events == ["imported", "reserved", "expired"])


async def count_up(stage: Stage, upload: Upload) -> None:
    """The sum of the counts must be the number of imported codes."""
    story = stage.story
    with story.step(f"A last caller holds {LATE} codes; then the counts"):
        await _reserve(stage, LATE)
        counts = await _counts(stage)
        story.say(f"{counts['total']:,} codes are in the campaign.")
        story.check(f"{LATE} are reserved", counts["reserved"] == LATE)
        story.check("each of the fans' codes is assigned", counts["assigned"] == CALLERS * ASSIGNED)
    available, reserved, assigned = (counts[status] for status in ("available", "reserved", "assigned"))
    story.check(
        f"available {available:,} + reserved {reserved:,} + assigned {assigned:,} = imported {upload.inserted:,}",
        available + reserved + assigned == upload.inserted,
    )


async def _import(stage: Stage) -> Answer:
    return await stage.post("codes", {"key": f"codes/{stage.campaign}/{TYPE}/{FILENAME}"})


def _tell_import(stage: Stage, report: Answer) -> None:
    counts = ", ".join(f"{report[name]:,} {name}" for name in ("duplicates", "blank", "invalid"))
    stage.story.say(f"{report['rows']:,} rows read: {report['inserted']:,} inserted, {counts}.")


async def _reserve(stage: Stage, count: int, reserve_id: str | None = None) -> Hold:
    chosen = {"reserveId": reserve_id} if reserve_id else {}
    answer = await stage.post("reserve", {"type": TYPE, "count": count} | chosen)
    expires_at = datetime.fromisoformat(answer["expiresAt"])
    return Hold(id=answer["reserveId"], codes=answer["codes"], expires_at=expires_at)


async def _assign(stage: Stage, reserve_id: str, codes: Sequence[str]) -> Answer:
    assignments = [{"code": code, "userId": f"fan-of-{code}"} for code in codes]
    return await stage.post("assign", {"reserveId": reserve_id, "assignments": assignments})


async def _counts(stage: Stage) -> Answer:
    counts: Answer = (await stage.get("codes/count", type=TYPE))["total"]
    return counts


def _words(reasons: Sequence[str]) -> str:
    """Each reason once, in words."""
    return ", ".join(sorted({reason.replace("_", " ") for reason in reasons})) or "no reason given"
