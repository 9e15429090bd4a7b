"""Digests of telephones and callers, as keys of documents. They get into error messages and logs.

There are few numbers: a plain digest can be tried out. So each has a key, which the database does not know.
"""

import hashlib
import hmac
from typing import Final

from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber

LENGTH: Final = 32
PLAIN_LENGTH: Final = 64
"""Of the plain digests of version 0.2 and before."""


def number_key(phone: PhoneNumber, key: bytes) -> str:
    """The same for all spellings of one telephone."""
    return keyed(hashlib.sha256(phone_key(phone).encode()).hexdigest(), key)


def keyed(text: str, key: bytes) -> str:
    """The keyed digest of a plain one, or of other text. So what was stored under a plain one can be stored anew,
    without the number."""
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()[:LENGTH]
