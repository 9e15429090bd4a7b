"""Confirming that a phone belongs to the fan: a one-time code by SMS, five attempts, ten minutes by default.

The code is not stored, only a keyed hash of it. A stolen database does not reveal codes without the key.
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
"""Six digits together, or three and three, which are not part of a longer number (such as a phone number)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One code that was sent to one phone, for one fan in one campaign."""

    id: str
    campaign_id: CampaignId
    user_id: UserId
    phone: PhoneNumber = field(repr=False)
    code_hash: bytes = field(repr=False)
    expires_at: datetime
    attempts: int = 0
    """Counted before the comparison, so that parallel attempts are all counted."""
    answered: bool = False
    """The right code was among the attempts. The same answer, sent again by a second click, is accepted then."""

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
        """The value of ``code_hash`` if ``code`` is the code that was sent."""
        return _hash(key, code, self.id, self.campaign_id, self.user_id, self.phone)

    def answered_by(self, code: str, key: bytes) -> bool:
        """Is ``code`` the code that was sent? Compares in constant time."""
        return hmac.compare_digest(self.code_hash, self.hash_of(code, key))

    @property
    def closed(self) -> bool:
        """No more attempts are counted or compared."""
        return self.exhausted and not self.answered

    def attempt(self, code_hash: bytes) -> "Challenge":
        """Count one more attempt."""
        answered = self.answered or hmac.compare_digest(self.code_hash, code_hash)
        return replace(self, attempts=self.attempts + 1, answered=answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeRef:
    """The content of a confirmation token: the challenge, fan, campaign and phone that it is valid for."""

    challenge_id: str
    campaign_id: CampaignId
    user_id: UserId
    phone_digest: str
    """A digest, not the number itself, because browsers keep tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationRules:
    """The rules that the operator sets."""

    key: bytes = field(repr=False)
    ttl: timedelta
    phone_block_ttl: timedelta


def new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def typed_code(text: str) -> str | None:
    """The six digits of a code, as people type and paste it. None when ``text`` does not contain exactly one code.

    Reads ``123 456``, ``G-123456``, ``1 2 3 4 5 6``, digits of any script, and a whole message with one number of
    six digits. The number may be there twice, as in messages that browsers read.
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
    """The code in ``text``. Raises InvalidValue with a hint what to type."""
    code = typed_code(text)
    if code is None:
        raise InvalidValue(
            "code", "must hold exactly one number of six digits: type the six digits of the message"
        )
    return code


def _digits_of(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _hash(key: bytes, *code_and_binding: str) -> bytes:
    return hmac.digest(key, "\0".join(code_and_binding).encode(), hashlib.sha256)


def phone_digest(phone: PhoneNumber, key: bytes) -> str:
    return hmac.digest(key, phone.encode(), hashlib.sha256).hex()[:32]
