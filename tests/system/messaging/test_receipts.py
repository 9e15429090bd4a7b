"""The receipt is mailed once, when the entry is first confirmed, even if a worker dies or an answer is lost."""

import httpx2

from tests.support.fresh import new_id, new_phone
from tests.support.servers.neighbours import TROUBLES, Reply
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS
from tests.system.messaging.deployment import Deployment


def test_a_receipt_is_mailed_when_the_phone_is_confirmed_and_never_again(deployment: Deployment) -> None:
    campaign, fan, phone = deployment.world.open_campaign(), new_id("fan"), new_phone()
    deployment.world.accounts[fan] = {
        "id": fan,
        "email": f"{fan}@example.org",
        "phone": None,
        "phoneVerified": False,
    }
    deployment.worker()
    token = deployment.register(campaign, fan, phone=phone)["confirmation"]["token"]
    eventually(deployment.left, lambda messages: messages == [])
    assert deployment.mailer.mails == {}, "not confirmed yet"

    answer = httpx2.post(
        f"{deployment.service.url}/{campaign}/entries/confirm",
        json={"token": token, "code": deployment.world.texts.code(phone)},
        headers=bearer(fan, supreme=False),
        timeout=30,
        verify=NO_TLS,
    )
    assert answer.is_success
    eventually(lambda: len(deployment.mailer.mails), lambda mails: mails == 1)
    deployment.register(campaign, fan, phone=phone, markets=["bos"])
    eventually(deployment.left, lambda messages: messages == [])

    (mail,) = deployment.mailer.mails.values()
    assert mail["recipient"]["contactKey"] == fan
    assert mail["recipient"]["to"] == f"{fan}@example.org"
    assert len(deployment.mailer.attempts) == 1


def test_a_worker_killed_between_mailing_and_marking_mails_once(deployment: Deployment) -> None:
    campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
    deployment.mailer.after.append(Reply(202, {}, seconds=9))  # Accepted, and the answer is on its way for long.
    doomed = deployment.worker()
    deployment.register(campaign, fan)
    eventually(lambda: len(deployment.mailer.mails), lambda mails: mails == 1)

    doomed.kill()
    assert [message["about"] for message in deployment.left() if message["about"] == "send_receipt"] == [
        "send_receipt"
    ]
    deployment.worker()

    eventually(deployment.left, lambda messages: messages == [])
    (key,) = deployment.mailer.mails
    assert deployment.mailer.attempts == [key, key], "tried again, and recognised"


def test_a_mailer_in_trouble_holds_up_nothing_else(deployment: Deployment) -> None:
    campaign, fan = deployment.world.open_campaign(), deployment.vouched_fan()
    deployment.mailer.instead.extend(
        [TROUBLES["error"], TROUBLES["gateway"], Reply(429, headers={"Retry-After": "1"})]
    )
    worker = deployment.worker()
    deployment.register(campaign, fan)

    eventually(lambda: [line["event"] for line in worker.lines()], lambda events: "event.published" in events)
    eventually(lambda: len(deployment.mailer.mails), lambda mails: mails == 1)

    eventually(deployment.left, lambda messages: messages == [])
    assert f"{fan}@example.org" not in worker.logged() + deployment.service.logged()
