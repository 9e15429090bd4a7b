"""What the operations of the audit log are called on screen. One that is missing here is shown by its id."""

from collections.abc import Mapping
from typing import Final

from entrypoints.console.text import say, text

ACTS: Final[Mapping[str, str]] = {
    "uploadCodes": text("Uploaded a file of codes"),
    "importCodes": text("Imported codes"),
    "withdrawImport": text("Took an import back"),
    "reserveCodes": text("Reserved codes"),
    "assignCodes": text("Assigned codes"),
    "releaseCodes": text("Released codes"),
    "register": text("Registered a fan"),
    "confirmPhone": text("Confirmed a phone"),
    "resendCode": text("Sent another confirmation code"),
    "viewEntry": text("Looked at a fan"),
    "withdrawEntry": text("Withdrew a registration"),
    "withdrawMyEntry": text("Withdrew the own registration"),
    "liftPhoneBlock": text("Lifted the block of a number"),
    "freePhone": text("Freed a number"),
    "uploadScores": text("Uploaded a file of scores"),
    "scoreEntries": text("Scored fans"),
    "selectEntries": text("Decided about fans"),
    "transferEntries": text("Moved fans to another market"),
    "announceDraw": text("Announced a draw"),
    "runDraw": text("Ran a draw"),
    "fillDraw": text("Filled places of a draw"),
    "giveDrawCodes": text("Gave codes to placed fans"),
    "abortDraw": text("Aborted a draw"),
    "retryParked": text("Put parked messages back"),
    "erasePerson": text("Erased a person"),
    "purgeClosed": text("Purged closed campaigns"),
}


def act_of(operation: str) -> str:
    return say(ACTS[operation]) if operation in ACTS else operation
