"""What the values of the API are called on screen, and how they look. Others are shown as they are."""

from enum import Enum
from typing import Final, NamedTuple

from entrypoints.console.text import say, text


class Word(NamedTuple):
    name: str
    tone: str = "neutral"
    """``good``, ``warn``, ``bad``, ``accent`` or ``neutral``."""


WORDS: Final = {
    # A registration
    "pending_confirmation": Word(text("Not confirmed"), "warn"),
    "confirmed": Word(text("Confirmed"), "good"),
    # What staff or a draw decided
    "none": Word(text("Undecided")),
    "selected": Word(text("Selected"), "good"),
    "waitlisted": Word(text("Waitlisted"), "accent"),
    "declined": Word(text("Declined")),
    # Fraud detection and the account's score
    "clear": Word(text("Clear"), "good"),
    "review": Word(text("To review"), "warn"),
    "flagged": Word(text("Flagged"), "bad"),
    "unavailable": Word(text("Did not answer"), "warn"),
    "not_asked": Word(text("Not asked")),
    "scored": Word(text("Scored"), "good"),
    "pending": Word(text("Pending"), "warn"),
    # What happened to a registration
    "created": Word(text("Registered"), "good"),
    "updated": Word(text("Changed")),
    "phone_confirmed": Word(text("Phone confirmed"), "good"),
    "transferred": Word(text("Moved to another market"), "accent"),
    "withdrawn": Word(text("Withdrawn")),
    "erased": Word(text("Erased")),
    # A code, and what happened to it
    "available": Word(text("Available"), "good"),
    "reserved": Word(text("Reserved"), "accent"),
    "assigned": Word(text("Assigned")),
    "imported": Word(text("Imported")),
    "released": Word(text("Released")),
    "expired": Word(text("Hold over"), "warn"),
    # An import
    "running": Word(text("Running"), "accent"),
    "completed": Word(text("Completed"), "good"),
    "failed": Word(text("Failed"), "bad"),
    "checked": Word(text("Checked"), "accent"),
    # Why a row of a file was not stored, or wants a look
    "not_printable": Word(text("It has an invisible character"), "bad"),
    "too_long": Word(text("It is longer than 128 characters"), "bad"),
    "badly_quoted": Word(text("Its quotes do not match"), "bad"),
    "spreadsheet_error": Word(text("It is an error of a spreadsheet"), "bad"),
    "spreadsheet_number": Word(text("A spreadsheet has made a number of it"), "bad"),
    "spreadsheet_formula": Word(text("It is a formula of a spreadsheet"), "bad"),
    "placeholder": Word(text("It stands for nothing, such as N/A"), "warn"),
    "footer": Word(text("It is a line of totals"), "warn"),
    "comment": Word(text("It is a comment"), "warn"),
    "curly_quotes": Word(text("It has typographic quotes"), "bad"),
    "address": Word(text("It is a web or mail address"), "bad"),
    "header": Word(text("It names the columns")),
    "look_alike": Word(text("Stored, but it looks like another code"), "warn"),
    # A draw, and why a fan takes no part in it
    "announced": Word(text("Announced"), "accent"),
    "drawn": Word(text("Drawn"), "good"),
    "aborted": Word(text("Aborted")),
    "unconfirmed": Word(text("The phone is not confirmed")),
    "selected_before": Word(text("Decided before")),
    "fraud": Word(text("The fraud status is excluded")),
    "score": Word(text("No score, or too low a one")),
    "market": Word(text("Chose no market with places")),
    "group": Word(text("Another of the group takes part")),
    # A campaign
    "draft": Word(text("Draft")),
    "open": Word(text("Open"), "good"),
    "closed": Word(text("Closed")),
}


FACTS: Final = {
    "at": text("When"),
    "attemptsLeft": text("Attempts left"),
    "available": text("Codes available"),
    "budget": text("What is used up"),
    "countries": text("Countries of the campaign"),
    "invalid": text("Rows that are no codes"),
    "limit": text("At most"),
    "line": text("Line"),
    "part": text("The part of the system"),
    "reason": text("Reason"),
    "retryAfter": text("Seconds to wait"),
    "round": text("Round of drand"),
    "total": text("Codes in all"),
}
"""What the facts of an error are called on screen."""


def fact_of(name: str) -> str:
    return say(FACTS[name]) if name in FACTS else name


def word_of(value: str | Enum) -> Word:
    found = WORDS.get(str(value))
    return Word(str(value)) if found is None else Word(say(found.name), found.tone)


def choices(values: type[Enum]) -> list[tuple[str, str]]:
    """The values of an enumeration, as options of a form."""
    return [(str(value), word_of(value).name) for value in values]
