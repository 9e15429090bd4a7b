"""The phone key: the same for all numbers of one telephone. Some numbering plans give a telephone two numbers.

All rules compare keys: confirmed numbers, blocks, budgets, search. The key is only compared. Callers see the
number as it was parsed, and codes are sent to that number.
"""

import re
from typing import Final, NewType

from domain.model.registrations.phones import PhoneNumber

PhoneKey = NewType("PhoneKey", str)

_PLANS: Final = tuple(
    (re.compile(pattern), spelling)
    for pattern, spelling in (
        # Argentina: calls from abroad to a mobile have a 9 after the country's code; messages work without.
        (r"\+54([1-8]\d{9})", r"+549\1"),
        # Mexico: until 2019 a 1, and at home 01, 044 or 045, stood before the ten digits.
        (r"\+52(?:1|01|044|045)([1-9]\d{9})", r"+52\1"),
        # Brazil: from 2012 to 2016 mobiles of eight digits got a 9 in front. Landlines begin with 2 to 5.
        (r"\+55([1-9][1-9])([6-9]\d{7})", r"+55\g<1>9\2"),
        # Benin: since 2024 each number of eight digits has 01 in front.
        (r"\+229([2-9]\d{7})", r"+22901\1"),
        # The Gambia: since 2026 mobiles of seven digits have their operator's 83, 86, 87 or 89 in front.
        (r"\+220(3\d{6}|5[0-35689]\d{5})", r"+22083\1"),
        (r"\+220(6\d{6})", r"+22086\1"),
        (r"\+220([27]\d{6}|4[01]\d{5})", r"+22087\1"),
        (r"\+220(9\d{6})", r"+22089\1"),
        # Gabon: since 2019 a digit of the operator stands in the place of the 0.
        (r"\+2410?([256]\d{6})", r"+2416\1"),
        (r"\+2410?([47]\d{6})", r"+2417\1"),
        (r"\+2410?(1\d{6})", r"+2411\1"),
        # Palestine shares Israel's plan and can be called through both countries' codes.
        (r"\+972(5[69]\d{7}|[2489]2\d{6})", r"+970\1"),
        # Kosovo's mobiles had Monaco's and Slovenia's codes before the country had one.
        (r"\+377(4[45]\d{6})", r"+383\1"),
        (r"\+386(4[39]\d{6})", r"+383\1"),
        # San Marino is an area of Italy's plan, Northern Ireland is one of Ireland's, Saint-Pierre of France's.
        (r"\+39(0549\d{6})", r"+378\1"),
        (r"\+35348(\d{8})", r"+4428\1"),
        (r"\+33508(\d{6})", r"+508\1"),
    )
)
"""Patterns of old or second numbers, and the number of today. No result matches a pattern again."""


def phone_key(phone: PhoneNumber) -> PhoneKey:
    """The key of a number. For most numbers it is the number itself."""
    for pattern, spelling in _PLANS:
        if match := pattern.fullmatch(phone):
            return PhoneKey(match.expand(spelling))
    return PhoneKey(phone)
