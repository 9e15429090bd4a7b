"""Mail addresses as people type and paste them."""

from typing import Final

from domain.model.errors import InvalidValue
from domain.model.registrations.typed_text import TYPED_LIMIT, typed_text

MAX_EMAIL_LENGTH: Final = 254
EMAIL_RULE: Final = f"must be a mail address: one @, no spaces, at most {MAX_EMAIL_LENGTH} characters"


def read_email(text: str) -> str:
    """The address in ``text``, trimmed. Raises InvalidValue. Only the mail server knows the exact rules."""
    if len(text) > TYPED_LIMIT:
        raise InvalidValue("email", EMAIL_RULE)
    address = typed_text(text)
    mailbox, _, domain = address.partition("@")
    well_formed = mailbox and domain and "@" not in domain and " " not in address and address.isprintable()
    if not well_formed or len(address) > MAX_EMAIL_LENGTH:
        raise InvalidValue("email", EMAIL_RULE)
    return address


def email_key(address: str) -> str:
    """The same for all spellings of an address that differ only in case."""
    return address.casefold()
