"""POST /{campaignId}/codes: bringing a file in (code-service REQ-004, REQ-005, REQ-006)."""

import pytest

from tests.support.answers import TIME, assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer
from tests.support.waiting import eventually

COUNTS = ("rows", "inserted", "duplicates", "conflicts", "blank", "invalid")


def test_the_summary_has_the_shape_the_contract_gives_it(scene: Scene) -> None:
    scene.stock("OLD", "TAKEN")
    scene.stock("OTHER", type="external")

    answer = scene.load(f" A1 ,x\r\nA2\r\n\r\nA1\r\nOLD\r\nOTHER\r\n,y\r\n{'x' * 129}\r\n")

    body = answer.json()
    assert answer.status_code == 200
    assert {name: body[name] for name in COUNTS} == {
        "rows": 8, "inserted": 2, "duplicates": 2, "conflicts": 1, "blank": 2, "invalid": 1,
    }  # fmt: skip
    assert body["problems"] == [{"line": 8, "reason": "too_long"}]
    assert (body["campaignId"], body["type"], body["status"]) == (scene.campaign, "tm", "completed")
    assert body["key"] == f"codes/{scene.campaign}/tm/codes.csv"
    assert TIME.fullmatch(body["startedAt"])
    assert TIME.fullmatch(body["finishedAt"])
    assert body["failure"] is None
    assert scene.get(f"codes/imports/{body['importId']}").json() == body


def test_the_path_of_the_file_says_the_type(scene: Scene) -> None:
    """code-service REQ-002."""
    assert scene.load("E1\nE2", type="external").json()["type"] == "external"
    assert scene.counts("external") == (2, 0, 0)
    assert scene.counts("tm") == (0, 0, 0)


def test_importing_again_leaves_codes_as_they_are_reservation_included(scene: Scene) -> None:
    scene.stock("A1", "A2", "A3")
    reservation = scene.reserve(2)
    scene.assign(reservation, reservation["codes"][0], "fan-1")

    again = scene.load("A1\nA2\nA3\nA4").json()

    assert (again["inserted"], again["duplicates"]) == (1, 3)
    assert scene.counts() == (2, 1, 1)


def test_what_comes_back_is_compared_exactly(scene: Scene) -> None:
    assert scene.load("abc\nABC\nAbc\n").json()["inserted"] == 3


@pytest.mark.parametrize(
    "key",
    [
        "codes/{campaign}/tm/../../x",
        "codes/{campaign}/tm/..",
        "codes/{campaign}/tm/",
        "codes/{campaign}/tm/a/b.csv",
        "codes/{campaign}/tm/..\\x",
        "codes/{campaign}/gold/a.csv",
        "codes/someone-elses/tm/codes.csv",
        "/codes/{campaign}/tm/codes.csv",
        "codes/{campaign}/tm/a\x00.csv",
        "codes/{campaign}/tm/a.csv\n",
        "scoring/{campaign}/a.csv",
        "x",
        "",
        "codes/{campaign}/tm/" + "x" * 600,
    ],
)
def test_a_key_that_is_not_this_campaigns_or_climbs_is_refused(scene: Scene, key: str) -> None:
    answer = scene.post("codes", {"key": key.format(campaign=scene.campaign)})

    assert_problem(answer, 422, "request.invalid", "/key")


def test_a_missing_file_is_not_found(scene: Scene) -> None:
    key = f"codes/{scene.campaign}/tm/nowhere.csv"

    assert_problem(scene.post("codes", {"key": key}), 404, "codes.file_not_found")
    assert_problem(
        scene.post("codes", {"key": key}, headers={"Prefer": "respond-async"}), 404, "codes.file_not_found"
    )


def test_a_link_out_of_the_folder_leads_nowhere(scene: Scene) -> None:
    outside = scene.platform.folder / "outside.csv"
    outside.write_text("STOLEN\n")
    key = scene.put("", name="other.csv")
    (scene.platform.objects / key).with_name("link.csv").symlink_to(outside)

    answer = scene.post("codes", {"key": key.replace("other", "link")})

    assert_problem(answer, 404, "codes.file_not_found")


@pytest.mark.parametrize(
    "prefer", ["respond-async", "Respond-Async", "wait=5, respond-async", "respond-async; x=1"]
)
def test_who_does_not_want_to_wait_is_told_where_to_ask(scene: Scene, prefer: str) -> None:
    answer = scene.load("A1\nA2\nA1\n", headers={"Prefer": prefer})

    begun = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/{scene.campaign}/codes/imports/{begun['importId']}"
    assert (begun["status"], begun["finishedAt"]) == ("running", None)
    done = eventually(
        lambda: scene.http.get(answer.headers["location"], headers=bearer()).json(),
        lambda run: run["status"] != "running",
    )
    assert (done["status"], done["inserted"], done["duplicates"]) == ("completed", 2, 1)
    assert done["startedAt"] == begun["startedAt"]


def test_other_preferences_do_not_make_it_async(scene: Scene) -> None:
    assert scene.load("A1", headers={"Prefer": "respond-asynchronously, return=minimal"}).status_code == 200


def test_how_an_unattended_import_failed_is_on_record_with_what_it_stored(scene: Scene) -> None:
    rows = "".join(f"A{number},{'x' * 30}\n" for number in range(12_000)).encode()
    answer = scene.load(rows + b"\xff\n", headers={"Prefer": "respond-async"})

    failed = eventually(
        lambda: scene.http.get(answer.headers["location"], headers=bearer()).json(),
        lambda run: run["status"] != "running",
    )

    assert (failed["status"], failed["failure"]) == ("failed", "codes.file_unreadable")
    assert TIME.fullmatch(failed["finishedAt"])
    assert 0 < failed["inserted"] <= 12_000
    assert scene.counts()[0] == failed["inserted"]


def test_an_import_is_known_to_its_own_campaign_only(scene: Scene) -> None:
    import_id = scene.load("A1").json()["importId"]

    assert_problem(scene.elsewhere("another").get(f"codes/imports/{import_id}"), 404, "codes.import_not_found")
    assert_problem(scene.get("codes/imports/none"), 404, "codes.import_not_found")


def test_fifty_thousand_codes_go_in_at_once(scene: Scene) -> None:
    """code-service REQ-004."""
    answer = scene.load("".join(f"CODE-{number:05}\n" for number in range(50_000)))

    assert answer.json()["inserted"] == 50_000
    assert scene.counts() == (50_000, 0, 0)
