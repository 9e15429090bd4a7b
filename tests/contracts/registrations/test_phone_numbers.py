"""What PhoneNumbers promises: one number has one spelling here, however fans write it."""

import re
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.numbering.parser import LibPhoneNumbers
from domain.model.errors import InvalidValue
from domain.model.registrations.phones import PhoneNumber
from ports.phones import PhoneNumbers

NUMBERS: PhoneNumbers = LibPhoneNumbers()
E164 = re.compile(r"\+[0-9]{4,15}")
SWEDISH = "+46701234567"
AMERICAN = "+12015550123"


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+46701234567", "SE", SWEDISH),
        ("+46 70 123 45 67", None, SWEDISH),
        ("+46 (0)70-123 45 67", "US", SWEDISH),
        ("+46.70.123.45.67", "GB", SWEDISH),
        ("0701234567", "SE", SWEDISH),
        ("070-123 45 67", "SE", SWEDISH),
        ("070-123 45 67", "se", SWEDISH),
        ("0046701234567", "SE", SWEDISH),
        ("0046 70 123 45 67", "US", SWEDISH),
        ("(0046) 70 123 45 67", "US", SWEDISH),
        (" 0046701234567 ", None, SWEDISH),
        ("011 46 70 123 45 67", "US", SWEDISH),
        ("0011 46 70 123 45 67", "AU", SWEDISH),
        ("+1 (201) 555-0123", "US", AMERICAN),
        ("(201) 555-0123", "US", AMERICAN),
        ("1-201-555-0123", "US", AMERICAN),
        ("001 201 555 0123", "US", AMERICAN),
        ("001 201 555 0123", "SE", AMERICAN),
        ("+44 20 7946 0958", "GB", "+442079460958"),
        ("06 698 12345", "IT", "+390669812345"),
        ("+49 1512 3456789", None, "+4915123456789"),
        # As fans paste it from contacts, messages and web pages.
        ("tel:+1-201-555-0123", None, AMERICAN),
        ("tel:%2B12015550123", None, AMERICAN),
        ("Tel. 201/555-0123", "US", AMERICAN),
        ("\u202d+1\u00a0201\u20135550123\u202c\n", None, AMERICAN),
        ("+1\t2015550123", None, AMERICAN),
        ("＋１ ２０１ ５５５ ０１２３", None, AMERICAN),  # noqa: RUF001  # full-width digits
        ("٢٠١٥٥٥٠١٢٣", "US", AMERICAN),
        ("+९१ ९८७६५ ४३२१०", None, "+919876543210"),
        ("+44 (0) 20 7946 0958", None, "+442079460958"),
        ("+39 (0)6 698 12345", None, "+390669812345"),
        # As it was spelled in the plan before.
        ("+52 1 55 1234 5678", None, "+525512345678"),
        ("044 55 1234 5678", "MX", "+525512345678"),
        ("(11) 8765-4321", "BR", "+5511987654321"),
        ("+229 97 12 34 56", None, "+2290197123456"),
        # Both spellings are valid: it stays as it was written.
        ("+54 9 11 2345 6700", None, "+5491123456700"),
        ("+54 11 2345 6700", None, "+541123456700"),
    ],
)
def test_every_spelling_of_a_number_is_the_number(text: str, region: str | None, number: str) -> None:
    assert NUMBERS.parse(text, region) == number


REFUSED = {
    "nothing": ("", "US"),
    "spaces": ("        ", "US"),
    "a word": ("not a number", "US"),
    "letters for digits": ("1-800-FLOWERS", "US"),
    "letters in a good number": ("+1 201 555 O123", "US"),
    "an extension": ("+1 201 555 0123 x5", "US"),
    "an extension as the standard has it": ("+12015550123;ext=5", "US"),
    "too short to look at": ("+123", "US"),
    "too short": ("+1201555", "US"),
    "an emergency number": ("00112", "SE"),
    "too long": ("+120155501234567", "US"),
    "too many digits": ("+1 201 555 0123 201 555 0124", "US"),
    "too long to look at": ("+1" + " " * 120 + "2015550123", "US"),
    "a sign that no number has": ("+1 201 555 0123;", "US"),
    "an area code that is not": ("+1 199 555 0123", "US"),
    "a country that is not": ("+999 12345678", "US"),
    "two pluses in the middle": ("+1 201+555+0123", "US"),
    "of no country, and the region missing": ("070-123 45 67", None),
    "of no country, and the region unknown": ("070-123 45 67", "XX"),
    "of no country, and the region empty": ("070-123 45 67", ""),
    "of another region": ("070-123 45 67", "US"),
    "premium rate": ("+1 900 555 0123", "US"),
    "premium rate, dialled at home": ("0901 234 5678", "GB"),
    "toll free": ("+1 800 555 0123", "US"),
    "toll free everywhere": ("+800 1234 5678", None),
    "shared cost": ("+49 1803 123456", None),
    "a pager": ("+44 7600 123456", None),
    "a number that follows a person": ("+44 70 1234 5678", None),
    "a company's": ("+44 300 000 0000", None),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_does_not_repeat_the_input(what: str) -> None:
    text, region = REFUSED[what]

    with pytest.raises(InvalidValue) as refused:
        NUMBERS.parse(text, region)

    assert refused.value.field == "phone"
    assert not any(digits in refused.value.reason for digits in text.split() if len(digits) > 2)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "number", ["+46 8 123 456", "+44 20 7946 0958", "+39 06 698 12345"], ids=["Stockholm", "London", "Rome"]
)
def test_a_landline_is_a_valid_number(number: str) -> None:
    assert NUMBERS.parse(number, None) == number.replace(" ", "")


@settings(derandomize=True, deadline=None, max_examples=500)
@given(
    text=st.text(st.sampled_from("0123456789+()-. "), max_size=27) | st.text(max_size=12),
    region=st.sampled_from(["US", "SE", "AU", "IT", "BR", "001", "XX", "", None]),
)
@example(text="(((((", region="US")
@example(text="00000", region="US")
@example(text="+++++", region=None)
def test_whatever_is_typed_is_a_number_or_refused(text: str, region: str | None) -> None:
    with suppress(InvalidValue):
        assert E164.fullmatch(NUMBERS.parse(text, region))


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    number=st.sampled_from([SWEDISH, AMERICAN, "+442079460958", "+390669812345", "+4915123456789"]),
    spaces=st.lists(st.integers(1, 14), max_size=5),
    zeros=st.booleans(),
    region=st.sampled_from(["US", "SE", "IT", "GB", "DE", None]),
)
def test_with_its_country_a_number_is_the_same_everywhere(
    number: str, spaces: list[int], zeros: bool, region: str | None
) -> None:
    text = number
    for place in sorted(spaces, reverse=True):
        text = f"{text[:place]} {text[place:]}"
    if zeros:
        text = text.replace("+", "00")

    assert NUMBERS.parse(text, region) == number


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+12015550123", "US"),
        ("+14165550123", "CA"),
        ("+18095550123", "DO"),
        ("+442070313000", "GB"),
        ("+447781123456", "GG"),
        ("+881612345678", None),
    ],
)
def test_a_number_is_of_a_country_also_where_countries_share_a_code(number: str, country: str | None) -> None:
    assert NUMBERS.country(PhoneNumber(number)) == country
