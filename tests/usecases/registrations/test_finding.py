"""Staff search and list registrations."""

import pytest

from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.find_entries import FindEntriesCommand
from tests.support.registrations import SECOND, TOUR
from tests.usecases.registrations.scene import Scene


async def found(scene: Scene, command: FindEntriesCommand, campaign: CampaignId = TOUR) -> list[str]:
    page = await scene.use_cases.registrations.find(campaign, command, after=None, limit=50)
    assert page.next is None
    return [one.entry.user_id for one in page.entries]


@pytest.fixture
async def crowd(scene: Scene) -> Scene:
    for name, number in (("ann", "+12015550100"), ("bob", "+5491123456700"), ("cy", "+541123456700")):
        await scene.fan(name, using=number).register(email=f"{name.title()}@Example.org")
        scene.wait(SECOND)
    return scene


@pytest.mark.parametrize("typed", ["201 555-0100", "(201) 555.0100", "+1 201 555 0100", "tel:+1-201-555-0100"])
async def test_a_phone_is_found_as_people_type_it(crowd: Scene, typed: str) -> None:
    assert await found(crowd, FindEntriesCommand(phone=typed)) == ["ann"]


@pytest.mark.parametrize("typed", ["+54 9 11 2345 6700", "+54 11 2345 6700"])
async def test_all_fans_with_a_telephone_are_found_before_it_is_confirmed(crowd: Scene, typed: str) -> None:
    assert await found(crowd, FindEntriesCommand(phone=typed)) == ["cy", "bob"]


@pytest.mark.parametrize("typed", ["ann@example.org", " ANN@EXAMPLE.ORG\n"])
async def test_a_mail_address_is_found_whatever_its_case(crowd: Scene, typed: str) -> None:
    assert await found(crowd, FindEntriesCommand(email=typed)) == ["ann"]


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (FindEntriesCommand(phone="12"), "phone"),
        (FindEntriesCommand(email="ann"), "email"),
        (FindEntriesCommand(market="never-was"), "market"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_can_find_nothing_is_refused_and_named(
    crowd: Scene, command: FindEntriesCommand, field: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        await found(crowd, command)

    assert refused.value.field == field


async def test_the_campaign_is_asked_only_where_it_is_needed(crowd: Scene) -> None:
    assert await found(crowd, FindEntriesCommand(status=EntryStatus.PENDING), CampaignId("unknown")) == []
    with pytest.raises(CampaignNotFound):
        await found(crowd, FindEntriesCommand(phone="+1 201 555 0100"), CampaignId("unknown"))


async def test_a_withdrawn_registration_is_not_found(crowd: Scene) -> None:
    await crowd.fan("ann").withdraw()

    assert await found(crowd, FindEntriesCommand()) == ["cy", "bob"]
    assert await found(crowd, FindEntriesCommand(email="ann@example.org")) == []


def test_what_is_personal_is_not_shown() -> None:
    shown = repr(FindEntriesCommand(phone="+12015550100", email="ann@example.org"))

    assert "555" not in shown
    assert "ann@" not in shown


async def test_a_fan_is_found_in_all_campaigns_as_it_is_typed(crowd: Scene) -> None:
    """A number without its country is read in the region of each campaign. One that is none there is left out."""
    at_home, abroad = (
        crowd.opens("argentina", default_region="AR"),
        crowd.opens("unknown-region", default_region=None),
    )
    for campaign in (at_home, abroad):
        await crowd.fan("ann", using="+12015550100").elsewhere(campaign).register(email="Ann@Example.org")
    page = await crowd.use_cases.registrations.name_campaigns(limit=10)

    async def found(text: str) -> list[tuple[str, str]]:
        return [*await crowd.use_cases.registrations.find_fan(text, page.campaigns)]

    everywhere = sorted((id, "ann") for id in ("argentina", "unknown-region", TOUR))
    assert await found("ann") == await found("ANN@example.org ") == await found("+1 201 555-0100") == everywhere
    assert await found("201 555-0100") == [(TOUR, "ann")]
    for nothing in ("an", "a@", "12345", "@", "", "\u202e", "9" * 200):
        assert await found(nothing) == []
    assert [*await crowd.use_cases.registrations.find_fan("ann", [])] == []
