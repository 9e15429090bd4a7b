"""Fifth act: staff's other work. A narrowed token, a search, an erasure, the audit log.

One function a step, in the order of ``play``.
"""

from collections import Counter
from typing import Final

from entrypoints.cli.demo.crowd import Fan
from entrypoints.cli.demo.stage import Answer, DemoFailed, Stage

READ: Final = "fangate:read"


async def play(stage: Stage) -> None:
    stage.story.title("\nThe day after: staff answer fans, and each other.")
    selected = await _selected(stage)
    await refuse_a_helper(stage, selected[0])
    await find_a_caller(stage, selected[0])
    await erase(stage, selected[1])
    await read_the_log(stage)


async def refuse_a_helper(stage: Stage, fan: Fan) -> None:
    story = stage.story
    with story.step("A helper has a token that may only read, and only this campaign"):
        token = stage.helper_token(READ)
        count = await stage.send_as(token, "GET", "entries/count")
        body = {"userIds": [fan.id], "selection": "declined"}
        select = await stage.send_as(token, "POST", "entries/selection", json=body)
        other = await stage.send_as(token, "GET", "/another-tour/entries/count")
        refused = [answer.json().get("code") for answer in (select, other)]
        story.say(
            f"Counting is answered {count.status_code}; selecting {refused[0]}; another campaign {refused[1]}."
        )
        story.check("the token allows no more than it says", refused == ["auth.scope", "auth.campaign"])


async def find_a_caller(stage: Stage, fan: Fan) -> None:
    """The number is typed as on the telephone."""
    story = stage.story
    with story.step(f"A fan calls: “My number is {fan.typed}. Did I win?”"):
        found = (await stage.get("entries", phone=fan.typed))["entries"]
        names = [entry["userId"] for entry in found]
        for change in (entry := found[0])["history"]:
            story.say(f"  {change['at'][11:19]}  {change['event']:<16} by {change['by']}")
        story.check("the search finds this fan alone", names == [fan.id])
        story.check(
            "the history begins with the fan and ends with the selection by staff",
            (entry["history"][0]["by"], entry["history"][-1]["event"]) == (fan.id, "selected"),
        )


async def erase(stage: Stage, fan: Fan) -> None:
    story = stage.story
    with story.step("Another fan demands to be erased: first a dry run, then the erasure"):
        promised = await stage.post("/privacy/erasures", {"userId": fan.id, "dryRun": True})
        done = await stage.post("/privacy/erasures", {"userId": fan.id})
        story.say(f"Found: {_words(promised['found'])}.")
        held = (await stage.get("/privacy/export", userId=fan.id))["held"]
        code = (await stage.get("codes", userId=done["pseudonym"]))["codes"]
        story.say(f"The code that the fan had is now assigned to {done['pseudonym']}.")
        story.check("nothing of the fan remains", not any(done["remaining"].values()) and not any(held.values()))
        story.check("the code is not given out again", [one["status"] for one in code] == ["assigned"])


async def read_the_log(stage: Stage) -> None:
    story = stage.story
    with story.step("The audit log has every change that staff made in this run"):
        rows = (await stage.get("/audit", campaignId=stage.campaign, limit="1000"))["records"]
        erasures = (await stage.get("/audit", operation="erasePerson", limit="1"))["records"]
        for operation, count in sorted(Counter(row["operation"] for row in rows).items()):
            story.say(f"  {operation:<24}{count:>5}")
        outcomes = Counter((row["outcome"] or {}).get("result") for row in (*rows, *erasures))
        story.check("every change has a row, with its outcome", outcomes.keys() == {"done"})
        text = str(rows)
        story.check("no row has a phone number", not any(fan.phone in text for fan in stage.crowd.fans))


async def _selected(stage: Stage) -> list[Fan]:
    """Fans who are selected, as staff see them."""
    page = await stage.get("entries", selection="selected", limit="500")
    known = {fan.id: fan for fan in stage.crowd.fans}
    selected = [known[entry["userId"]] for entry in page["entries"]]
    if not selected:
        raise DemoFailed("no fan is selected")
    return selected


def _words(found: Answer) -> str:
    return ", ".join(f"{count} {place}" for place, count in found.items() if count)
