"""A draw computed again, in public."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from domain.model.draws.verification import Difference, Step
from domain.model.ids import CampaignId, DrawId
from domain.usecases.draws.verify_draw import Lines, VerifyDrawCommand
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.screens.draws import ONE, draw_id, now_of, read
from entrypoints.console.text import text
from entrypoints.http.draws.body import DrawBody
from entrypoints.http.draws.reading import export_draw_results
from entrypoints.http.response.answers import Reply

Export = Callable[[CampaignId, DrawId], Awaitable[AsyncIterator[Sequence[bytes]]]]
MEANS: Final = {
    Step.MANIFEST: text("The manifest has the published digest."),
    Step.ANSWER: text("What is published beside the manifest says the same as the manifest."),
    Step.RANDOMNESS: text("The randomness has the right form, and is that of the draw."),
    Step.LIST: text("Each line of the list is whole and in its order; the list has the digest of the manifest."),
    Step.MERKLE_ROOT: text("The list gives the Merkle root of the manifest."),
    Step.RESULTS: text("The draw, computed again, gives each line, digest and number of the results."),
    Step.CUTOFFS: text("The last turns that got a place are the published ones."),
}
"""In the order in which they are checked."""
NAMES: Final = {
    Step.MANIFEST: text("Manifest"),
    Step.ANSWER: text("Figures beside the manifest"),
    Step.RANDOMNESS: text("Randomness"),
    Step.LIST: text("List"),
    Step.MERKLE_ROOT: text("Merkle root"),
    Step.RESULTS: text("Results"),
    Step.CUTOFFS: text("Cutoffs"),
}


class Verdict(NamedTuple):
    name: str
    means: str
    agrees: bool | None
    """None: a step before differs, so this one was not looked at."""
    detail: str = ""


@Page(path=f"{ONE}/verify", operation=export_draw_results)
async def verify(desk: Desk) -> Reply:
    """Computing a large draw takes longer: the verdicts come after the page."""
    verdicts = await _verdicts(desk) if desk.whole and _typed(desk) else None
    return desk.show("draw_verify.html", **await now_of(desk), typed=_typed(desk), verdicts=verdicts)


@Page(path=f"{ONE}/verified", operation=export_draw_results)
async def verified_part(desk: Desk) -> Reply:
    return desk.show("draw_verified.html", verdicts=await _verdicts(desk))


def _typed(desk: Desk) -> str:
    return "".join(desk.fields.one("randomness").split())


async def _verdicts(desk: Desk) -> list[Verdict]:
    """Raises DrawNotFound, DrawNotDrawn."""
    draws, where = desk.app.draws, (desk.campaign_id, draw_id(desk))
    body = DrawBody.of(await read(desk))
    await draws.export_results(*where)  # Raises before the draw is drawn.
    command = VerifyDrawCommand(
        manifest=msgspec.json.encode(body),
        list=_lines(draws.export_list, *where),
        results=_lines(draws.export_results, *where),
        randomness=_typed(desk),
    )
    return verdicts_of(await draws.verify(command))


def _lines(export: Export, campaign_id: CampaignId, draw_id: DrawId) -> Lines:
    """The stored lines. Other requests are answered between two batches."""

    async def batches() -> AsyncIterator[Sequence[bytes]]:
        async for batch in await export(campaign_id, draw_id):
            yield batch
            await asyncio.sleep(0)

    return batches


def verdicts_of(difference: Difference | None) -> list[Verdict]:
    """All steps agree before the one that differs; those after it are not known."""
    verdicts, agrees = [], True
    for step, means in MEANS.items():
        differs = difference is not None and difference.step is step
        detail: Any = difference.detail if differs and difference else ""
        verdicts.append(Verdict(NAMES[step], means, False if differs else True if agrees else None, detail))
        agrees = agrees and not differs
    return verdicts
