"""The eligible fans by score, over HTTP."""

import pytest

from tests.support.answers import assert_problem
from tests.support.scene import Scene


def test_the_sum_of_the_bins_is_the_eligibility_count(scene: Scene) -> None:
    for name in ("ann", "bob", "cy"):
        scene.fan(name).confirmed(markets=["nyc"])
    scene.score(ann=0, bob=50, cy=100)
    scene.select("selected", "bob")

    whole = scene.seen("entries/scoring/histogram", selection=["none", "selected"], bins=2)
    assert whole["bins"] == [{"from": 0.0, "to": 50.0, "eligible": 1}, {"from": 50.0, "to": 100.0, "eligible": 2}]
    for filters in ({}, {"market": "nyc", "minScore": 1}, {"maxScore": 99.5, "selection": "selected"}):
        bins = scene.seen("entries/scoring/histogram", **filters)["bins"]
        assert len(bins) == 20
        assert sum(bin["eligible"] for bin in bins) == scene.seen("entries/eligibility", **filters)["eligible"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"bins": 0}, "/bins"), ({"bins": 101}, "/bins"), ({"bins": "x"}, "/bins"), ({"minScore": -1}, "/minScore"),
     ({"market": "never-was"}, "/market/0"), ({"limit": 5}, "/limit")],
    ids=ascii,
)  # fmt: skip
def test_what_does_not_fit_is_a_422(scene: Scene, query: dict[str, str | int], pointer: str) -> None:
    assert_problem(scene.get("entries/scoring/histogram", params=query), 422, "request.invalid", pointer)
