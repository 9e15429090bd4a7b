"""Phones in every spelling, and markets as they may and may not be chosen."""

from typing import Any

import pytest

from tests.support.answers import assert_problem
from tests.support.scene import Scene


@pytest.mark.parametrize(
    ("region", "spelling", "phone"),
    [
        ("US", "(201) 444-0123", "+12014440123"),
        ("SE", "070-123 45 67", "+46701234567"),
        (None, "0046 70 123 45 67", "+46701234567"),
        ("SE", "\uff0b1\u00a0201\u2013444\u00a00123", "+12014440123"),
    ],
)
def test_however_it_is_written_it_is_one_number(
    scene: Scene, region: str | None, spelling: str, phone: str
) -> None:
    ann = scene.opens(default_region=region, needs_phone_confirmation=False).fan()

    assert ann.registered(phone=spelling)["phone"] == phone


@pytest.mark.parametrize(
    "phone",
    [
        "", "+", "911", "201 444 012", "201 444 01234", "+999 1234 5678", "+1 201 044 0123", "0" * 25, "+" * 10,
        "1-800-FLOWERS", "phone", "201 444 O123", "201 444 0123 x5", "+12014440123;ext=5",
        "+12014440123\x00", "1" * 64, "1" * 65, "9" * 100_000,
        "+1 900 444 0123", "+44 909 879 0123", "+1 800 444 0123", "+46 77 123 45 67",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_number_for_a_message_is_a_422_that_does_not_repeat_it(scene: Scene, phone: str) -> None:
    """Among them letters, premium and toll-free numbers."""
    refused = scene.fan().register(phone=phone)

    assert_problem(refused, 422, "request.invalid", "/phone")
    assert len(phone) < 6 or phone.strip() not in refused.json()["errors"][0]["detail"]


def test_without_a_region_a_national_number_means_nothing(scene: Scene) -> None:
    refused = scene.opens(default_region=None).fan().register(phone="201 444 0123")

    assert_problem(refused, 422, "request.invalid", "/phone")


@pytest.mark.parametrize(
    ("markets", "pointer"),
    [
        ([], "/markets"),
        (["nyc", "bos", "lax", "sfo", "nyc"], "/markets"),
        (["nyc"] * 100_000, "/markets"),
        (["nyc", "bos", "nyc"], "/markets/2"),
        (["nyc", "lon"], "/markets/1"),
        (["NYC"], "/markets/0"),
        (["nyc "], "/markets/0"),
        ([""], "/markets/0"),
        (["x" * 257], "/markets/0"),
        (["nyc", 7], "/markets/1"),
        (["nyc", None], "/markets/1"),
        ([["nyc"]], "/markets/0"),
        ("nyc", "/markets"),
        ({"nyc": 1}, "/markets"),
        (None, "/markets"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_markets_that_cannot_be_chosen_are_named(scene: Scene, markets: Any, pointer: str) -> None:
    """entry-service REQ-005: one to four of the campaign's, none twice."""
    assert_problem(scene.fan().register(markets=markets), 422, "request.invalid", pointer)


def test_a_campaign_can_limit_the_countries_that_codes_are_sent_to(scene: Scene) -> None:
    scene.opens(sms_countries=("US", "CA"))
    ann, swede = scene.fan("ann"), scene.fan("swede", using="+46701234567")

    assert assert_problem(swede.register(), 422, "phone.country")["countries"] == "US, CA"
    assert_problem(swede.get("entries/me"), 404, "entry.not_found")
    assert ann.register(phone="+1 416 555 0123").status_code == 201
    vouched = scene.fan("vouched", using="+46701234568", phone="+46701234568", phone_verified=True)
    assert vouched.registered()["status"] == "confirmed", "no code is needed"
    for _ in range(10):
        assert_problem(swede.register(), 422, "phone.country")
    scene.opens()
    entry = swede.registered()
    scene.opens(sms_countries=("US",))
    assert_problem(swede.post("entries/confirm/resend", None), 422, "phone.country")
    assert swede.confirm(entry).status_code == 200
    assert swede.register(markets=["sfo"]).status_code == 200


def test_names_are_names(scene: Scene) -> None:
    ann = scene.fan()

    for name in ("Hi http://bad.example", "x" * 101, "a\nb", ""):
        assert_problem(ann.register(firstName=name), 422, "request.invalid", "/firstName")
        assert_problem(ann.register(lastName=name), 422, "request.invalid", "/lastName")
    assert ann.registered(firstName="Søren", lastName="O'Neil")["lastName"] == "O'Neil"
