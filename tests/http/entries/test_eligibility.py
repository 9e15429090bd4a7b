"""Who is eligible: counts, filters, pages and the stream."""

import base64
import csv
import io
import json
from dataclasses import fields
from typing import Any

import httpx2
import pytest

from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Selection
from entrypoints.http.entries.eligibility import EligibilityQuery
from tests.support.answers import TIME, assert_problem
from tests.support.platform import Platform
from tests.support.scene import Scene
from tests.support.servers.service import Service
from tests.support.tokens import bearer

NDJSON = {"Accept": "application/x-ndjson"}
CHOICES = {
    "ann": (["nyc", "bos"], 90.0),
    "bob": (["bos", "nyc", "lax"], 80.0),
    "cy": (["lax", "sfo", "bos", "nyc"], 80.0),
    "di": (["sfo"], 70.5),
    "ed": (["nyc"], 0.0),
}
BEST_FIRST = ["ann", "bob", "cy", "di", "ed"]


@pytest.fixture(scope="module")
def pool(running: Service, platform: Platform, http: httpx2.Client) -> Scene:
    """Five who are eligible, Fay who is confirmed but not scored, and Guy who is scored no more."""
    scene = Scene(running, platform, http).opens()
    for name, (markets, _) in CHOICES.items():
        scene.fan(name).confirmed(markets=markets)
    scene.fan("fay").confirmed()
    guy = scene.fan("guy")
    guy.confirmed()
    scene.score(**{name: score for name, (_, score) in CHOICES.items()}, guy=99)
    guy.registered(phone="+12014449999")
    return scene


def test_every_filter_of_the_model_can_be_asked_for_over_http() -> None:
    asked = EligibilityQuery(
        min_score=1, max_score=99, market=["nyc"], max_rank=1, selection=[Selection.SELECTED]
    ).query()
    forgotten = [
        field.name for field in fields(Query) if getattr(asked, field.name) == getattr(Query(), field.name)
    ]
    assert forgotten == [], "see EligibilityQuery in entrypoints/http/entries/eligibility.py"


def eligible(scene: Scene, **filters: Any) -> int:
    return int(scene.seen("entries/eligibility", **filters)["eligible"])


def test_the_count_has_exactly_the_fields_of_the_contract(pool: Scene) -> None:
    answer = pool.seen("entries/eligibility")

    assert TIME.fullmatch(answer.pop("asOf"))
    assert answer == {
        "campaignId": pool.campaign,
        "eligible": 5,
        "byMarket": [
            {"market": "nyc", "eligible": 4, "byRank": [2, 1, 0, 1]},
            {"market": "bos", "eligible": 3, "byRank": [1, 1, 1, 0]},
            {"market": "lax", "eligible": 2, "byRank": [1, 0, 1, 0]},
            {"market": "sfo", "eligible": 2, "byRank": [1, 1, 0, 0]},
        ],
    }


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, "ann bob cy di ed"),
        ({"minScore": "80.0001"}, "ann"),
        ({"maxScore": 80}, "bob cy di ed"),
        ({"market": ["lax", "sfo"]}, "bob cy di"),
        ({"market": "nyc", "maxRank": 2}, "ann bob ed"),
        ({"selection": ["selected", "none"]}, "ann bob cy di ed"),
        ({"selection": "declined"}, ""),
        ({"market": "bos", "maxRank": 2, "minScore": 80, "maxScore": 89, "selection": "none"}, "bob"),
    ],
    ids=str,
)
def test_filters_come_in_the_query_and_count_and_list_agree(pool: Scene, filters: Any, names: str) -> None:
    assert pool.ranking(**filters) == names.split()
    assert eligible(pool, **filters) == len(names.split())


@pytest.mark.parametrize("path", ["entries/eligibility", "entries/scoring"])
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_a_market_that_does_not_exist_is_named_with_those_that_do(pool: Scene, path: str, accept: str) -> None:
    answer = pool.get(path, params={"market": ["sfo", "NYC"]}, headers=bearer() | {"Accept": accept})

    problem = assert_problem(answer, 422, "request.invalid", "/market/1")
    assert problem["errors"][0]["detail"].endswith("its markets: nyc, bos, lax, sfo")


@pytest.mark.parametrize("path", ["entries/eligibility", "entries/scoring"])
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("minScore=-1", "/minScore"), ("minScore=100.1", "/minScore"), ("maxScore=101", "/maxScore"),
        ("minScore=nan", "/minScore"), ("minScore=inf", "/minScore"), ("minScore=", "/minScore"),
        ("minScore=five", "/minScore"), ("minScore=1e999", "/minScore"), ("minScore=null", "/minScore"),
        ("maxScore=true", "/maxScore"), ("minScore=\u0665", "/minScore"), ("maxRank=0", "/maxRank"),
        ("maxRank=5", "/maxRank"), ("maxRank=1.5", "/maxRank"), ("maxRank=", "/maxRank"),
        ("maxRank=99999999999999999999", "/maxRank"), ("selection=chosen", "/selection/0"),
        ("selection=none&selection=", "/selection/1"), ("market=", "/market/0"),
        ("market=" + "x" * 257, "/market/0"),
        ("&".join(["market=a"] * 101), "/market"), ("minScore=1&minScore=2", "/minScore"),
        ("maxRank=1&maxRank=1", "/maxRank"), ("min_score=1", "/min_score"), ("wish=1", "/wish"),
        ("selection=" + "&selection=".join(["none"] * 5), "/selection"),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
def test_a_filter_that_is_wrong_is_named_and_not_ignored(
    scene: Scene, path: str, query: str, pointer: str
) -> None:
    assert_problem(scene.get(f"{path}?{query}"), 422, "request.invalid", pointer)


def test_a_record_has_exactly_the_fields_of_the_contract(pool: Scene) -> None:
    page = pool.seen("entries/scoring", limit=1)

    assert set(page) == {"records", "next"}
    (first,) = page["records"]
    assert TIME.fullmatch(first.pop("phoneConfirmedAt"))
    assert first == {
        "userId": f"ann-{pool.campaign}",
        "score": 90.0,
        "selection": "none",
        "markets": ["nyc", "bos"],
    }


@pytest.mark.parametrize("limit", [2, 5_000])
def test_pages_of_any_size_have_every_fan_once_the_best_first(pool: Scene, limit: int) -> None:
    names: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(6):
        page = pool.seen("entries/scoring", limit=limit, **cursor)
        assert len(page["records"]) <= limit
        names += [pool.name(record["userId"]) for record in page["records"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert page["next"] is None
    assert names == BEST_FIRST


@pytest.mark.parametrize("limit", ["0", "-1", "5001", "many", "1.5", ""])
def test_a_limit_out_of_bounds_is_a_422(pool: Scene, limit: str) -> None:
    assert_problem(pool.get(f"entries/scoring?limit={limit}"), 422, "request.invalid", "/limit")


def cursor(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "garbage",
    [
        "", "x", "!!!!", "a b", "null", "=" * 4, "x" * 1_025, "x" * 1_024, cursor(b"\xff\xfe"), cursor("ann"),
        cursor("80"), cursor("80 "), cursor(" ann"), cursor("80 a\tb"), cursor("nan ann"), cursor("inf ann"),
        cursor("-1 ann"), cursor("1e999 ann"), cursor("1_0 ann"), cursor("\u0668\u0660 ann"),
        cursor('{"$gt":""} ann'),
        cursor("80 " + "x" * 129), cursor("80 ann\n"), cursor("80\nann"),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
def test_a_cursor_that_is_none_is_a_422(pool: Scene, garbage: str) -> None:
    answer = pool.get("entries/scoring", params={"cursor": garbage})

    assert_problem(answer, 422, "request.invalid", "/cursor")


def test_the_stream_has_every_fan_and_ends_with_a_line_that_says_so(pool: Scene) -> None:
    answer = pool.get("entries/scoring", headers=bearer() | NDJSON, params={"minScore": 70})

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"].partition(";")[0] == "application/x-ndjson"
    assert lines[:-1] == pool.seen("entries/scoring", minScore=70)["records"]
    assert lines[-1] == {"end": True, "count": 4}
    assert answer.text.endswith("\n")


def test_a_stream_without_fans_is_only_its_last_line(pool: Scene) -> None:
    answer = pool.get("entries/scoring", headers=bearer() | NDJSON, params={"minScore": 100})

    assert answer.text == '{"end":true,"count":0}\n'


def test_as_a_table_for_spreadsheets_it_has_the_same_fans(pool: Scene) -> None:
    answer = pool.get("entries/scoring", headers=bearer() | {"Accept": "text/csv"}, params={"minScore": 70})

    records = pool.seen("entries/scoring", minScore=70)["records"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].partition(";")[0] == "text/csv"
    assert [(row["userId"], float(row["score"]), row["selection"], row["phoneConfirmedAt"]) for row in rows] == [
        (one["userId"], one["score"], one["selection"], one["phoneConfirmedAt"]) for one in records
    ]
    chosen = [[row[f"market{rank}"] for rank in range(1, 5) if row[f"market{rank}"]] for row in rows]
    assert chosen == [one["markets"] for one in records]


@pytest.mark.parametrize(
    ("accept", "type"),
    [
        ("application/json", "application/json"), ("*/*", "application/json"), ("text/html", "application/json"),
        ("application/x-ndjson;q=0.5, application/json", "application/json"),
        ("application/json;q=0.1, application/x-ndjson", "application/x-ndjson"),
    ],
)  # fmt: skip
def test_the_accept_header_decides_between_page_and_stream(pool: Scene, accept: str, type: str) -> None:
    answer = pool.get("entries/scoring", headers=bearer() | {"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == type


def test_no_phone_is_in_any_answer_about_the_eligible(pool: Scene) -> None:
    answers = [
        pool.get("entries/scoring").text,
        pool.get("entries/scoring", headers=bearer() | NDJSON).text,
        pool.get("entries/eligibility").text,
        pool.get("entries/count").text,
    ]

    assert not [answer for answer in answers if "+1201" in answer]
