"""Errors of draws."""

from domain.model.errors import DomainError


class DuplicateBallot(DomainError):
    """Two entries have the same ballotId. They were not made by this service; no draw is announced."""

    code = "draw.duplicate_ballot"


class DrawNotFound(DomainError):
    """There is no such draw."""

    code = "draw.not_found"


class DrawAborted(DomainError):
    """The draw was aborted. It keeps its number and stays visible; announce a new one."""

    code = "draw.aborted"


class DrawNotAnnounced(DomainError):
    """The draw is running or drawn already. Only an announced draw can be aborted."""

    code = "draw.not_announced"


class DrawNotDrawn(DomainError):
    """The draw is not drawn yet. Run it first."""

    code = "draw.not_drawn"


class DrawTooEarly(DomainError):
    """The round of the beacon that decides this draw is not published yet."""

    code = "draw.too_early"

    def __init__(self, *, round: int, at: str, seconds: int) -> None:
        """``at``: when the round is published. ``seconds``: how long that is from now."""
        super().__init__(round=round, at=at, retryAfter=seconds)
        self.seconds = seconds


class RandomnessMismatch(DomainError):
    """The draw runs, or was drawn, with other randomness. A draw has one result."""

    code = "draw.randomness"


class BeaconNotGenuine(DomainError):
    """The beacon's answer was not used: the network did not sign it for this round. Try another server."""

    code = "draw.beacon_not_genuine"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)


class BallotsMissing(DomainError):
    """An earlier release wrote some registrations last: they have no ballot, or their markets are not those that a
    draw reads. Run fangate migrate when the last process of that release is gone."""

    code = "draw.ballots_missing"
