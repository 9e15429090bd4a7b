"""Ids of fans as identity providers make them: anything printable."""

from urllib.parse import quote

import pytest

from tests.support.answers import as_the_fan_sees_it, assert_problem
from tests.support.registrations import a_fan, fan_body
from tests.support.scene import Fan, Scene

IDS = (
    "a+b/c=d e", "é", "🎫" * 128, "x" * 128, "..", ".", "/", "a/../b", "//", "%", "%2F", "%252F", "a%b", "$ne",
    "$userId", "me", "count", "?q=1#f", ";a=b", " ", " ann ", "=1+1",
    '"', "\\", "{}", "null", "a:b|c@d", "a\u00a0b",
    "<b>", "'--",
)  # fmt: skip


def a_fan_called(scene: Scene, id: str) -> Fan:
    scene.platform.put_fans(fan_body(a_fan(id)))
    return Fan(scene, id)


def live(scene: Scene, id: str, code: str) -> None:
    """Everything that is done about a fan."""
    fan = a_fan_called(scene, id)
    confirmed = fan.confirmed()

    assert (confirmed["userId"], fan.get("entries/me").json()) == (id, confirmed)
    found = scene.seen("entries", userId=id)
    assert ([as_the_fan_sees_it(one) for one in found["entries"]], found["next"]) == ([confirmed], None)
    reached = {"me", "count"}  # These are names of operations, too.
    if id not in reached:
        path = quote(id, safe="").replace(".", "%2E")
        assert scene.get(f"entries/{path}", headers=fan.headers).json() == confirmed
        assert as_the_fan_sees_it(scene.seen(f"entries/{path}")) == confirmed
    assert scene.told("entries/scoring", {"records": [{"userId": id, "score": 97}]})["upserted"] == 1
    assert scene.told("entries/selection", {"userIds": [id], "selection": "selected"})["updated"] == 1
    page = scene.seen("entries/scoring", selection="selected", limit=5_000)
    assert id in [record["userId"] for record in page["records"]]
    held = scene.seen("reserve", type="tm", count=1, reserveId=f"{id:>8}"[-128:])
    assert held["codes"] == [code]
    given = {"reserveId": held["reserveId"], "assignments": [{"code": code, "userId": id}]}
    assert [one["userId"] for one in scene.told("assign", given)["assigned"]] == [id]
    assert [one["code"] for one in scene.seen("codes", userId=id)["codes"]] == [code]
    assert scene.seen("codes/history", code=code)["history"][-1]["userId"] == id


def import_one(scene: Scene, code: str) -> None:
    key = scene.platform.put_file(f"codes/{scene.campaign}/tm/{code}.csv", f"{code}\n".encode())
    assert scene.told("codes", {"key": key})["inserted"] == 1


@pytest.mark.parametrize("id", IDS, ids=lambda text: ascii(text)[:20])
def test_a_fan_may_be_called_anything_printable(scene: Scene, id: str) -> None:
    import_one(scene, "A-1")

    live(scene, id, "A-1")


def test_over_mongodb_too(stored: Scene) -> None:
    for number, id in enumerate(IDS):
        import_one(stored, f"A-{number}")
        live(stored, id, f"A-{number}")

    ranked, cursor = [], None
    while True:
        page = stored.seen(
            "entries/scoring", selection="selected", limit=7, **({"cursor": cursor} if cursor else {})
        )
        ranked += [record["userId"] for record in page["records"]]
        if (cursor := page["next"]) is None:
            break
    assert ranked == sorted(IDS)


def test_an_encoded_name_of_an_operation_is_that_operation(scene: Scene) -> None:
    ann = scene.fan()
    entry = ann.registered()

    assert ann.get("entries/%6D%65").json() == entry


@pytest.mark.parametrize("path", ["%00", "%0A", "%FF", "%C3", "%E2%80%8B", "x" * 129, "a%7Fb", "%ED%A0%80"])
def test_what_is_no_id_is_told_the_rule(scene: Scene, path: str) -> None:
    refused = assert_problem(scene.get(f"entries/{path}"), 422, "request.invalid", "/userId")

    assert "1 to 128 printable characters" in refused["errors"][0]["detail"]
