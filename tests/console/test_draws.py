"""A draw, from setting it up to verifying it in public."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.model.codes.code import CodeType
from domain.model.draws.allocation import DrawResult
from domain.model.draws.beacons import QUICKNET, DrandRound
from domain.model.draws.draw import Draw
from domain.model.draws.verification import Difference, Step
from domain.model.ids import CampaignId, new_draw_id
from domain.model.registrations.markets import MarketId
from entrypoints.application import Application
from entrypoints.console.announcement import remaining
from entrypoints.console.screens.verifying import verdicts_of
from tests.console.office import Browser, Office, Sale, Shown, an_office

RANDOMNESS = "5a" * 32


@pytest.fixture
def sale(office: Office) -> Sale:
    """Three fans who can take part, for nyc and bos, and one who has not confirmed."""
    sale = office.campaign()
    for name in ("ann", "bob", "cid"):
        sale.fan(name)
    sale.fan("dan", confirmed=False)
    return sale


def previewed(staff: Browser, sale: Sale, **fields: str) -> Shown:
    """The form, sent as a browser sends it."""
    form = staff.open(sale.at("draws", "new")).page.form("/draws/preview")
    given = form.filled(**{"places.nyc": "1", "places.bos": "1", "beacon": "manual"} | fields)
    return staff.ask("GET", form.action, params=given)


def announced(staff: Browser, sale: Sale, **fields: str) -> str:
    """The address of the draw's page."""
    sent = staff.send(previewed(staff, sale, **fields).page.form("/draws"))
    assert sent.status == 303, sent.text
    return sent.leads_to


def drawn(staff: Browser, sale: Sale, **fields: str) -> str:
    address = announced(staff, sale, **fields)
    staff.send(staff.open(f"{address}/run").page.form("/run"), randomness=RANDOMNESS)
    draw_id = address.rpartition("/")[2]
    sale.ask("POST", f"draws/{draw_id}/run", {})  # Waits until it is drawn.
    return address


def draws(sale: Sale) -> list[Any]:
    found: list[Any] = sale.ask("GET", "draws")["draws"]
    return found


def selections(sale: Sale) -> list[str]:
    return sorted(entry["selection"] for entry in sale.ask("GET", "entries")["entries"])


def test_a_campaign_without_draws_says_what_to_do(office: Office, sale: Sale) -> None:
    staff = office.staff()
    assert sale.at("draws") in staff.open(sale.at()).page.links
    shown = staff.open(sale.at("draws"))
    assert "No draws yet" in shown.text
    assert shown.page.offers("/draws/new")


def test_the_preview_says_who_would_take_part_and_announces_nothing(office: Office, sale: Sale) -> None:
    staff = office.staff()
    shown = previewed(staff, sale, tiers="", minScore="")
    assert "Places bos 1 Places nyc 1" in shown.text or "Places nyc 1 Places bos 1" in shown.text
    (part,) = [given["hx-get"] for _, given in shown.page.tags if "hx-get" in given]
    assert "3 fans for 2 places" in staff.open(part).text
    assert "The phone is not confirmed 1" in staff.open(part).text
    at_once = next(link for link in shown.page.links if "whole=yes" in link)
    assert "3 fans for 2 places" in staff.open(at_once).text
    assert draws(sale) == []


def test_all_rules_are_announced_as_they_were_typed(office: Office, sale: Sale) -> None:
    staff = office.staff()
    fields = {"tiers": "90, 70.5", "weights": "90: 4\n70 2", "minScore": "10", "groupBy": "household"}
    preview = previewed(staff, sale, **fields, exclude="review")
    assert "from 90, from 70.5, all others" in preview.text
    assert "Chances with a score from 90 4" in preview.text
    staff.send(preview.page.form("/draws"))

    (draw,) = draws(sale)
    manifest = draw["manifest"]
    assert (manifest["places"], manifest["tiers"]) == ({"nyc": 1, "bos": 1}, [90, 70.5])
    assert manifest["weights"] == [{"minScore": 90, "weight": 4}, {"minScore": 70, "weight": 2}]
    assert (manifest["minScore"], manifest["groupBy"], manifest["exclude"]) == (10, "household", ["review"])
    assert manifest["beacon"] == {"kind": "manual"}


def test_a_market_that_is_left_empty_is_not_drawn_for(office: Office, sale: Sale) -> None:
    announced(office.staff(), sale, **{"places.bos": ""})
    assert draws(sale)[0]["manifest"]["places"] == {"nyc": 1}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"places.nyc": "", "places.bos": "0"}, "places are missing"),
        ({"places.nyc": "-1"}, "places/nyc must be a whole number"),
        ({"places.nyc": "\u0663"}, "places/nyc must be a whole number"),
        ({"places.paris": "1"}, "places/paris"),
        ({"places.<script>": "1"}, "places"),
        ({"tiers": "90 x"}, "tiers must be scores"),
        ({"tiers": "nan"}, "tiers must be scores"),
        ({"tiers": "70 90"}, "tiers/1 must be less than the one before"),
        ({"tiers": "1 " * 60}, "tiers has 60 scores"),
        ({"weights": "90"}, "weights must be a score and a weight in each line"),
        ({"weights": "90: 65"}, "weights/0/weight"),
        ({"minScore": "101"}, "minScore"),
        ({"exclude": "nothing"}, "exclude"),
        ({"round": "5"}, "beacon/round is only for drand"),
        ({"beacon": "drand", "round": "5"}, "beacon/round must be"),
        ({"beacon": "dice"}, "beacon/kind"),
    ],
)
def test_rules_that_do_not_fit_are_refused_beside_the_form(
    office: Office, sale: Sale, fields: dict[str, str], words: str
) -> None:
    shown = previewed(office.staff(), sale, **fields)
    assert shown.status == 422
    assert words in shown.text
    assert "<script>" not in shown.page.html.replace("<script src", "")
    again = dict(shown.page.form("/draws/preview").fields)
    assert again["places.bos"] == fields.get("places.bos", "1")
    assert draws(sale) == []


def test_an_announcement_is_made_once_and_can_be_published(office: Office, sale: Sale) -> None:
    staff = office.staff()
    form = previewed(staff, sale, beacon="drand").page.form("/draws")
    address = staff.send(form).leads_to
    page = staff.open(address)
    assert staff.send(form).status == 409
    (draw,) = draws(sale)
    manifest = draw["manifest"]

    assert "Draw 1 is announced. Publish its announcement" in page.text
    text = staff.ask("GET", f"{address}/announcement").page.html
    for published in (
        draw["manifestDigest"], manifest["listDigest"], manifest["merkleRoot"], manifest["seed"],
        f"round {manifest['beacon']['round']} of drand", manifest["beacon"]["chain"],
    ):  # fmt: skip
        assert published in text
        assert published in page.page.html
    assert text in page.page.html
    file = office.client.get(f"{address}/manifest", headers={"cookie": cookie(staff)})
    assert hashlib.sha256(file.content).hexdigest() == draw["manifestDigest"]
    assert file.json() == manifest
    listed = office.client.get(f"{address}/list", headers={"cookie": cookie(staff)})
    assert hashlib.sha256(listed.content).hexdigest() == manifest["listDigest"]


def cookie(staff: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in staff.cookies.items())


def test_until_the_round_the_page_counts_down_and_the_draw_cannot_run(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = announced(staff, sale, beacon="drand")
    page = staff.open(address)
    asked = [given for _, given in page.page.tags if given.get("hx-get", "").endswith("/now")]
    assert [one["hx-trigger"] for one in asked] == ["every 10s"]
    assert any(unit in staff.open(f"{address}/now").text for unit in ("min", " h "))
    at = 1692803367 + (draws(sale)[0]["manifest"]["beacon"]["round"] - 1) * 3
    assert f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC" in page.text  # Without JavaScript.
    assert not page.page.offers("/run")
    waiting = staff.open(f"{address}/run")
    assert "The round is not published yet" in waiting.text
    once = dict(staff.open(f"{address}/abort").page.form("/abort").fields)["once"]
    early = staff.post(f"{address}/run", [("once", once)])
    assert early.status == 409
    assert draws(sale)[0]["status"] == "announced"


def inside(sale: Sale, made: Callable[[Draw], Draw]) -> str:
    """A draw as no call can bring it about in time, made of the announced one. Its address."""
    draw_id = new_draw_id()

    async def work(app: Application) -> None:
        draw = (await app.draws.list(CampaignId(sale.id), before=None, limit=10)).draws[-1]

        def announce(number: int) -> Draw:
            return made(replace(draw, id=draw_id, manifest=replace(draw.manifest, number=number)))

        await app.draws.announce.draws.announce(CampaignId(sale.id), announce)

    sale.office.do(work)
    return sale.at("draws", "one", draw_id)


def test_once_the_round_is_published_the_draw_can_be_run(office: Office, sale: Sale) -> None:
    staff = office.staff()
    announced(staff, sale)
    beacon = DrandRound(chain=QUICKNET.hash, round=1_000)
    address = inside(sale, lambda draw: replace(draw, manifest=replace(draw.manifest, beacon=beacon)))
    page = staff.open(address)
    assert "Round 1000 of drand is published." in page.text
    assert page.page.offers("/run")
    assert not [given for _, given in page.page.tags if given.get("hx-get")]
    before = staff.open(f"{address}/run")
    assert "The randomness of round 1000 is fetched from drand" in before.text
    assert "randomness" not in dict(before.page.form("/run").fields)
    assert f"{beacon.chain}/public/1000" in staff.open(f"{address}/verify").text + page.text
    assert "Its round is published already." in staff.open(f"{address}/abort").text


def test_while_a_draw_runs_its_page_shows_how_far_it_is(office: Office, sale: Sale) -> None:
    staff = office.staff()
    announced(staff, sale)
    cutoffs = {MarketId("nyc"): None, MarketId("bos"): None}
    result = DrawResult(placed={}, waitlisted=3, cutoffs=cutoffs, result_digest="d" * 64)
    computing = inside(sale, lambda draw: draw.begin_run(RANDOMNESS))
    assert "It is being computed." in staff.open(computing).text
    telling = inside(sale, lambda draw: draw.begin_run(RANDOMNESS).with_result(result))
    page = staff.open(telling)
    assert "Fans told of their place: 0 of 3" in page.text
    assert [given["hx-trigger"] for _, given in page.page.tags if given.get("hx-get")] == ["every 1s"]
    assert "none: places are left" in page.text
    assert not page.page.offers("/verify")
    for act in ("abort", "run"):
        assert "cannot be done any more" in staff.open(f"{telling}/{act}").text


@pytest.mark.parametrize(
    ("seconds", "words"), [(3_700, "1 h 1 min"), (3_599, "59 min 59 s"), (60, "1 min 0 s"), (0, "0 s")]
)
def test_the_remaining_time_is_said_in_words(seconds: int, words: str) -> None:
    assert remaining(seconds) == words


def test_an_announced_draw_is_aborted_after_a_confirmation(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = announced(staff, sale)
    before = staff.open(f"{address}/abort")
    assert "It keeps its number" in before.text
    assert "published already" not in before.text
    assert draws(sale)[0]["status"] == "announced"
    done = staff.follow(staff.send(before.page.form("/abort")))
    assert "Draw 1 is aborted." in done.text
    assert draws(sale)[0]["status"] == "aborted"
    assert not done.page.offers("/run")
    assert "cannot be done any more" in staff.open(f"{address}/run").text
    assert "Aborted" in staff.open(sale.at("draws")).text


def test_randomness_that_is_none_is_refused_beside_its_field(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = announced(staff, sale)
    form = staff.open(f"{address}/run").page.form("/run")
    for typed in ("", "xyz", RANDOMNESS[:-1]):
        shown = staff.send(form, randomness=typed)
        assert (shown.status, draws(sale)[0]["status"]) == (422, "announced")
        assert "randomness" in shown.text


def test_a_draw_runs_once_and_shows_its_result(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = announced(staff, sale)
    form = staff.open(f"{address}/run").page.form("/run")
    sent = staff.send(form, randomness=f" {RANDOMNESS[:20]}\n{RANDOMNESS[20:]} ")
    assert sent.leads_to == address
    assert staff.send(form, randomness=f" {RANDOMNESS[:20]}\n{RANDOMNESS[20:]} ").status == 409
    result = sale.ask("POST", f"draws/{draws(sale)[0]['drawId']}/run", {})
    assert result["randomness"] == RANDOMNESS

    page = staff.open(address)
    assert "Drawn" in page.text
    assert "nyc 1 1 0" in page.text
    assert "bos 1 1 0" in page.text
    assert "On the waitlist at the end of the draw 1" in page.text
    assert result["cutoffs"]["nyc"]["key"][:16] in page.text
    assert result["resultDigest"] in page.text
    assert selections(sale) == ["none", "selected", "selected", "waitlisted"]
    file = office.client.get(f"{address}/results", headers={"cookie": cookie(staff)})
    assert hashlib.sha256(file.content).hexdigest() == result["resultDigest"]
    assert [given["hx-trigger"] for _, given in page.page.tags if given.get("hx-get")] == ["load"]
    assert staff.open(sale.at("draws")).text.count("Drawn") >= 2


def test_a_giving_of_codes_that_was_cut_off_is_seen(office: Office, sale: Sale) -> None:
    staff = office.staff()
    announced(staff, sale)
    cutoffs = {MarketId("nyc"): None, MarketId("bos"): None}
    result = DrawResult(placed={}, waitlisted=0, cutoffs=cutoffs, result_digest="d" * 64)
    since = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def cut_off(draw: Draw) -> Draw:
        ended = draw.begin_run(RANDOMNESS).with_result(result).finish_run(since)
        return replace(ended, giving_codes={CodeType.TM: since})

    page = staff.open(inside(sale, cut_off))
    assert "Codes are being given: tm since 2026-11-25 12:00:00 UTC" in page.text
    assert "Give the codes again: only what is missing is given." in page.text


def test_places_are_filled_after_a_preview_and_once(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = drawn(staff, sale)
    nothing = staff.open(f"{address}/fill")
    assert "Nothing to fill now" in nothing.text

    form = nothing.page.form("/fill")
    assert form.method == "get"
    preview = staff.ask("GET", form.action, params=form.filled(**{"places.nyc": "2"}))
    assert "1 fan who waits gets a place" in preview.text
    assert "nyc 2 2 1" in preview.text
    assert selections(sale).count("selected") == 2

    (confirm,) = [form for form in preview.page.forms if form.method == "post" and form.action.endswith("/fill")]
    done = staff.follow(staff.send(confirm))
    assert "Fans who waited and got a place now: 1." in done.text
    assert "nyc 3 1 1" in done.text
    assert selections(sale).count("selected") == 3
    assert staff.send(confirm).status == 409


def test_a_place_that_a_fan_gave_up_is_seen_and_filled(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = drawn(staff, sale)
    gone = next(one for one in sale.ask("GET", "entries")["entries"] if one["selection"] == "selected")
    office.ask("DELETE", f"/{sale.id}/entries/{gone['userId']}")
    preview = staff.open(f"{address}/fill")
    assert "1 fan who waits gets a place" in preview.text
    (confirm,) = [form for form in preview.page.forms if form.method == "post" and form.action.endswith("/fill")]
    staff.send(confirm)
    assert selections(sale) == ["none", "selected", "selected"]


@pytest.mark.parametrize(("market", "count"), [("paris", "1"), ("nyc", "x")])
def test_places_that_do_not_fit_are_refused(office: Office, sale: Sale, market: str, count: str) -> None:
    staff = office.staff()
    shown = staff.ask("GET", f"{drawn(staff, sale)}/fill", params={f"places.{market}": count})
    assert shown.status == 422
    assert "places" in shown.text


def test_codes_are_given_to_those_with_a_place_after_a_confirmation_and_once(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = drawn(staff, sale)
    sale.stock("A-1", "A-2", "A-3")
    before = staff.open(f"{address}/codes")
    assert "Each fan who has a place of this draw" in before.text
    assert "available 3" in before.text
    form = before.page.form("/codes")
    done = staff.follow(staff.send(form, type="tm"))
    assert "Codes given: 2. Fans with a place who still have none: 0." in done.text
    assert staff.send(form, type="tm").status == 409
    assert sale.ask("GET", "codes/count")["types"]["tm"]["assigned"] == 2
    again = staff.send(staff.open(f"{address}/codes").page.form("/codes"), type="tm")
    assert "Codes given: 0." in staff.follow(again).text


def test_too_few_codes_give_none(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = drawn(staff, sale)
    sale.stock("B-1")
    sent = staff.send(staff.open(f"{address}/codes").page.form("/codes"), type="tm")
    assert sent.status == 409
    assert sale.ask("GET", "codes/count")["types"]["tm"]["available"] == 1


def test_a_draw_is_verified_step_by_step(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = drawn(staff, sale)
    form = staff.open(f"{address}/verify").page.form("/verify")
    assert dict(form.fields) == {"randomness": ""}  # A text area; its text is that of the draw.
    shown = staff.ask("GET", form.action, params={"randomness": RANDOMNESS})
    (part,) = [given["hx-get"] for _, given in shown.page.tags if "hx-get" in given]
    assert "Every step agrees" in staff.open(part).text
    assert staff.open(part).text.count("Agrees") == 7

    wrong = staff.ask("GET", f"{address}/verify", params={"randomness": "5b" * 32, "whole": "yes"})
    assert "The draw differs" in wrong.text
    assert "Randomness Differs" in wrong.text
    assert "List Not reached" in wrong.text
    assert "Manifest Agrees" in wrong.text


def test_the_steps_after_a_difference_are_not_known() -> None:
    found = verdicts_of(Difference(step=Step.RESULTS, detail="line 1 must be x"))
    assert [one.agrees for one in found] == [True, True, True, True, True, False, None]
    assert found[5].detail == "line 1 must be x"
    assert [one.agrees for one in verdicts_of(None)] == [True] * 7


def test_a_draw_that_is_not_drawn_cannot_be_verified_or_filled(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = announced(staff, sale)
    assert "not drawn yet" in staff.open(f"{address}/verify").text
    assert {staff.open(f"{address}/{one}").status for one in ("fill", "verified", "results")} == {409}


def test_an_unknown_draw_is_not_found(office: Office, sale: Sale) -> None:
    staff = office.staff()
    for path in ("", "/now", "/run", "/verify", "/manifest", "/list"):
        assert staff.open(sale.at("draws", "one", "0" * 32) + path).status == 404


def test_who_may_only_read_sees_draws_and_changes_none(office: Office, sale: Sale) -> None:
    address = drawn(office.staff(), sale)
    reader = office.staff(scope="fangate:read")
    page = reader.open(address)
    assert page.status == 200
    assert not page.page.offers("/fill")
    assert page.page.offers("/verify")
    assert not reader.open(sale.at("draws")).page.offers("/draws/new")
    paths = (
        sale.at("draws", "new"),
        sale.at("draws", "preview"),
        *(f"{address}/{one}" for one in ("run", "fill", "codes")),
    )
    assert {reader.open(path).status for path in paths} == {403}
    assert {
        reader.post(f"{address}/{one}", [("once", "x")]).status for one in ("run", "fill", "codes", "abort")
    } == {403}
    for claims in ({"scope": "fangate:codes"}, {"campaigns": ["another"]}):
        assert office.staff(**claims).open(address).status == 403


def test_the_audit_log_names_what_was_done(office: Office, sale: Sale) -> None:
    drawn(office.staff(sub="eve"), sale)
    records = office.ask("GET", f"/audit?campaignId={sale.id}&by=eve")["records"]
    assert [record["operation"] for record in records] == ["runDraw", "announceDraw"]
    assert json.dumps(records).count(RANDOMNESS) == 0


def test_who_waits_is_counted_by_market_and_leads_to_the_fans(office: Office, sale: Sale) -> None:
    staff = office.staff()
    address = drawn(staff, sale)
    (part,) = [given["hx-get"] for _, given in staff.open(address).page.tags if "hx-get" in given]
    assert part == f"{address}/waitlists"
    for shown in (staff.open(part), staff.open(f"{address}?whole=yes")):
        assert "nyc 1 Show them" in shown.text
        assert "bos 1 Show them" in shown.text
        (link,) = {link for link in shown.page.links if "market=nyc" in link}
        assert staff.open(link).text.count("Waitlisted") >= 2  # Once in the filter, once in the list.
    assert "Show them" not in office.staff(scope="fangate:draws").open(part).text
    assert "Who waits now" not in staff.open(announced(staff, sale)).text


def test_a_draw_for_as_many_markets_as_it_may_have_is_set_up_and_filled(office: Office) -> None:
    markets = tuple(MarketId(f"m-{number:03}") for number in range(1_000))
    sale = office.campaign(markets=markets)
    sale.fan("ann", markets=["m-007"])
    staff = office.staff()
    preview = staff.ask(
        "GET",
        sale.at("draws", "preview"),
        params={f"places.{market}": "1" for market in markets} | {"beacon": "manual"},
    )
    address = staff.send(preview.page.form("/draws")).leads_to
    (draw,) = draws(sale)
    assert len(draw["manifest"]["places"]) == 1_000
    staff.send(staff.open(f"{address}/run").page.form("/run"), randomness=RANDOMNESS)
    sale.ask("POST", f"draws/{draw['drawId']}/run", {})
    form = staff.open(f"{address}/fill").page.form("/fill")
    shown = staff.ask("GET", form.action, params=form.filled(**{f"places.{market}": "1" for market in markets}))
    assert shown.status == 200


def test_a_form_with_more_fields_than_any_is_refused_with_the_number(office: Office, sale: Sale) -> None:
    shown = office.staff().open(f"{sale.at('draws', 'preview')}?{'a=1&' * 1_101}")
    assert shown.status == 400
    assert "more than 1,100 fields" in shown.text


def test_the_round_is_public_where_the_beacon_of_the_service_is(tmp_path: Path) -> None:
    with an_office(tmp_path, beacon="https://drand.example.org") as office:
        sale, staff = office.campaign(), office.staff()
        sale.fan("ann")
        address = announced(staff, sale, beacon="drand", **{"places.bos": ""})
        round = draws(sale)[0]["manifest"]["beacon"]
        public = f"https://drand.example.org/{round['chain']}/public/{round['round']}"
        page = staff.open(address)
        assert f"It is public at {public}" in page.text
        assert public in staff.open(f"{address}/announcement").page.html
        assert "api.drand.sh" not in page.page.html
