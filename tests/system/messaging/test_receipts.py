"""The receipt is mailed once, when the entry is first confirmed, even if a worker dies or an answer is lost."""

import httpx2

from tests.support.fresh import new_id, new_phone
from tests.support.servers.neighbours import TROUBLES, Reply
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.system.messaging.scene import Scene


def test_a_receipt_is_mailed_when_the_phone_is_confirmed_and_never_again(scene: Scene) -> None:
    campaign, fan, phone = scene.world.open_campaign(), new_id("fan"), new_phone()
    scene.world.accounts[fan] = {"id": fan, "email": f"{fan}@example.org", "phone": None, "phoneVerified": False}
    scene.worker()
    token = scene.register(campaign, fan, phone=phone)["confirmation"]["token"]
    eventually(scene.left, lambda messages: messages == [])
    assert scene.mailer.mails == {}, "not confirmed yet"

    answer = httpx2.post(
        f"{scene.service.url}/{campaign}/entries/confirm",
        json={"token": token, "code": scene.world.texts.code(phone)},
        headers=bearer(fan, supreme=False),
        timeout=30,
    )
    assert answer.is_success
    eventually(lambda: len(scene.mailer.mails), lambda mails: mails == 1)
    scene.register(campaign, fan, phone=phone, markets=["bos"])
    eventually(scene.left, lambda messages: messages == [])

    (mail,) = scene.mailer.mails.values()
    assert mail["recipient"]["contactKey"] == fan
    assert mail["recipient"]["to"] == f"{fan}@example.org"
    assert len(scene.mailer.attempts) == 1


def test_a_worker_killed_between_mailing_and_marking_mails_once(scene: Scene) -> None:
    campaign, fan = scene.world.open_campaign(), scene.vouched_fan()
    scene.mailer.after.append(Reply(202, {}, seconds=9))  # Accepted, and the answer is on its way for long.
    doomed = scene.worker()
    scene.register(campaign, fan)
    eventually(lambda: len(scene.mailer.mails), lambda mails: mails == 1)

    doomed.kill()
    assert [message["about"] for message in scene.left() if message["about"] == "send_receipt"] == ["send_receipt"]
    scene.worker()

    eventually(scene.left, lambda messages: messages == [])
    (key,) = scene.mailer.mails
    assert scene.mailer.attempts == [key, key], "tried again, and recognised"


def test_a_mailer_in_trouble_holds_up_nothing_else(scene: Scene) -> None:
    campaign, fan = scene.world.open_campaign(), scene.vouched_fan()
    scene.mailer.instead.extend([TROUBLES["error"], TROUBLES["gateway"], Reply(429, headers={"Retry-After": "1"})])
    worker = scene.worker()
    scene.register(campaign, fan)

    eventually(lambda: [line["event"] for line in worker.lines()], lambda events: "event.published" in events)
    eventually(lambda: len(scene.mailer.mails), lambda mails: mails == 1)

    eventually(scene.left, lambda messages: messages == [])
    assert f"{fan}@example.org" not in worker.logged() + scene.service.logged()
