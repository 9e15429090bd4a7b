"""Two numbers of one telephone have one key; numbers of different telephones have different keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber

DIGITS = st.text("0123456789", min_size=4, max_size=14)
NUMBERS = st.builds(
    "+{}{}".format,
    st.sampled_from(
        [
            "54",
            "549",
            "52",
            "521",
            "55",
            "5511",
            "229",
            "22901",
            "220",
            "241",
            "972",
            "377",
            "386",
            "353",
            "1",
            "39",
            "44",
        ]
    ),
    DIGITS,
).map(PhoneNumber)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+5491123456700", "+541123456700"),
        ("+525512345678", "+5215512345678"),
        ("+525512345678", "+520445512345678"),
        ("+525512345678", "+520455512345678"),
        ("+5511987654321", "+551187654321"),
        ("+5511977654321", "+551177654321"),
        ("+2290197123456", "+22997123456"),
        ("+220877123456", "+2207123456"),
        ("+24166123456", "+24106123456"),
        ("+24166123456", "+2416123456"),
        ("+970599123456", "+972599123456"),
        ("+38344123456", "+37744123456"),
        ("+3780549886377", "+390549886377"),
        ("+442890241234", "+3534890241234"),
        ("+508411010", "+33508411010"),
    ],
)
def test_two_spellings_of_one_telephone_have_one_key(one: str, other: str) -> None:
    assert phone_key(PhoneNumber(one)) == phone_key(PhoneNumber(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+390612345678", "+39612345678"),  # Italy's leading 0 is part of the number.
        ("+551132345678", "+5511932345678"),  # A landline of São Paulo, and a mobile.
        ("+5491123456700", "+5491123456701"),
        ("+541123456700", "+542223456700"),
        ("+12125550123", "+12125550124"),
        ("+46701234567", "+467012345678"),
    ],
)
def test_two_telephones_have_different_keys(one: str, other: str) -> None:
    assert phone_key(PhoneNumber(one)) != phone_key(PhoneNumber(other))


@given(NUMBERS)
def test_the_key_of_a_key_is_the_key(phone: PhoneNumber) -> None:
    key = phone_key(phone)

    assert phone_key(PhoneNumber(key)) == key
