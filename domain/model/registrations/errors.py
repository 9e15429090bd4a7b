"""Errors of registrations: campaigns, fans, phones, confirmation codes and the files of scores."""

from collections.abc import Sequence

from domain.model.errors import DomainError
from domain.model.files.errors import unreadable_detail


class CampaignNotFound(DomainError):
    """There is no such campaign."""

    code = "campaign.not_found"


class CampaignNotOpen(DomainError):
    """The campaign does not take registrations now."""

    code = "campaign.not_open"


class UserNotFound(DomainError):
    """There is no such fan."""

    code = "user.not_found"


class EntryNotFound(DomainError):
    """This fan is not registered for the campaign."""

    code = "entry.not_found"


class EntryWithdrawn(DomainError):
    """The registration was withdrawn while this request was under way. To take part, register again."""

    code = "entry.withdrawn"


class GatesClosed(DomainError):
    """The fan does not meet what the campaign asks for."""

    code = "gate.closed"

    def __init__(self, gates: Sequence[str]) -> None:
        super().__init__()
        self.gates = tuple(gates)


class PhoneUnavailable(DomainError):
    """This number cannot be used for this campaign."""

    code = "phone.unavailable"


class PhoneCountry(DomainError):
    """The campaign sends no codes to numbers of this country."""

    code = "phone.country"

    def __init__(self, *, countries: str) -> None:
        """``countries``: the countries that the campaign sends codes to."""
        super().__init__(countries=countries)


class InvalidConfirmationToken(DomainError):
    """The confirmation token is not one of ours, or not this fan's."""

    code = "confirmation.invalid_token"


class ConfirmationSuperseded(DomainError):
    """The phone was changed, or a newer code was sent."""

    code = "confirmation.superseded"


class ConfirmationExpired(DomainError):
    """The code is too old; ask for another."""

    code = "confirmation.expired"


class ConfirmationExhausted(DomainError):
    """Too many wrong codes; ask for another."""

    code = "confirmation.exhausted"


class WrongConfirmationCode(DomainError):
    """That is not the code that was sent."""

    code = "confirmation.wrong_code"

    def __init__(self, *, attempts_left: int) -> None:
        super().__init__(attemptsLeft=attempts_left)


class ConfirmationTooSoon(DomainError):
    """Another code can be sent later."""

    code = "confirmation.too_soon"

    def __init__(self, *, seconds: int) -> None:
        super().__init__(retryAfter=seconds)
        self.seconds = seconds


class BudgetUsedUp(DomainError):
    """One fan may use no more numbers, be sent no more codes, or fail no more challenges for now."""

    code = "confirmation.budget"

    def __init__(self, *, budget: str, seconds: int) -> None:
        super().__init__(budget=budget, retryAfter=seconds)
        self.seconds = seconds


class NothingToConfirm(DomainError):
    """The phone of this registration is confirmed already."""

    code = "confirmation.not_pending"


class ScoreFileNotFound(DomainError):
    """There is no file under this key."""

    code = "scoring.file_not_found"


class ScoreFileUnreadable(DomainError):
    """The file is not text in UTF-8, or UTF-16 with a byte order mark. Save it as CSV in UTF-8."""

    code = "scoring.file_unreadable"

    def __init__(self, *, line: int, what: str = "") -> None:
        """``what``: what the file is instead, in words."""
        super().__init__(line=line)
        self.line = line
        self.what = what

    @property
    def detail(self) -> str:
        return unreadable_detail(
            self.line, self.what, "Upload the scores as CSV: text in UTF-8, one fan per line."
        )


class ScoreFileAmbiguous(DomainError):
    """Nothing was stored: the first line is no record, and does not name the columns userId and score."""

    code = "scores.file_ambiguous"

    def __init__(self, *, line: int) -> None:
        super().__init__(line=line)

    @property
    def detail(self) -> str:
        return (
            "Let the first line name the columns, such as userId,score or userId,score,selection in any order, "
            "with one of , ; tab | between them."
        )
