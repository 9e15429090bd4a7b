"""Filters, counts, the histogram, the list, the export, and deciding about many fans."""

import csv
import io
import json
from typing import Any

import pytest

from domain.usecases.registrations.transfer_entries import MAX_PROBLEMS
from entrypoints.console.pasted import pasted_ids
from entrypoints.http.response.problems import Problem
from tests.console.office import Browser, Office, Sale, Shown
from tests.support.tokens import bearer

SCORES = {"ann": 91.0, "bob": 74.5, "cid": 74.5, "dee": 12.0}


@pytest.fixture
def sale(office: Office) -> Sale:
    """Four fans with scores, and Eve without one."""
    sale = office.campaign()
    for name in (*SCORES, "eve"):
        sale.fan(name, markets=["nyc", "bos"] if name != "bob" else ["bos"])
    records = [{"userId": f"{name}-{sale.id}", "score": score} for name, score in SCORES.items()]
    sale.ask("POST", "entries/scoring", {"records": records})
    return sale


def fan(sale: Sale, name: str) -> str:
    return f"{name}-{sale.id}"


def found(office: Office, sale: Sale, query: str = "", **claims: Any) -> str:
    return office.staff(**claims).open(f"{sale.at('eligible')}?whole=yes&{query}").text


def selections(sale: Sale) -> dict[str, str]:
    entries = sale.ask("GET", "entries")["entries"]
    return {entry["userId"].partition("-")[0]: entry["selection"] for entry in entries}


def previewed(staff: Browser, sale: Sale, to: str = "selected", **asked: str) -> Shown:
    pairs = [("what", "list" if "userIds" in asked else "top"), ("to", to), *asked.items()]
    return staff.post(sale.at("eligible", "preview"), pairs)


def listed(sale: Sale, *names: str) -> str:
    return "\r\n".join(fan(sale, name) for name in names)


@pytest.mark.parametrize(
    ("query", "count", "names"),
    [
        ("", 4, ["ann", "bob", "cid", "dee"]),
        ("minScore=74.5", 3, ["ann", "bob", "cid"]),
        ("minScore=&maxScore=74.5", 3, ["bob", "cid", "dee"]),
        ("market=nyc", 3, ["ann", "cid", "dee"]),
        ("market=bos&maxRank=1", 1, ["bob"]),
        ("market=nyc&market=bos&maxRank=1", 4, ["ann", "bob", "cid", "dee"]),
        ("selection=selected", 0, []),
        ("selection=selected&selection=none", 4, ["ann", "bob", "cid", "dee"]),
    ],
)
def test_filters_count_and_list_as_the_api_does(
    office: Office, sale: Sale, query: str, count: int, names: list[str]
) -> None:
    text = found(office, sale, query)
    assert f"Eligible: {count}" in text
    shown = [name for name in SCORES if f"{fan(sale, name)} {SCORES[name]}" in text]
    assert shown == names


def test_the_counts_come_after_the_page_and_follow_the_filters(office: Office, sale: Sale) -> None:
    staff = office.staff()
    page = staff.open(f"{sale.at('eligible')}?minScore=50&market=nyc").page
    loads = [given["hx-get"] for _, given in page.tags if given.get("hx-trigger") == "load"]
    assert loads == [f"{sale.at('eligible')}?minScore=50&market=nyc"]
    part = staff.open(loads[0], **{"hx-request": "true"})
    assert "Eligible: 2" in part.text
    assert "<html" not in part.page.html
    (form,) = [given for tag, given in page.tags if tag == "form" and given.get("hx-target") == "#found"]
    assert form["hx-get"] == sale.at("eligible")


def test_a_filter_that_is_refused_is_told_where_the_counts_were(office: Office, sale: Sale) -> None:
    staff = office.staff()
    for query, words in (("minScore=101", "minScore"), ("market=paris", "market"), ("maxRank=9", "maxRank")):
        part = staff.open(f"{sale.at('eligible')}?{query}", **{"hx-request": "true"})
        assert part.status == 200
        assert words in part.text
        assert "Eligible:" not in part.text
        assert staff.open(f"{sale.at('eligible')}?whole=yes&{query}").status == 422


def test_the_histogram_has_all_scores_and_the_threshold(office: Office, sale: Sale) -> None:
    page = office.staff().open(f"{sale.at('eligible')}?whole=yes&minScore=50").page
    marks = [given["x1"] for tag, given in page.tags if tag == "line"]
    columns = [given["class"] for tag, given in page.tags if "fg-column" in given.get("class", "").split()]
    assert marks == ["500"]
    assert columns == ["fg-column fg-out", "fg-column", "fg-column"]
    assert "10\u201315 1" in page.text
    assert "70\u201375 2" in page.text


def test_markets_are_counted_by_rank(office: Office, sale: Sale) -> None:
    text = found(office, sale)
    assert "nyc 3 0 0 0 3" in text
    assert "bos 1 3 0 0 4" in text


def test_the_export_has_exactly_what_is_filtered(office: Office, sale: Sale) -> None:
    at = f"{sale.at('eligible', 'export')}?minScore=50&"
    table = office.client.get(f"{at}format=csv", headers=bearer())
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["userId"], row["score"], row["market1"], row["market2"]) for row in rows] == [
        (fan(sale, "ann"), "91.0", "nyc", "bos"),
        (fan(sale, "bob"), "74.5", "bos", ""),
        (fan(sale, "cid"), "74.5", "nyc", "bos"),
    ]
    assert table.headers["content-type"].startswith("text/csv")
    assert f"eligible-{sale.id}.csv" in table.headers["content-disposition"]
    lines = office.client.get(f"{at}format=ndjson", headers=bearer()).text.splitlines()
    assert json.loads(lines[-1]) == {"end": True, "count": 3}
    offered = office.staff().open(f"{sale.at('eligible')}?whole=yes&minScore=50").page.links
    assert f"{at}format=csv" in offered


def test_the_best_are_selected_after_a_preview_and_taken_back(office: Office, sale: Sale) -> None:
    staff = office.staff()
    preview = previewed(staff, sale, top="2", minScore="50")
    assert "2 fans become Selected" in preview.text
    assert "The lowest score among them: 74.5" in preview.text
    assert set(selections(sale).values()) == {"none"}

    form = preview.page.form("/select")
    done = staff.follow(staff.send(form))
    assert "2 fans are now Selected" in done.text
    decided = {"ann": "selected", "bob": "selected", "cid": "none", "dee": "none", "eve": "none"}
    assert selections(sale) == decided
    assert (staff.send(form).status, selections(sale)) == (409, decided)

    undo = staff.send(done.page.form("/preview"))
    assert "2 fans become Undecided" in undo.text
    staff.send(undo.page.form("/select"))
    assert set(selections(sale).values()) == {"none"}


def test_it_cannot_be_taken_back_where_that_would_take_back_what_others_decided(
    office: Office, sale: Sale
) -> None:
    sale.ask("POST", "entries/selection", {"userIds": [fan(sale, "dee")], "selection": "selected"})
    staff = office.staff()
    done = staff.follow(staff.send(previewed(staff, sale, top="2").page.form("/select")))
    assert "2 fans are now Selected" in done.text
    assert not done.page.offers("/eligible/preview")
    assert f"{sale.at('eligible')}?selection=selected" in done.page.links


def test_the_page_of_what_was_done_can_be_reloaded(office: Office, sale: Sale) -> None:
    staff = office.staff()
    sent = staff.send(previewed(staff, sale, top="1").page.form("/select"))
    assert ["1 fan is now Selected" in staff.open(sent.leads_to).text for _ in range(2)] == [True, True]
    assert office.staff(sub="paul").open(sent.leads_to).leads_to == sale.at("eligible")
    assert staff.open(sale.at("eligible", "preview")).leads_to == sale.at("eligible")


@pytest.mark.parametrize(("to", "word"), [("waitlisted", "Waitlisted"), ("declined", "Declined")])
def test_a_pasted_list_is_decided_about_and_the_refused_are_listed(
    office: Office, sale: Sale, to: str, word: str
) -> None:
    staff = office.staff()
    pasted = f"userId\n{listed(sale, 'ann', 'dee')}\n\n{fan(sale, 'ann')}\n  <b>not-there</b>\n"
    preview = previewed(staff, sale, to, userIds=pasted)
    assert f"2 fans become {word}" in preview.text
    assert "3 different ids were pasted" in preview.text
    assert "1 will be refused" in preview.text
    assert "<b>not-there" not in preview.page.html

    done = staff.follow(staff.send(preview.page.form("/select")))
    assert f"2 fans are now {word}" in done.text
    assert "1 was refused" in done.text
    assert "<b>not-there</b>" in done.text
    assert selections(sale) | {"eve": ""} == {"ann": to, "bob": "none", "cid": "none", "dee": to, "eve": ""}

    undo = staff.send(done.page.form("/preview"))
    assert "2 fans become Undecided" in undo.text
    staff.send(undo.page.form("/select"))
    assert set(selections(sale).values()) == {"none"}


def test_more_refused_than_an_address_can_hold_are_listed_all_the_same(office: Office, sale: Sale) -> None:
    staff = office.staff()
    gone = [f"{number * 7919:032x}{number * 104729:032x}" for number in range(1, 4 * MAX_PROBLEMS)]
    preview = previewed(staff, sale, userIds="\n".join([fan(sale, "ann"), *gone]))
    done = staff.send(preview.page.form("/select"))
    assert done.status == 200
    assert [id for id in gone if id not in done.text] == []
    assert selections(sale)["ann"] == "selected"


def test_a_list_of_strangers_changes_nothing_and_offers_nothing(office: Office, sale: Sale) -> None:
    shown = previewed(office.staff(), sale, userIds="nobody")
    assert "Nothing would change" in shown.text
    assert not shown.page.offers("/eligible/select")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"top": "0"}, "top"),
        ({"top": "x"}, "how many fans"),
        ({"top": "10001"}, "top"),
        ({"userIds": ""}, "paste them"),
        ({"userIds": "a\tb"}, "userIds"),
        ({"top": "1", "minScore": "-1"}, "minScore"),
        ({"top": "1", "to": "champion"}, "selection"),
        ({"top": "1", "market": "paris"}, "market"),
    ],
)
def test_what_cannot_be_decided_is_refused_in_words(
    office: Office, sale: Sale, asked: dict[str, str], words: str
) -> None:
    shown = previewed(office.staff(), sale, **{"to": "selected", **asked})
    assert shown.status == 422
    assert words in shown.text


def test_a_list_that_is_refused_is_shown_again_to_be_corrected(office: Office, sale: Sale) -> None:
    staff = office.staff()
    shown = previewed(staff, sale, "waitlisted", userIds=f"{fan(sale, 'ann')}\na\tb")
    assert (shown.status, f"{fan(sale, 'ann')}\na\tb" in shown.page.html) == (422, True)
    pasted = [form for form in shown.page.forms if ("what", "list") in form.fields]
    preview = staff.send(pasted[0], userIds=fan(sale, "ann"), to="waitlisted")
    assert "1 fan becomes Waitlisted" in preview.text


def test_a_fan_of_the_list_has_a_page(office: Office, sale: Sale) -> None:
    staff = office.staff()
    links = staff.open(f"{sale.at('eligible')}?whole=yes&minScore=90").page.links
    (link,) = [link for link in links if link.endswith(f"userId={fan(sale, 'ann')}")]
    assert staff.open(link).status == 200


def test_a_pasted_list_is_read_as_people_paste_it() -> None:
    assert pasted_ids("\n a b \r\n\rUserId\n") == ["a b", "UserId"]
    assert pasted_ids("User ID\nx\ny\nx") == ["x", "y"]
    with pytest.raises(Problem, match="invalid"):
        pasted_ids("\n".join(map(str, range(10_001))))


def test_who_may_only_read_is_offered_no_decision_and_refused_one(office: Office, sale: Sale) -> None:
    reader = office.staff(scope="fangate:read")
    page = reader.open(f"{sale.at('eligible')}?whole=yes").page
    assert "Eligible: 4" in page.text
    assert not page.offers("/eligible/preview")
    assert previewed(reader, sale, top="1").status == 403
    assert (
        reader.post(sale.at("eligible", "select"), [("what", "top"), ("top", "1"), ("to", "selected")]).status
        == 403
    )


@pytest.mark.parametrize("claims", [{"scope": "fangate:codes"}, {"campaigns": ["another"]}])
def test_other_tokens_are_refused_and_not_offered_the_page(
    office: Office, sale: Sale, claims: dict[str, Any]
) -> None:
    staff = office.staff(**claims)
    assert staff.open(sale.at("eligible")).status == 403
    assert sale.at("eligible") not in staff.open(sale.at()).page.links


def test_pages_of_the_list_follow_each_other_with_the_filters(office: Office) -> None:
    sale = office.campaign()
    ids = [sale.fan(f"f{number:02}") for number in range(26)]
    sale.ask("POST", "entries/scoring", {"records": [{"userId": id, "score": 60} for id in ids]})
    staff = office.staff()
    first = staff.open(f"{sale.at('eligible')}?whole=yes&minScore=60")
    (next,) = {link for link in first.page.links if "cursor=" in link}
    assert "minScore=60" in next
    second = staff.open(f"{next}&whole=yes")
    assert [sum(id in shown.text for id in ids) for shown in (first, second)] == [25, 1]


def test_where_no_fan_is_eligible_it_is_said_why(office: Office) -> None:
    assert "No fan is eligible yet" in found(office, office.campaign())


def test_a_change_by_the_console_names_its_caller_in_the_history_too(office: Office) -> None:
    """As a change by the API does."""
    sale = office.campaign()
    fan = sale.fan()
    staff = office.staff(sub="paula")
    asked = [("what", "list"), ("userIds", fan), ("to", "selected")]
    staff.send(staff.post(sale.at("eligible", "preview"), asked).page.form("/select"))
    history = sale.ask("GET", f"entries/{fan}")["history"]
    assert [one["by"] for one in history if one["event"] == "selected"] == ["paula"]
