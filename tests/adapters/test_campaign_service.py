"""campaign-service over HTTP: how its failures are handled."""

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.platform.http import http_campaigns
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId
from domain.model.registrations.errors import CampaignNotFound
from ports.neighbours import Campaigns
from tests.support.registrations import TOUR, a_campaign, campaign_body
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, neighbour, records


@pytest.fixture
def service() -> Iterator[Neighbour]:
    with neighbour(records({TOUR: campaign_body(a_campaign())})) as running:
        yield running


@pytest.fixture
async def campaigns(service: Neighbour) -> AsyncIterator[Campaigns]:
    async with http_campaigns(service.url) as over_http:
        yield over_http


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_failing_service_makes_it_unavailable(
    service: Neighbour, campaigns: Campaigns, trouble: str
) -> None:
    service.say(TROUBLES[trouble])

    with pytest.raises(Unavailable) as refused:
        await campaigns.get(TOUR)

    assert refused.value.context == {"part": "campaigns"}


async def test_a_service_that_is_down_makes_it_unavailable(service: Neighbour, campaigns: Campaigns) -> None:
    service.stop()

    with pytest.raises(Unavailable):
        await campaigns.get(TOUR)


async def test_another_campaign_than_the_requested_one_makes_it_unavailable(
    service: Neighbour, campaigns: Campaigns
) -> None:
    service.say(Reply(200, campaign_body(a_campaign("other"))))

    with pytest.raises(Unavailable):
        await campaigns.get(TOUR)


async def test_a_service_that_comes_back_receives_requests_again(service: Neighbour, campaigns: Campaigns) -> None:
    service.stop()
    with pytest.raises(Unavailable):
        await campaigns.get(TOUR)

    service.start()

    assert await campaigns.get(TOUR) == a_campaign()


@pytest.mark.parametrize("passing", [Reply(hang_up=True), Reply(502), Reply(503), Reply(504)])
async def test_a_temporary_failure_is_hidden_by_a_retry(
    service: Neighbour, campaigns: Campaigns, passing: Reply
) -> None:
    service.say(lambda _: passing if len(service.requests) == 1 else Reply(200, campaign_body(a_campaign())))

    assert await campaigns.get(TOUR) == a_campaign()
    assert len(service.requests) == 2


@pytest.mark.parametrize(("trouble", "requests"), [("gateway", 2), ("hangs_up", 2), ("error", 1), ("not_json", 1)])
async def test_a_request_is_retried_once_and_only_where_it_makes_sense(
    service: Neighbour, campaigns: Campaigns, trouble: str, requests: int
) -> None:
    service.say(TROUBLES[trouble])

    with pytest.raises(Unavailable):
        await campaigns.get(TOUR)

    assert len(service.requests) == requests


async def test_a_redirect_is_not_followed(service: Neighbour, campaigns: Campaigns) -> None:
    service.say(TROUBLES["redirect"])

    with pytest.raises(Unavailable):
        await campaigns.get(TOUR)

    assert [request.path for request in service.requests] == ["/campaigns/tour"]


async def test_the_circuit_opens_after_five_failures(service: Neighbour, campaigns: Campaigns) -> None:
    service.say(TROUBLES["error"])

    for _ in range(8):
        with pytest.raises(Unavailable):
            await campaigns.get(TOUR)

    assert len(service.requests) == 5


async def test_unknown_campaigns_are_no_failures(service: Neighbour, campaigns: Campaigns) -> None:
    for _ in range(8):
        with pytest.raises(CampaignNotFound):
            await campaigns.get(CampaignId("other"))

    assert await campaigns.get(TOUR) == a_campaign()


async def test_one_unreadable_campaign_does_not_open_the_circuit(service: Neighbour, campaigns: Campaigns) -> None:
    service.say(records({TOUR: campaign_body(a_campaign()), "bad": {"id": "bad"}}))

    for _ in range(8):
        with pytest.raises(Unavailable):
            await campaigns.get(CampaignId("bad"))

    assert await campaigns.get(TOUR) == a_campaign()


async def test_connections_are_used_again(service: Neighbour, campaigns: Campaigns) -> None:
    for _ in range(20):
        await campaigns.get(TOUR)

    assert (service.connections, len(service.requests)) == (1, 20)


async def test_the_service_may_live_below_a_path(service: Neighbour) -> None:
    service.say(Reply(200, campaign_body(a_campaign())))

    async with http_campaigns(f"{service.url}/platform/v1/") as campaigns:
        await campaigns.get(TOUR)

    assert service.requests[0].path == "/platform/v1/campaigns/tour"
