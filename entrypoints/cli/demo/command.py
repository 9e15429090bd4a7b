"""``demo``: shows the main job from start to end on a real service, step by step."""

import asyncio
import secrets
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

import click
import httpx2
from rich.console import Console

from entrypoints.cli.demo import codes, draw, fans, looking, outsider, staff, tickets
from entrypoints.cli.demo.crowd import Crowd, gather
from entrypoints.cli.demo.processes import House, furnish, run, service, worker
from entrypoints.cli.demo.sms import SmsSink, sms_sink
from entrypoints.cli.demo.stage import CALLERS, DemoFailed, Stage
from entrypoints.cli.demo.story import Story
from entrypoints.cli.token import sign_token

HOLD_SECONDS: Final = 6.0
"""Short enough to see a hold lapse, long enough for a slow machine to use the hold first."""
ANSWER_SECONDS: Final = 120.0
TOKEN_SECONDS: Final = 3_600

ACTS: Final[tuple[Callable[[Stage], Awaitable[None]], ...]] = (
    codes.play,
    fans.play,
    tickets.play,
    draw.play,
    staff.play,
    outsider.play,
)


@click.command(
    epilog="""Examples:

\b
  fangate demo
  fangate demo --console"""
)
@click.option("--console", "stays", is_flag=True, help="Then keep the service up, to look at the console.")
def demo(stays: bool) -> None:
    """Show the main job from start to end, on FANGATE_STORE or in memory."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    # A process that a script starts in the background ignores Ctrl-C: listen to it again.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    story = Story(Console())
    crowd = gather(f"demo-{secrets.token_hex(4)}")
    try:
        with tempfile.TemporaryDirectory(prefix="fangate-demo-") as folder, sms_sink() as phones:
            house = furnish(Path(folder), hold_seconds=HOLD_SECONDS, crowd=crowd, sms_url=phones.url)
            _perform(house, story, crowd, phones, stays)
    except DemoFailed as failure:
        raise click.ClickException(str(failure)) from None
    if story.failed:
        sys.exit(1)


def _end(number: int, _: object) -> NoReturn:
    """Stop with an exception, so that every process that the demo started is ended."""
    sys.exit(128 + number)


def _perform(house: House, story: Story, crowd: Crowd, phones: SmsSink, stays: bool) -> None:
    story.title("Fangate: from a file of codes to a code in a fan's hand")
    if not house.in_memory:
        run(house, "migrate")
    token = sign_token(house.signing, "demo", supreme=True, ttl=TOKEN_SECONDS)
    with service(house) as url, worker(house):
        where = "in memory" if house.in_memory else "in MongoDB"
        story.title(f"The service runs at {url} and keeps everything {where}; the campaign is {crowd.campaign}.")
        asyncio.run(_play(house, story, url=url, token=token, crowd=crowd, phones=phones))
        if stays:
            looking.stay(house, story, url)
    if not stays:
        looking.tell(story)


async def _play(house: House, story: Story, *, url: str, token: str, crowd: Crowd, phones: SmsSink) -> None:
    async with httpx2.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        limits=httpx2.Limits(max_connections=CALLERS, max_keepalive_connections=CALLERS),
        timeout=ANSWER_SECONDS,
        trust_env=False,
    ) as client:
        stage = Stage(
            client=client,
            story=story,
            campaign=crowd.campaign,
            folder=house.folder,
            hold_seconds=HOLD_SECONDS,
            crowd=crowd,
            phones=phones,
            token_of=partial(sign_token, house.signing, supreme=False, ttl=TOKEN_SECONDS),
            helper_token=lambda scope: sign_token(
                house.signing,
                "helper",
                supreme=True,
                ttl=TOKEN_SECONDS,
                scopes=[scope],
                campaigns=[crowd.campaign],
            ),
        )
        for act in ACTS:
            await act(stage)
