"""/livez, /readyz, /metrics."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.servers.ports import free_port
from tests.support.servers.service import Service, service
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS

SAMPLE = re.compile(
    r'^http_requests_total\{method="(\w+)",route="([^"]+)",status="(\d+)"\} (\d+)\.0$', re.MULTILINE
)


def requests_counted(running: Service) -> dict[tuple[str, str, str], int]:
    """By method, route and status."""
    text = httpx2.get(f"{running.url}/metrics", timeout=60, verify=NO_TLS).text
    return {(method, route, status): int(count) for method, route, status, count in SAMPLE.findall(text)}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Service]:
    """A service that was not called yet."""
    with service({"FANGATE_OBJECTS": f"file:{tmp_path}"}) as running:
        yield running


def test_alive_and_ready(running: Service) -> None:
    alive, ready = (
        httpx2.get(f"{running.url}/livez", verify=NO_TLS),
        httpx2.get(f"{running.url}/readyz", verify=NO_TLS),
    )

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "parts": {"store": "up", "objects": "up"}},
    )


def test_a_folder_that_is_gone_is_named_and_no_reason_to_die(tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    with service({"FANGATE_OBJECTS": f"file:{folder}"}) as running:
        ready = httpx2.get(f"{running.url}/readyz", verify=NO_TLS)
        assert (ready.status_code, ready.json()["status"]) == (503, "unready")
        assert ready.json()["parts"] == {"store": "up", "objects": "down"}
        assert httpx2.get(f"{running.url}/livez", verify=NO_TLS).status_code == 200

        folder.mkdir()

        assert httpx2.get(f"{running.url}/readyz", verify=NO_TLS).status_code == 200


def test_requests_are_counted_by_route_and_status_whichever_layer_answers(fresh: Service) -> None:
    with httpx2.Client(base_url=fresh.url, headers=bearer(), verify=NO_TLS) as http:
        for campaign in ("c1", "c2", "c3"):
            http.get(f"/{campaign}/codes/count")
        http.get("/c1//codes/")
        http.get("/c1/codes?limit=0")
        http.get("/no/such/path/at/all")
        http.get("/nor-this")
        http.put("/c1/codes")
        http.get("/c1/codes", headers={"Authorization": ""})
        http.get("/c1/codes", headers=bearer(supreme=False))
        http.post("/c1/reserve", content=b"x" * 2_000_000, headers={"Content-Type": "application/json"})

    seen = eventually(
        lambda: requests_counted(fresh), lambda seen: ("POST", "/{campaignId}/reserve", "413") in seen
    )
    seen = {key: count for key, count in seen.items() if key[1] not in {"/livez", "/metrics"}}

    assert seen == {
        ("GET", "/{campaignId}/codes/count", "200"): 3,
        ("GET", "/{campaignId}/codes", "200"): 1,
        ("GET", "/{campaignId}/codes", "422"): 1,
        ("GET", "unmatched", "404"): 2,
        ("PUT", "/{campaignId}/codes", "405"): 1,
        ("GET", "/{campaignId}/codes", "401"): 1,
        ("GET", "/{campaignId}/codes", "403"): 1,
        ("POST", "/{campaignId}/reserve", "413"): 1,
    }


def test_the_metrics_are_what_prometheus_reads(running: Service) -> None:
    answer = httpx2.get(f"{running.url}/metrics", verify=NO_TLS)

    assert answer.headers["content-type"].startswith("text/plain")
    assert "# TYPE http_requests_total counter" in answer.text
    assert "# TYPE http_server_request_duration_seconds histogram" in answer.text


def test_no_name_in_the_metrics_comes_from_a_caller(scene: Scene) -> None:
    scene.http.request("BREW" * 3, "/made-up-path", headers=bearer())
    scene.get("codes?code=made-up-code")

    text = scene.http.get("/metrics").text

    assert "made-up" not in text
    assert scene.campaign not in text


def test_several_workers_share_one_port_and_their_numbers_are_added_up(database_url: str) -> None:
    with service({"FANGATE_STORE": database_url, "FANGATE_OBJECTS": "memory:"}, workers=2) as running:
        for _ in range(30):  # each on a connection of its own, so that both workers get some
            assert httpx2.get(f"{running.url}/c1/codes/count", timeout=60, verify=NO_TLS).status_code == 401
        refused = ("GET", "/{campaignId}/codes/count", "401")

        eventually(lambda: requests_counted(running), lambda seen: seen.get(refused) == 30)

        assert [requests_counted(running)[refused] for _ in range(10)] == [30] * 10


def test_an_object_store_that_cannot_be_reached_is_a_503_and_to_be_tried_again(
    aws_environment: dict[str, str],
) -> None:
    unreachable = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    with service(aws_environment | unreachable | {"FANGATE_OBJECTS": "s3://bucket"}) as running:
        answer = httpx2.post(
            f"{running.url}/c1/codes",
            json={"key": "codes/c1/tm/a.csv"},
            headers=bearer(),
            timeout=60,
            verify=NO_TLS,
        )

        assert assert_problem(answer, 503, "service.unavailable")["part"] == "objects"
        assert int(answer.headers["retry-after"]) > 0
        ready = httpx2.get(f"{running.url}/readyz", timeout=60, verify=NO_TLS)
        assert (ready.status_code, ready.json()["parts"]["objects"]) == (503, "down")
