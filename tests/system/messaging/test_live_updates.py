"""Live updates tell subscribers that something changed, and delay nothing else."""

from typing import Any

import pytest

from tests.support.servers.neighbours import TROUBLES
from tests.support.waiting import eventually
from tests.system.messaging.deployment import API_KEY, Deployment


def changes(deployment: Deployment, campaign: str, fan: str) -> None:
    for market in ("nyc", "bos", "lax"):
        deployment.register(campaign, fan, markets=[market])


def test_each_change_is_told_without_anything_private(deployment: Deployment) -> None:
    campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
    deployment.worker()

    changes(deployment, campaign, fan)

    asked = eventually(lambda: list(deployment.appsync.requests), lambda asked: len(asked) == 3)
    told: list[dict[str, Any]] = [request.json()["variables"]["input"] for request in asked]
    assert {request.headers["x-api-key"] for request in asked} == {API_KEY}
    assert sorted((one["revision"], one["type"], one["userId"]) for one in told) == [
        (1, "fangate.entry.created", fan),
        (2, "fangate.entry.updated", fan),
        (3, "fangate.entry.updated", fan),
    ]
    said = "".join(request.body.decode() for request in asked)
    assert deployment.world.accounts[fan]["phone"] not in said
    assert "@" not in said


@pytest.mark.parametrize("trouble", ["down", "slow", "error"])
def test_an_api_in_trouble_changes_nothing(deployment: Deployment, trouble: str) -> None:
    campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
    if trouble == "down":
        deployment.appsync.stop()
    else:
        deployment.appsync.say(TROUBLES[trouble])
    worker = deployment.worker()

    changes(deployment, campaign, fan)

    eventually(deployment.left, lambda messages: messages == [])
    eventually(
        lambda: [line["event"] for line in worker.lines()].count("event.published"), lambda count: count == 3
    )
    assert len(deployment.mailer.mails) == 1
    assert worker.stop() == 0, "it does not wait for an answer: a slow API outlasts the patience of stop"
    assert worker.logged().count("realtime.failed") <= 1
