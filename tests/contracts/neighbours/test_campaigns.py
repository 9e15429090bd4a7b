"""What every Campaigns promises: from campaign-service, from a file, remembered, or in memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from adapters.platform.cached import CachedCampaigns
from adapters.platform.files import FileCampaigns
from adapters.platform.http import http_campaigns
from domain.model.errors import Unavailable
from domain.model.ids import CAMPAIGN_ID, CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.errors import CampaignNotFound
from ports.neighbours import Campaigns
from tests.contracts.neighbours.sources import Sources
from tests.support.neighbours import MemoryCampaigns
from tests.support.registrations import (
    DAY,
    NOON,
    TOUR,
    Seconds,
    a_campaign,
    a_gated_campaign,
    as_file,
    campaign_body,
)
from tests.support.servers.neighbours import neighbour, records

Put = Callable[[Campaign], None]
SOURCES: Final[Sources[Campaigns, Campaign]] = Sources(FileCampaigns, http_campaigns, campaign_body)


@dataclass(slots=True)
class Subject:
    campaigns: Campaigns
    put: Put
    """From now on the campaign is as given."""
    seconds: Seconds = field(default_factory=Seconds)


@pytest.fixture(params=["memory", "file", "http", "cached"])
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        yield await SUBJECTS[request.param](stack, tmp_path)


async def _memory(_: AsyncExitStack, __: Path) -> Subject:
    campaigns = MemoryCampaigns()
    return Subject(campaigns, campaigns.put)


async def _file(_: AsyncExitStack, folder: Path) -> Subject:
    return Subject(*SOURCES.file(folder))


async def _http(stack: AsyncExitStack, _: Path) -> Subject:
    return Subject(*await SOURCES.service(stack))


async def _cached(stack: AsyncExitStack, folder: Path) -> Subject:
    inner = await _http(stack, folder)
    seconds = Seconds()
    return Subject(CachedCampaigns(inner.campaigns, seconds=seconds), inner.put, seconds)


SUBJECTS = {"memory": _memory, "file": _file, "http": _http, "cached": _cached}


@pytest.mark.parametrize("campaign", [a_campaign(), a_gated_campaign()], ids=["plain", "gated"])
async def test_a_campaign_is_returned_whole(subject: Subject, campaign: Campaign) -> None:
    subject.put(campaign)

    assert await subject.campaigns.get(campaign.id) == campaign


async def test_each_campaign_is_found_by_its_own_id(subject: Subject) -> None:
    subject.put(a_campaign("one", name="One"))
    subject.put(a_campaign("two", name="Two"))

    assert [(await subject.campaigns.get(CampaignId(id))).name for id in ("two", "one")] == ["Two", "One"]


async def test_an_unknown_campaign_is_none(subject: Subject) -> None:
    subject.put(a_campaign())

    with pytest.raises(CampaignNotFound):
        await subject.campaigns.get(CampaignId("other"))


async def test_a_campaign_created_after_a_first_look_up_is_found(subject: Subject) -> None:
    with pytest.raises(CampaignNotFound):
        await subject.campaigns.get(TOUR)

    subject.put(a_campaign())

    assert await subject.campaigns.get(TOUR) == a_campaign()


async def test_a_change_is_visible_after_thirty_seconds_at_the_latest(subject: Subject) -> None:
    subject.put(a_campaign())
    await subject.campaigns.get(TOUR)

    subject.put(a_campaign(name="The other tour"))
    subject.seconds.now += 30

    assert (await subject.campaigns.get(TOUR)).name == "The other tour"


# Campaigns that come as text


@pytest.fixture(params=["file", "http"])
async def campaigns_with(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[[Any], Campaigns]]:
    """Campaigns from a source that returns the given JSON for TOUR."""
    async with AsyncExitStack() as stack:
        yield await SOURCES.returning(request.param, stack, tmp_path)


async def test_unknown_fields_are_ignored(campaigns_with: Callable[[Any], Campaigns]) -> None:
    body = campaign_body(a_campaign()) | {"poster": {"url": "https://example.org/a.png"}, "sponsors": [1, None]}

    assert await campaigns_with(body).get(TOUR) == a_campaign()


async def test_a_gate_that_is_left_out_is_open(campaigns_with: Callable[[Any], Campaigns]) -> None:
    least = {
        "id": TOUR,
        "status": "open",
        "needsPhoneConfirmation": False,
        "gates": {},
        "markets": [{"id": "nyc"}],
    }

    campaign = await campaigns_with(least).get(TOUR)

    assert campaign.takes_registrations(NOON)
    assert (campaign.opens_at, campaign.closes_at, campaign.default_region) == (None, None, None)
    assert campaign.gates == a_campaign().gates


async def test_times_in_other_time_zones_are_the_same_instants(campaigns_with: Callable[[Any], Campaigns]) -> None:
    body = campaign_body(a_campaign()) | {
        "opensAt": "2026-05-04T14:00:00+02:00",
        "closesAt": "2026-05-05T12:00:00Z",
    }

    campaign = await campaigns_with(body).get(TOUR)

    assert (campaign.opens_at, campaign.closes_at) == (NOON, NOON + DAY)


WRONG = {
    "status": "paused",
    "id": 7,
    "needsPhoneConfirmation": "yes",
    "opensAt": "2026-05-04T12:00:00",
    "closesAt": "tomorrow",
    "gates": {"inviteOnly": 1},
    "markets": ["nyc"],
    "defaultRegion": 1,
    "smsCountries": ["US", "USA"],
}


@pytest.mark.parametrize("field", WRONG)
async def test_a_field_of_the_wrong_type_is_rejected(
    campaigns_with: Callable[[Any], Campaigns], field: str
) -> None:
    with pytest.raises(Unavailable):
        await campaigns_with(campaign_body(a_campaign()) | {field: WRONG[field]}).get(TOUR)


@pytest.mark.parametrize(
    ("given", "region"), [("UK", "GB"), ("uk", "GB"), (" gb ", "GB"), ("us", "US"), ("", None), (None, None)]
)
async def test_regions_are_countries_as_people_write_them(
    campaigns_with: Callable[[Any], Campaigns], given: str | None, region: str | None
) -> None:
    campaign = await campaigns_with(campaign_body(a_campaign()) | {"defaultRegion": given}).get(TOUR)

    assert campaign.default_region == region


@pytest.mark.parametrize("region", ["XX", "USA", "EU", "United Kingdom", "1", "U" * 5_000])
async def test_a_region_that_is_no_country_makes_the_campaign_unavailable(
    campaigns_with: Callable[[Any], Campaigns], region: str
) -> None:
    with capture_logs() as logged, pytest.raises(Unavailable):
        await campaigns_with(campaign_body(a_campaign()) | {"defaultRegion": region}).get(TOUR)

    (line,) = logged
    assert "defaultRegion: must be the two letters of a country" in line["reason"]


@pytest.mark.parametrize("field", ["id", "status", "needsPhoneConfirmation", "gates", "markets"])
async def test_a_field_that_decides_about_admission_is_required(
    campaigns_with: Callable[[Any], Campaigns], field: str
) -> None:
    body = campaign_body(a_campaign())
    del body[field]

    with pytest.raises(Unavailable):
        await campaigns_with(body).get(TOUR)


# The file


async def test_a_missing_file_makes_it_unavailable_until_it_is_there(tmp_path: Path) -> None:
    campaigns = FileCampaigns(tmp_path / "campaigns.json")
    with pytest.raises(Unavailable):
        await campaigns.get(TOUR)

    (tmp_path / "campaigns.json").write_text(as_file([campaign_body(a_campaign())]))

    assert await campaigns.get(TOUR) == a_campaign()


@pytest.mark.parametrize("content", ["", "{}", "[", "[null]", '[{"id": "tour"}]', "[" * 100_000])
async def test_an_unreadable_file_makes_it_unavailable_until_it_is_repaired(tmp_path: Path, content: str) -> None:
    path = tmp_path / "campaigns.json"
    path.write_text(content)
    campaigns = FileCampaigns(path)
    with pytest.raises(Unavailable):
        await campaigns.get(TOUR)

    path.write_text(as_file([campaign_body(a_campaign())]))

    assert await campaigns.get(TOUR) == a_campaign()


async def test_an_invalid_record_makes_only_itself_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "campaigns.json"
    wrong = [
        campaign_body(a_campaign("two")) | {"status": "OPEN"},
        campaign_body(a_campaign("not/an id")),
        campaign_body(a_campaign("four")) | {"markets": "nyc"},
    ]
    path.write_text(as_file([*wrong, campaign_body(a_campaign())]))
    campaigns = FileCampaigns(path)

    with capture_logs() as logged:
        assert await campaigns.get(TOUR) == a_campaign()

    assert [(line["part"], line["reason"]) for line in logged] == [
        ("campaigns", "record 1: invalid: unknown value - at `$.status`"),
        ("campaigns", f"record 2: invalid: Expected `str` matching regex {CAMPAIGN_ID!r} - at `$.id`"),
        ("campaigns", "record 3: invalid: Expected `array`, got `str` - at `$.markets`"),
    ]
    for id in ("two", "four", "not/an id"):
        with pytest.raises(Unavailable):
            await campaigns.get(CampaignId(id))
    with pytest.raises(CampaignNotFound):
        await campaigns.get(CampaignId("none"))


async def test_a_record_without_an_id_makes_unknown_ids_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "campaigns.json"
    path.write_text(as_file([campaign_body(a_campaign()), campaign_body(a_campaign()) | {"id": 7}]))
    campaigns = FileCampaigns(path)

    assert await campaigns.get(TOUR) == a_campaign()
    with pytest.raises(Unavailable):
        await campaigns.get(CampaignId("none"))


async def test_of_many_invalid_records_the_log_names_a_few(tmp_path: Path) -> None:
    path = tmp_path / "campaigns.json"
    path.write_text(as_file([{"id": f"c-{number}"} for number in range(1_000)]))

    with capture_logs() as logged, pytest.raises(Unavailable):
        await FileCampaigns(path).get(CampaignId("c-999"))

    assert len(logged) == 21
    assert logged[-1]["reason"] == "980 more records"


async def test_the_last_of_two_records_with_one_id_counts(tmp_path: Path) -> None:
    path = tmp_path / "campaigns.json"
    broken = campaign_body(a_campaign()) | {"status": "OPEN"}
    path.write_text(as_file([broken, campaign_body(a_campaign())]))

    assert await FileCampaigns(path).get(TOUR) == a_campaign()


# campaign-service


async def test_a_service_with_one_invalid_record_serves_all_others(tmp_path: Path) -> None:
    known = {"tour": campaign_body(a_campaign()), "two": campaign_body(a_campaign("two")) | {"status": "OPEN"}}
    with neighbour(records(known)) as service:
        async with http_campaigns(service.url) as campaigns:
            with capture_logs() as logged:
                for _ in range(10):  # More than would open the circuit.
                    with pytest.raises(Unavailable):
                        await campaigns.get(CampaignId("two"))
            assert await campaigns.get(TOUR) == a_campaign()

    assert {line["reason"] for line in logged} == {"campaign two: invalid: unknown value - at `$.status`"}
