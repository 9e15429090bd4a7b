"""The regions that a campaign may name. The numbers of each can be parsed."""

import phonenumbers
import pytest

from domain.model.registrations.regions import REGIONS, region_of


@pytest.mark.parametrize(
    ("text", "region"), [("US", "US"), ("se", "SE"), (" gb\n", "GB"), ("UK", "GB"), ("uk", "GB")]
)
def test_a_region_is_read_by_its_two_letters(text: str, region: str) -> None:
    assert region_of(text) == region


@pytest.mark.parametrize("text", ["", "XX", "USA", "Germany", "001", "U S", "U" * 5_000])
def test_unknown_regions(text: str) -> None:
    assert region_of(text) is None


def test_each_region_has_a_numbering_plan() -> None:
    assert phonenumbers.SUPPORTED_REGIONS >= REGIONS
