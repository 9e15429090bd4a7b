"""What the audit log keeps of draws."""

import re
from typing import Final

from domain.model.audit.changes import Audited, Outcome, done
from domain.model.audit.records import Facts
from domain.model.draws.beacons import DrandRequest
from domain.model.draws.draw import Draw
from domain.model.ids import DrawId
from domain.usecases.draws.announce_draw import AnnounceDrawCommand
from domain.usecases.draws.fill_draw import FillDrawCommand, Filled
from domain.usecases.draws.give_codes import CodesGiven, GiveCodesCommand
from domain.usecases.draws.run_draw import RunDrawCommand

_DRAW_ID: Final = re.compile(r"[0-9a-f]{32}")


def _announce_asked(command: AnnounceDrawCommand) -> Facts:
    """Markets must be known ones, since they are any text before that is checked. The name of an attribute is."""
    beacon = command.beacon
    return {
        "markets": tuple(command.places),
        "places": sum(command.places.values()),
        "tiers": tuple(map(str, command.tiers)),
        "weights": len(command.weights),
        "minScore": command.min_score,
        "exclude": tuple(status.value for status in command.exclude),
        "grouped": command.group_by is not None,
        "beacon": "drand" if isinstance(beacon, DrandRequest) else "manual",
        "round": beacon.round if isinstance(beacon, DrandRequest) else None,
    }


def _announced(draw: Draw) -> Outcome:
    manifest = draw.manifest
    facts = {"drawId": draw.id, "number": draw.number, "entrants": manifest.entrants}
    return done(changed=True, **facts, manifestDigest=manifest.digest)


def draw_asked(draw_id: DrawId) -> Facts:
    """The id comes from a path, where a caller may write any text."""
    return {"drawId": draw_id} if _DRAW_ID.fullmatch(draw_id) else {}


ANNOUNCE: Final[Audited[AnnounceDrawCommand, Draw]] = Audited(
    operation="announceDraw", asked=_announce_asked, outcome=_announced
)
ABORT: Final[Audited[DrawId, Draw]] = Audited(
    operation="abortDraw",
    asked=draw_asked,
    outcome=lambda draw: done(number=draw.number, status=draw.status.value),
)


def _run_asked(command: RunDrawCommand) -> Facts:
    return {**draw_asked(command.draw_id), "manual": command.randomness is not None}


def _ran(draw: Draw) -> Outcome:
    number, status, result = draw.number, draw.status.value, draw.result
    if result is None:
        return done(number=number, status=status)
    placed = sum(result.placed.values())
    return done(
        number=number,
        status=status,
        placed=placed,
        waitlisted=result.waitlisted,
        resultDigest=result.result_digest,
    )


def _fill_asked(command: FillDrawCommand) -> Facts:
    """Markets are any text before they are checked, so only their places are kept."""
    return {**draw_asked(command.draw_id), "places": sum(command.places.values())}


RUN: Final[Audited[RunDrawCommand, Draw]] = Audited(operation="runDraw", asked=_run_asked, outcome=_ran)


def _codes_asked(command: GiveCodesCommand) -> Facts:
    return {**draw_asked(command.draw_id), "type": command.type.value}


FILL: Final[Audited[FillDrawCommand, Filled]] = Audited(
    operation="fillDraw",
    asked=_fill_asked,
    outcome=lambda filled: done(
        changed=bool(filled.offered), number=filled.draw.number, offered=sum(filled.offered.values())
    ),
)
CODES: Final[Audited[GiveCodesCommand, CodesGiven]] = Audited(
    operation="giveDrawCodes",
    asked=_codes_asked,
    outcome=lambda codes: done(changed=codes.given > 0, given=codes.given, waiting=codes.waiting),
)
