"""Reading phone numbers with Google's numbering plans."""

from collections.abc import Iterator
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from adapters.numbering.spelling import spelled, spellings
from domain.model.errors import InvalidValue
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.regions import REGIONS

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
        typed = spelled(text)
        region = region.upper() if region else None
        number = next(_valid(typed, region), None)
        if number is None:
            raise InvalidValue("phone", _what_to_do(typed, region))
        if phonenumbers.number_type(number) in NO_MESSAGES:
            raise InvalidValue("phone", "is a kind of number that no code can be sent to")
        return _e164(number)

    def country(self, phone: PhoneNumber) -> str | None:
        """Of territories that share a country's code, the one whose area or operator the number begins with."""
        region: str | None = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
        return region if region in REGIONS else None


def _valid(typed: str, region: str | None) -> Iterator[phonenumbers.PhoneNumber]:
    """What ``typed`` can mean, the most likely first; spellings of former plans come last (``+52 1 55 …``)."""
    read = [number for spelling in spellings(typed) if (number := _read(spelling, region)) is not None]
    yield from filter(phonenumbers.is_valid_number, read)
    today = (_read(phone_key(_e164(number)), None) for number in read)
    yield from (number for number in today if number is not None and phonenumbers.is_valid_number(number))


def _read(spelling: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(spelling, region)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> PhoneNumber:
    return PhoneNumber(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _what_to_do(typed: str, region: str | None) -> str:
    if typed.startswith(("+", "00", "(+")):
        return "is not a valid phone number: check the country code and the digits"
    if region is None:
        return "must begin with + and the country code, as in +1 212 555 0123"
    return f"is not a valid phone number in {region}: from other countries write + and the country code"
