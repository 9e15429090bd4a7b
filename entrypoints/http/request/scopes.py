"""What narrows a token of staff: the scopes in its claim ``scope``, the campaigns in its claim ``campaigns``.

A token can only be narrowed, so what is in doubt allows less: an unknown scope allows nothing, and a claim of a
wrong shape is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

PREFIX: Final = "fangate:"
_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{0,64}\*|[A-Za-z0-9_-]{1,64}")
CAMPAIGN_PATTERN_RULE: Final = "must be the id of a campaign; a * at its end stands for any rest"


class Scope(StrEnum):
    """Each of them but ``READ`` includes reading its own area."""

    READ = "fangate:read"
    CODES = "fangate:codes"
    ENTRIES = "fangate:entries"
    DRAWS = "fangate:draws"
    OPERATE = "fangate:operate"
    PRIVACY = "fangate:privacy"


class MalformedClaim(ValueError):
    """A claim that narrows has a shape that nothing can be read from."""

    def __init__(self, claim: str) -> None:
        super().__init__(claim)
        self.claim = claim


@dataclass(frozen=True, slots=True)
class Narrowing:
    """None: the token is not narrowed in this."""

    scopes: frozenset[Scope] | None = None
    campaigns: tuple[str, ...] | None = None
    """Ids. A ``*`` at the end of one stands for any rest."""

    @property
    def narrows(self) -> bool:
        return self.scopes is not None or self.campaigns is not None

    def allows(self, sufficient: frozenset[Scope]) -> bool:
        """May the token call an operation for which one of these scopes is enough?"""
        return self.scopes is None or not self.scopes.isdisjoint(sufficient)

    def reaches(self, campaign_id: str) -> bool:
        """The empty id stands for all campaigns: only a token for all of them reaches it."""
        return self.campaigns is None or any(_fits(campaign_id, pattern) for pattern in self.campaigns)


NOT_NARROWED: Final = Narrowing()


def is_campaign_pattern(text: str) -> bool:
    return _PATTERN.fullmatch(text) is not None


def narrowing_of(claims: Mapping[str, Any]) -> Narrowing:
    """Raises MalformedClaim."""
    return Narrowing(
        scopes=_scopes(claims["scope"]) if "scope" in claims else None,
        campaigns=_campaigns(claims["campaigns"]) if "campaigns" in claims else None,
    )


def _scopes(claim: Any) -> frozenset[Scope] | None:
    """A text without any ``fangate:`` is about other services. Where it has one in an unexpected place, the claim
    narrows, and allows only what it names exactly."""
    if not isinstance(claim, str):
        raise MalformedClaim("scope")
    if PREFIX not in claim.lower():
        return None
    named = set(claim.split(" "))
    return frozenset(scope for scope in Scope if scope in named)


def _campaigns(claim: Any) -> tuple[str, ...]:
    """An empty list reaches no campaign."""
    if not isinstance(claim, list) or not all(isinstance(one, str) and is_campaign_pattern(one) for one in claim):
        raise MalformedClaim("campaigns")
    return tuple(claim)


def _fits(campaign_id: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return campaign_id.startswith(pattern[:-1])
    return campaign_id == pattern
