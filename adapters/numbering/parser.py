"""Reading phone numbers with Google's numbering plans."""

import re
from collections.abc import Iterator
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType

from domain.model.errors import InvalidValue
from domain.model.phones import PhoneNumber

SPELLING: Final = re.compile(r"[0-9+().\- ]{5,25}")
"""Less than the library takes: no letters (1-800-FLOWERS), no digits of other scripts, no extensions."""
NO_MESSAGES: Final = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
"""Numbers that cannot get a text message, or must not: sending to them costs us and may pay a fraudster."""


class LibPhoneNumbers:
    """PhoneNumbers with the ``phonenumbers`` library.

    Landlines pass: many of them take messages, and in much of the world they cannot be told from mobiles.
    """

    def parse(self, text: str, region: str | None) -> PhoneNumber:
        """A leading ``00`` means ``+``, whatever is dialled in ``region``: fans write it everywhere.

        Only where that makes no valid number it is read as dialled there (Australia's ``0011 46 …``).
        """
        if SPELLING.fullmatch(text) is None:
            raise InvalidValue("phone", "must be 5 to 25 digits, spaces and + ( ) . -")
        number = next(_valid(text, region), None)
        if number is None:
            raise InvalidValue("phone", "is not a valid phone number")
        if phonenumbers.number_type(number) in NO_MESSAGES:
            raise InvalidValue("phone", "is a kind of number that no code can be sent to")
        return PhoneNumber(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _valid(text: str, region: str | None) -> Iterator[phonenumbers.PhoneNumber]:
    """What ``text`` can mean, the most likely first."""
    for spelling in _spellings(text):
        try:
            number = phonenumbers.parse(spelling, region.upper() if region else None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            yield number


def _spellings(text: str) -> Iterator[str]:
    if text.lstrip(" (").startswith("00"):
        yield "+" + text.lstrip(" (").removeprefix("00")
    yield text
