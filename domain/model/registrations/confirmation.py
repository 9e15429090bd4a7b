"""Proving that a phone is one's own: a code by SMS, a few tries, a short time.

The code itself is never kept, only a keyed hash of it: without the key, a thief of the database learns nothing.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId, UserId, new_id
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.typed_text import TYPED_LIMIT, typed_text

CODE_DIGITS: Final = 6
MAX_ATTEMPTS: Final = 5

_ONLY_DIGITS: Final = re.compile(r"[0-9 .-]*")
_SIX_DIGITS: Final = re.compile(
    r"(?<![0-9])[0-9]{6}(?![0-9])|(?<![0-9])(?<![0-9][ -])[0-9]{3}[ -][0-9]{3}(?![0-9]|[ -][0-9])"
)
"""In one piece, or as two threes that belong to no longer number (a telephone's)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One code on its way to one phone, for one fan in one campaign."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    phone: PhoneNumber = field(repr=False)
    code_hash: bytes = field(repr=False)
    expires_at: datetime
    attempts: int = 0
    """Counted before the comparison, so that parallel guesses gain nothing."""
    answered: bool = False
    """The right code was among the attempts. The same answer, sent again by a second click, is then no guess."""

    @classmethod
    def open(
        cls,
        campaign_id: CampaignId,
        user_id: UserId,
        phone: PhoneNumber,
        code: str,
        *,
        key: bytes,
        expires_at: datetime,
    ) -> "Challenge":
        id = new_id()
        return cls(
            id=id,
            campaign_id=campaign_id,
            user_id=user_id,
            phone=phone,
            code_hash=_hash(key, code, id, campaign_id, user_id, phone),
            expires_at=expires_at,
        )

    def expired(self, now: datetime) -> bool:
        return self.expires_at <= now

    @property
    def exhausted(self) -> bool:
        return self.attempts >= MAX_ATTEMPTS

    @property
    def attempts_left(self) -> int:
        return max(0, MAX_ATTEMPTS - self.attempts)

    def hash_of(self, code: str, key: bytes) -> bytes:
        """What ``code_hash`` is if ``code`` is the one that was sent."""
        return _hash(key, code, self.id, self.campaign_id, self.user_id, self.phone)

    def answered_by(self, code: str, key: bytes) -> bool:
        """Is ``code`` the one that was sent? In constant time."""
        return hmac.compare_digest(self.code_hash, self.hash_of(code, key))

    @property
    def closed(self) -> bool:
        """No more attempts are counted, and so none are compared."""
        return self.exhausted and not self.answered

    def attempt(self, code_hash: bytes) -> "Challenge":
        """One attempt more."""
        answered = self.answered or hmac.compare_digest(self.code_hash, code_hash)
        return replace(self, attempts=self.attempts + 1, answered=answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeRef:
    """What a confirmation token is bound to."""

    challenge_id: str
    campaign_id: CampaignId
    user_id: UserId
    phone_digest: str
    """Of the number, not the number: tokens travel and are kept by browsers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationRules:
    """What the operator chose."""

    key: bytes = field(repr=False)
    ttl: timedelta
    phone_block_ttl: timedelta


def new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def typed_code(text: str) -> str | None:
    """The six digits of a code as people type and paste it; None where ``text`` does not hold one such number.

    ``123 456``, ``G-123456``, ``1 2 3 4 5 6``, digits of any script, and a whole message, if just one number in it
    has six digits (it may be there twice, as in messages that browsers read).
    """
    if len(text) > TYPED_LIMIT:
        return None
    typed = typed_text(text)
    if _ONLY_DIGITS.fullmatch(typed):
        digits = _digits_of(typed)
        return digits if len(digits) == CODE_DIGITS else None
    numbers = {_digits_of(number) for number in _SIX_DIGITS.findall(typed)}
    return numbers.pop() if len(numbers) == 1 else None


def read_code(text: str) -> str:
    """The code in ``text``. Raises InvalidValue, saying what to type."""
    code = typed_code(text)
    if code is None:
        raise InvalidValue(
            "code", "must hold exactly one number of six digits: type the six digits of the message"
        )
    return code


def _digits_of(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _hash(key: bytes, *code_and_what_it_is_good_for: str) -> bytes:
    return hmac.digest(key, "\0".join(code_and_what_it_is_good_for).encode(), hashlib.sha256)


def phone_digest(phone: PhoneNumber, key: bytes) -> str:
    return hmac.digest(key, phone.encode(), hashlib.sha256).hex()[:32]
