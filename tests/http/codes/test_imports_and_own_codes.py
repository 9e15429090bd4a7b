"""The list of imports, codes by import or prefix, and a fan's own codes."""

import httpx2
import pytest

from tests.support.answers import TIME, assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer


def ids(answer: httpx2.Response) -> list[str]:
    return [run["importId"] for run in answer.json()["imports"]]


def test_imports_are_listed_the_newest_first_each_as_its_status_shows_it(scene: Scene) -> None:
    runs = [scene.load(f"A{number}").json() for number in range(3)]

    listed = scene.get("codes/imports").json()

    assert listed == {"imports": runs[::-1], "next": None}
    assert scene.elsewhere().opens().get("codes/imports").json() == {"imports": [], "next": None}


def test_a_list_of_imports_has_pages(scene: Scene) -> None:
    runs = [scene.load(f"A{number}").json()["importId"] for number in range(3)]

    first = scene.get("codes/imports?limit=2")
    second = scene.get("codes/imports", params={"limit": 2, "cursor": first.json()["next"]})

    assert ids(first) + ids(second) == runs[::-1]
    assert second.json()["next"] is None


@pytest.mark.parametrize("cursor", ["eA", "MjAyNi0xMS0zMCB4", "x!"])
def test_a_cursor_of_another_list_is_refused(scene: Scene, cursor: str) -> None:
    assert_problem(scene.get("codes/imports", params={"cursor": cursor}), 422, "request.invalid", "/cursor")


def test_a_withdrawn_import_stays_in_the_list(scene: Scene) -> None:
    run = scene.load("A1\nA2").json()

    scene.ask("DELETE", f"codes/imports/{run['importId']}", headers=bearer())

    (listed,) = scene.get("codes/imports").json()["imports"]
    assert listed == run | {"status": "withdrawn"}


def test_codes_are_found_by_their_import_and_by_their_beginning(scene: Scene) -> None:
    scene.load("AB1\nAC1\nB1")
    second = scene.load("AB2\nB2").json()["importId"]

    def found(**wanted: str) -> list[str]:
        return [code["code"] for code in scene.seen("codes", **wanted)["codes"]]

    assert found(importId=second) == ["AB2", "B2"]
    assert found(prefix="AB") == ["AB1", "AB2"]
    assert found(prefix="AB", importId=second) == ["AB2"]
    assert found(prefix="ab") == []


@pytest.mark.parametrize("query", ["prefix=", "prefix=%0A", "importId=", "importId=a%2Fb", "importId=" + "a" * 65])
def test_a_filter_that_fits_no_code_is_refused(scene: Scene, query: str) -> None:
    assert_problem(scene.get(f"codes?{query}"), 422, "request.invalid", f"/{query.partition('=')[0]}")


def test_a_fan_sees_the_codes_assigned_to_the_fan_and_no_others(scene: Scene) -> None:
    scene.stock("A1", "A2", "A3")
    reservation = scene.reserve(3)
    for code, fan in zip(reservation["codes"], ("ann", "ann", "bob"), strict=True):
        scene.assign(reservation, code, fan)

    mine = scene.get("codes/mine", headers=bearer("ann", supreme=False)).json()["codes"]

    assert [code["code"] for code in mine] == sorted(reservation["codes"][:2])
    assert {code["type"] for code in mine} == {"tm"}
    assert all(TIME.fullmatch(code["assignedAt"]) for code in mine)
    assert scene.get("codes/mine", headers=bearer("cy", supreme=False)).json() == {"codes": []}
