"""After the demo: how to look at what it made, in the console."""

import signal
from contextlib import suppress
from typing import Final

from entrypoints.cli.demo.processes import House
from entrypoints.cli.demo.story import Story
from entrypoints.cli.token import sign_token

TOKEN_SECONDS: Final = 12 * 3_600
"""The demo's secret is known to the demo only: nothing else can sign another token."""


def tell(story: Story) -> None:
    story.title("\nTo look at it in a browser: `make demo CONSOLE=1`, or `fangate demo --console`.")


def stay(house: House, story: Story, url: str) -> None:
    """Keep the service up until Ctrl-C."""
    token = sign_token(house.signing, "demo", supreme=True, ttl=TOKEN_SECONDS)
    with suppress(KeyboardInterrupt):
        story.title("\nThe service stays up, with everything that the demo made. Look at it in a browser:")
        story.say(f"{url}/console")
        story.title("Sign in with this token:")
        story.say(token)
        story.title("Ctrl-C ends the service.")
        signal.pause()
