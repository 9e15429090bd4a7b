"""Confirmation tokens: what a fan shows beside the code."""

from typing import Protocol

from domain.model.confirmation import Challenge, ChallengeRef


class ConfirmationTokens(Protocol):
    def issue(self, challenge: Challenge) -> str:
        """A token bound to the fan, the campaign, the phone and the challenge; the same each time it is asked."""
        ...

    def read(self, token: str) -> ChallengeRef:
        """What the token is bound to. Raises InvalidConfirmationToken."""
        ...
