"""What one fan may use up: numbers, codes, and the patience of a number's owner."""

from tests.support.answers import assert_problem
from tests.support.fresh import new_phone
from tests.support.scene import Scene


def test_one_account_has_codes_sent_to_five_numbers_of_a_campaign_and_not_to_three_hundred(scene: Scene) -> None:
    ann = scene.fan()
    phones = [new_phone() for _ in range(300)]

    answers = [ann.register(phone=phone) for phone in phones]

    assert [answer.status_code for answer in answers[:6]] == [201, 200, 200, 200, 200, 429]
    for refused in answers[5:]:
        problem = assert_problem(refused, 429, "confirmation.budget")
        assert problem["budget"] == "numbers_per_campaign"
        assert refused.headers["retry-after"] == str(problem["retryAfter"])
    assert [len(scene.platform.codes_sent_to(phone)) for phone in phones] == [1] * 5 + [0] * 295
    assert ann.get("entries/me").json()["phone"] == phones[4], "nothing was stored"
    assert ann.register(phone=phones[0]).status_code == 200, "one of the five is none more"
