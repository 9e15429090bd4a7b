"""A fanscore that is not known when the fan registers is found out later, whatever happens meanwhile."""

import time

from tests.support.servers.neighbours import TROUBLES, Reply
from tests.support.waiting import eventually
from tests.system.messaging.scene import Scene, a_scene

PENDING = {"status": "pending", "value": None}
SCORED = {"status": "scored", "value": 0.82}
NOT_YET, KNOWN = Reply(202), Reply(200, {"value": 0.82})


def test_a_score_that_comes_later_is_stored_and_told(scene: Scene) -> None:
    campaign, fan = scene.world.open_campaign(), scene.vouched_fan()
    scene.world.fanscore.say(NOT_YET)
    worker = scene.worker()
    registered = scene.register(campaign, fan)
    assert (registered["fanscore"], registered["revision"]) == (PENDING, 1)
    eventually(lambda: len(scene.world.fanscore.requests), lambda asked: asked >= 2)

    scene.world.fanscore.say(KNOWN)

    entry = eventually(lambda: scene.entry(campaign, fan), lambda entry: entry["fanscore"] == SCORED)
    assert entry["revision"] == 2
    assert entry["updatedAt"] > registered["updatedAt"]
    eventually(scene.waiting, lambda count: count == 0)
    eventually(scene.left, lambda messages: messages == [])
    assert scene.waiting("-dead") == 0
    published = [line for line in worker.lines() if line["event"] == "event.published"]
    assert len(published) == 2
    assert {line["request_id"] for line in published} == {registered["requestId"]}, "both came of one request"


def test_a_score_that_never_comes_ends_in_the_dead_letters(scene: Scene) -> None:
    campaign, fan = scene.world.open_campaign(), scene.vouched_fan()
    scene.world.fanscore.say(NOT_YET)
    scene.worker()
    scene.register(campaign, fan)

    eventually(lambda: scene.waiting("-dead"), lambda dead: dead == 1)

    assert scene.waiting() == 0
    assert len(scene.world.fanscore.requests) == 1 + int(scene.settings["FANGATE_SCORE_ATTEMPTS"])
    assert scene.entry(campaign, fan)["fanscore"] == PENDING


def test_an_outage_outlasts_no_attempts_and_a_stop_hands_the_job_to_another(scene: Scene) -> None:
    campaign, fan = scene.world.open_campaign(), scene.vouched_fan()
    scene.world.fanscore.say(TROUBLES["error"])
    first = scene.worker()
    scene.register(campaign, fan)
    attempts = int(scene.settings["FANGATE_SCORE_ATTEMPTS"])
    eventually(lambda: len(scene.world.fanscore.requests), lambda asked: asked > 1 + attempts)
    assert (scene.waiting(), scene.waiting("-dead")) == (1, 0)

    began = time.monotonic()
    assert first.stop() == 0
    assert time.monotonic() - began < 25, "a poll is waited for, and nothing else"
    scene.world.fanscore.say(KNOWN)
    scene.worker()

    eventually(lambda: scene.entry(campaign, fan), lambda entry: entry["fanscore"] == SCORED)
    eventually(scene.waiting, lambda count: count == 0)
    assert scene.waiting("-dead") == 0


def test_garbage_in_the_queue_holds_up_no_job(scene: Scene) -> None:
    url = scene.sqs.get_queue_url(QueueName=scene.queue_name)["QueueUrl"]
    for _ in range(12):
        scene.sqs.send_message(QueueUrl=url, MessageBody="geheim")
    campaign, fan = scene.world.open_campaign(), scene.vouched_fan()
    scene.world.fanscore.say(NOT_YET)
    registered = scene.register(campaign, fan)
    scene.world.fanscore.say(KNOWN)
    worker = scene.worker()

    eventually(lambda: scene.entry(campaign, fan), lambda entry: entry["fanscore"] == SCORED)

    assert registered["fanscore"] == PENDING
    assert "queue.unreadable" in worker.logged()
    assert "geheim" not in worker.logged()


def test_without_a_fanscore_service_nothing_is_queued(database_url: str, aws_environment: dict[str, str]) -> None:
    with a_scene(database_url, aws_environment, FANGATE_FANSCORE="none:") as scene:
        campaign, fan = scene.world.open_campaign(), scene.vouched_fan()
        scene.worker()

        assert scene.register(campaign, fan)["fanscore"] == {"status": "not_asked", "value": None}

        eventually(scene.left, lambda messages: messages == [])
        assert scene.waiting() == scene.waiting("-dead") == 0
