"""A fanscore that is not known when the fan registers is found out later, whatever happens meanwhile."""

import pytest

from tests.support.servers.neighbours import TROUBLES, Reply
from tests.support.waiting import eventually
from tests.system.messaging.deployment import Deployment, a_deployment

PENDING = {"status": "pending", "value": None}
SCORED = {"status": "scored", "value": 0.82}
NOT_YET, KNOWN = Reply(202), Reply(200, {"value": 0.82})


def test_a_score_that_comes_later_is_stored_and_told(deployment: Deployment) -> None:
    campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
    deployment.world.fanscore.say(NOT_YET)
    worker = deployment.worker()
    registered = deployment.register(campaign, fan)
    assert (registered["fanscore"], registered["revision"]) == (PENDING, 1)
    eventually(lambda: len(deployment.world.fanscore.requests), lambda asked: asked >= 2)

    deployment.world.fanscore.say(KNOWN)

    entry = eventually(lambda: deployment.entry(campaign, fan), lambda entry: entry["fanscore"] == SCORED)
    assert entry["revision"] == 2
    assert entry["updatedAt"] > registered["updatedAt"]
    eventually(deployment.waiting, lambda count: count == 0)
    eventually(deployment.left, lambda messages: messages == [])
    assert deployment.waiting("-dead") == 0
    published = [line for line in worker.lines() if line["event"] == "event.published"]
    assert len(published) == 2
    assert {line["request_id"] for line in published} == {registered["requestId"]}, "both came of one request"


@pytest.mark.parametrize("sqs", ["deployment", "deployment_on_elasticmq"], ids=["moto", "elasticmq"])
def test_a_score_that_never_comes_ends_in_the_dead_letters(request: pytest.FixtureRequest, sqs: str) -> None:
    deployment: Deployment = request.getfixturevalue(sqs)
    campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
    deployment.world.fanscore.say(NOT_YET)
    deployment.worker()
    deployment.register(campaign, fan)

    attempts = int(deployment.settings["FANGATE_SCORE_ATTEMPTS"])

    def seen() -> tuple[int, int, int]:
        dead, asked = deployment.waiting("-dead"), len(deployment.world.fanscore.requests)
        return deployment.waiting(), dead, asked - 1 - dead * attempts

    # On a busy machine the job may be passed on twice: each copy has its attempts, and ends here.
    eventually(seen, lambda left: left[0] == 0 and left[1] > 0 and left[2] == 0)

    assert deployment.entry(campaign, fan)["fanscore"] == PENDING


def test_an_outage_outlasts_no_attempts_and_a_stop_hands_the_job_to_another(deployment: Deployment) -> None:
    campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
    deployment.world.fanscore.say(TROUBLES["error"])
    first = deployment.worker()
    deployment.register(campaign, fan)
    attempts = int(deployment.settings["FANGATE_SCORE_ATTEMPTS"])
    eventually(lambda: len(deployment.world.fanscore.requests), lambda asked: asked > 1 + attempts)
    assert (deployment.waiting(), deployment.waiting("-dead")) == (1, 0)

    assert first.stop() == 0, "it does not wait for the end of the outage"
    deployment.world.fanscore.say(KNOWN)
    deployment.worker()

    eventually(lambda: deployment.entry(campaign, fan), lambda entry: entry["fanscore"] == SCORED)
    eventually(deployment.waiting, lambda count: count == 0)
    assert deployment.waiting("-dead") == 0


def test_garbage_in_the_queue_holds_up_no_job(deployment: Deployment) -> None:
    url = deployment.sqs.get_queue_url(QueueName=deployment.queue_name)["QueueUrl"]
    for _ in range(12):
        deployment.sqs.send_message(QueueUrl=url, MessageBody="geheim")
    campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
    deployment.world.fanscore.say(NOT_YET)
    registered = deployment.register(campaign, fan)
    deployment.world.fanscore.say(KNOWN)
    worker = deployment.worker()

    eventually(lambda: deployment.entry(campaign, fan), lambda entry: entry["fanscore"] == SCORED)

    assert registered["fanscore"] == PENDING
    assert "queue.unreadable" in worker.logged()
    assert "geheim" not in worker.logged()


def test_without_a_fanscore_service_nothing_is_queued(database_url: str, aws_environment: dict[str, str]) -> None:
    with a_deployment(database_url, aws_environment, FANGATE_FANSCORE="none:") as deployment:
        campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
        deployment.worker()

        assert deployment.register(campaign, fan)["fanscore"] == {"status": "not_asked", "value": None}

        eventually(deployment.left, lambda messages: messages == [])
        assert deployment.waiting() == deployment.waiting("-dead") == 0
