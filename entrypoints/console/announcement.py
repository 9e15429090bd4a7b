"""What is published of a draw before its randomness is known."""

from datetime import datetime
from typing import Final

from domain.model.draws.beacons import QUICKNET, DrandRound
from domain.model.draws.draw import Draw
from entrypoints.console.rendering import utc
from entrypoints.console.text import say, text
from entrypoints.http.draws.body import DrawBody
from ports.neighbours import PublicBeacon

MANUAL: Final = text(
    "Randomness: a value that is not known yet. It is named in public, and then given to the draw."
)
_MINUTE: Final = 60
_HOUR: Final = 3_600


def published_at(draw: DrawBody) -> datetime | None:
    """When the round is published. None: the randomness is given by staff."""
    round = draw.manifest.beacon.round
    return QUICKNET.published_at(round) if isinstance(round, int) else None


def round_address(draw: Draw, drand: PublicBeacon) -> str:
    """Where the round is public. Empty where there is none."""
    beacon = draw.manifest.beacon
    return drand.public_address(beacon) if isinstance(beacon, DrandRound) else ""


def remaining(seconds: int) -> str:
    """In words, as exactly as is of use."""
    if seconds >= _HOUR:
        return say(text("{hours} h {minutes} min"), hours=seconds // _HOUR, minutes=seconds % _HOUR // _MINUTE)
    if seconds >= _MINUTE:
        return say(text("{minutes} min {seconds} s"), minutes=seconds // _MINUTE, seconds=seconds % _MINUTE)
    return say(text("{seconds} s"), seconds=seconds)


def announcement(draw: DrawBody, address: str) -> str:
    """As text, for a page of news, a mail or a message. ``address``: of the round."""
    manifest = draw.manifest
    places = ", ".join(f"{market} {count:,}" for market, count in manifest.places.items())
    lines = [
        say(text("Draw {number} of {campaign}"), number=draw.number, campaign=manifest.campaign_id),
        say(text("Announced: {time}"), time=utc(draw.announced_at)),
        say(text("Places: {places}"), places=places),
        say(text("Fans who take part: {entrants}"), entrants=draw.entrants),
        "",
        say(text("SHA-256 of the manifest: {digest}"), digest=draw.manifest_digest),
        say(text("SHA-256 of the list: {digest}"), digest=manifest.list_digest),
        say(text("Merkle root of the list: {root}"), root=manifest.merkle_root),
        say(text("Seed: {seed}"), seed=manifest.seed),
        *_beacon(draw, address),
        "",
        say(text("The manifest: {path}"), path=f"/{manifest.campaign_id}/draws/{draw.draw_id}"),
    ]
    return "\n".join(lines) + "\n"


def _beacon(draw: DrawBody, address: str) -> list[str]:
    at = published_at(draw)
    if at is None:
        return [say(MANUAL)]
    beacon = draw.manifest.beacon
    said = text("Randomness: round {round} of drand, chain {chain}, published at {time}")
    return [
        say(said, round=str(beacon.round), chain=str(beacon.chain), time=utc(at)),
        say(text("The round, from then on: {address}"), address=address),
    ]
