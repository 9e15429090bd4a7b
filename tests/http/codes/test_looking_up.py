"""Counting, listing and searching codes over HTTP, and the history of one."""

import pytest

from tests.support.answers import TIME, assert_problem
from tests.support.scene import Scene
from tests.support.waiting import eventually

ZEROS = {"available": 0, "reserved": 0, "assigned": 0, "total": 0}
FIELDS = {"code", "type", "status", "reserveId", "reservedAt", "expiresAt", "assignedTo", "assignedAt"}


def test_an_unknown_campaign_counts_zeros(scene: Scene) -> None:
    body = scene.get("codes/count").json()

    assert body.pop("campaignId") == scene.campaign
    assert TIME.fullmatch(body.pop("asOf"))
    assert body == {"types": {"tm": ZEROS, "external": ZEROS}, "total": ZEROS}


def test_counts_are_by_status_and_type_and_add_up(scene: Scene) -> None:
    scene.stock("A1", "A2", "A3")
    scene.stock("E1", type="external")
    reservation = scene.reserve(2)
    scene.assign(reservation, reservation["codes"][0], "ann")

    body = scene.get("codes/count").json()

    assert body["types"]["tm"] == {"available": 1, "reserved": 1, "assigned": 1, "total": 3}
    assert body["types"]["external"] == {"available": 1, "reserved": 0, "assigned": 0, "total": 1}
    assert body["total"] == {"available": 2, "reserved": 1, "assigned": 1, "total": 4}


def test_one_type_can_be_counted_alone(scene: Scene) -> None:
    scene.stock("A1")
    scene.stock("E1", "E2", type="external")

    body = scene.get("codes/count", params={"type": "external"}).json()

    assert set(body["types"]) == {"external"}
    assert body["total"] == body["types"]["external"] == ZEROS | {"available": 2, "total": 2}


def test_a_listed_code_shows_its_whole_state(scene: Scene) -> None:
    scene.stock("A1", "A2", "A3")
    reservation = scene.reserve(2, reserveId="reservation-1")
    given, held = reservation["codes"]
    at = scene.assign(reservation, given, "ann")["assigned"][0]["assignedAt"]

    codes = {code["code"]: code for code in scene.get("codes").json()["codes"]}

    common = {"type": "tm", "reserveId": "reservation-1", "reservedAt": reservation["reservedAt"]}
    assert codes[held] == common | {
        "code": held, "status": "reserved", "expiresAt": reservation["expiresAt"],
        "assignedTo": None, "assignedAt": None,
    }  # fmt: skip
    assert codes[given] == common | {
        "code": given, "status": "assigned", "expiresAt": None, "assignedTo": "ann", "assignedAt": at,
    }  # fmt: skip
    (free,) = set(codes) - {given, held}
    assert codes[free] == dict.fromkeys(FIELDS) | {"code": free, "type": "tm", "status": "available"}


def test_a_lapsed_hold_shows_as_available(hasty_scene: Scene) -> None:
    """code-service REQ-003."""
    hasty_scene.stock("A1")
    hasty_scene.reserve()

    (code,) = eventually(
        lambda: hasty_scene.get("codes").json()["codes"], lambda codes: codes[0]["status"] == "available"
    )

    assert (code["reserveId"], code["reservedAt"], code["expiresAt"]) == (None, None, None)
    assert hasty_scene.get("codes?status=reserved").json()["codes"] == []


@pytest.fixture
def stocked(scene: Scene) -> Scene:
    """A1 assigned to ann, B2 held, C3 free, all tm; E1 external."""
    for number, code in enumerate(["A1", "B2"]):
        scene.stock(code)
        scene.reserve(1, reserveId=f"reservation-{number}")
    scene.assign({"reserveId": "reservation-0"}, "A1", "ann")
    scene.stock("C3")
    scene.stock("E1", type="external")
    return scene


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["A1", "B2", "C3", "E1"]),
        ("code=B2", ["B2"]),
        ("code=%20B2%20", ["B2"]),
        ("code=b2", []),
        ("code=null", []),
        ("userId=null", []),
        ("type=external", ["E1"]),
        ("status=available", ["C3", "E1"]),
        ("status=reserved", ["B2"]),
        ("status=assigned", ["A1"]),
        ("reserveId=reservation-1", ["B2"]),
        ("reserveId=reservation-0", ["A1"]),
        ("userId=ann", ["A1"]),
        ("status=available&type=tm", ["C3"]),
        ("userId=ann&status=reserved", []),
    ],
)
def test_every_filter_narrows_the_list(stocked: Scene, query: str, found: list[str]) -> None:
    body = stocked.get(f"codes?{query}").json()

    assert [code["code"] for code in body["codes"]] == found
    assert body["next"] is None


def test_pages_follow_each_other_without_gap_or_repeat(scene: Scene) -> None:
    texts = [f"K{number:03} ünï=/" for number in range(25)]
    scene.stock(*texts)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = scene.get("codes", params={"limit": "10"} | cursor).json()
        seen += [code["code"] for code in page["codes"]]
        if page["next"] is None:
            break
        assert len(page["codes"]) == 10
        cursor = {"cursor": page["next"]}

    assert seen == sorted(texts)


def test_a_page_has_five_hundred_codes_unless_told(scene: Scene) -> None:
    scene.stock(*(f"K{number}" for number in range(501)))

    assert len(scene.get("codes").json()["codes"]) == 500
    assert len(scene.get("codes?limit=5000").json()["codes"]) == 501


@pytest.mark.parametrize(
    ("pointer", "query"),
    [
        ("/type", "type=gold"), ("/type", "type="), ("/type", "type=null"), ("/status", "status=lapsed"),
        ("/limit", "limit=0"), ("/limit", "limit=5001"), ("/limit", "limit=ten"), ("/limit", "limit=" + "9" * 500),
        ("/limit", "limit=1.0"), ("/cursor", "cursor=%21"), ("/cursor", "cursor=A"), ("/cursor", "cursor=__8"),
        ("/code", "code="), ("/code", "code=%20"), ("/code", "code=" + "x" * 129), ("/userId", "userId=a%00b"),
        ("/reserveId", "reserveId=x"), ("/colour", "colour=red"), ("/limit", "limit=1&limit=2"),
        ("/a~1b~0c", "a/b~c=1"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_wrong_unknown_or_doubled_is_named(scene: Scene, pointer: str, query: str) -> None:
    assert_problem(scene.get(f"codes?{query}"), 422, "request.invalid", pointer)


def test_the_history_of_a_code_tells_everything_oldest_first(hasty_scene: Scene) -> None:
    scene = hasty_scene
    scene.stock("A1")
    scene.reserve(1, reserveId="reservation-1")
    eventually(scene.counts, lambda counts: counts == (1, 0, 0))
    scene.reserve(1, reserveId="reservation-2")
    scene.post("release", {"reserveId": "reservation-2"})
    scene.assign(scene.reserve(1, reserveId="reservation-3"), "A1", "ann")

    body = scene.get("codes/history", params={"code": "A1"}).json()

    assert (body["code"], body["type"]) == ("A1", "tm")
    story = [(one["event"], one["by"], one["reserveId"], one["userId"]) for one in body["history"]]
    assert story == [
        ("imported", "staff", None, None),
        ("reserved", "staff", "reservation-1", None),
        ("expired", "fangate", "reservation-1", None),
        ("reserved", "staff", "reservation-2", None),
        ("released", "staff", "reservation-2", None),
        ("reserved", "staff", "reservation-3", None),
        ("assigned", "staff", "reservation-3", "ann"),
    ]
    times = [one["at"] for one in body["history"]]
    assert times == sorted(times)
    assert all(TIME.fullmatch(at) for at in times)


def test_a_code_that_was_never_imported_has_no_history(scene: Scene) -> None:
    assert_problem(scene.get("codes/history?code=A1"), 404, "codes.not_found")
    assert_problem(scene.get("codes/history"), 422, "request.invalid", "/code")
