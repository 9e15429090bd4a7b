"""Parses phone numbers with the ``phonenumbers`` library (Google's numbering plans)."""

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
"""Numbers that cannot get a text message, or must not: premium numbers cost money and may be a fraud."""


class LibPhoneNumbers:
    """PhoneNumbers with the ``phonenumbers`` library.

    Landlines are accepted: many of them take messages, and in many countries they look like mobile numbers.
    """

    def __init__(self) -> None:
        # Python's own cache has 512 patterns. The plans of all regions have more, so numbers of many regions would
        # compile patterns again and again: 410 µs for a number instead of 60.
        phonenumbers.enable_pattern_cache()

    def parse(self, text: str, region: str | None) -> PhoneNumber:
        """A leading ``00`` means ``+`` in all regions, because fans everywhere write it.

        When that is not a valid number, it is read as dialled in ``region`` (Australia's ``0011 46 …``).
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
        """When territories share a country code, the area or operator of the number decides."""
        region: str | None = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
        return region if region in REGIONS else None


def _valid(typed: str, region: str | None) -> Iterator[phonenumbers.PhoneNumber]:
    """The valid numbers that ``typed`` can mean, the most likely first. Old spellings come last (``+52 1 55
    …``)."""
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
