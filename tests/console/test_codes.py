"""Codes, their files and imports."""

import time
from typing import Any

import pytest

from tests.console.office import HOST, Browser, Office, Sale, Shown

LIST = "code,seat\nA-1,12\nA-2,13\n#REF!,14\nA-1,15\n"


@pytest.fixture
def sale(office: Office) -> Sale:
    return office.campaign()


def upload(browser: Browser, sale: Sale, content: bytes | str, name: str = "batch.csv", type: str = "tm") -> Shown:
    form = browser.open(sale.at("codes")).page.form("/codes/upload")
    fields = {"once": dict(form.fields)["once"], "type": type}
    files = {"file": (name, content if isinstance(content, bytes) else content.encode())}
    return browser.ask("POST", form.action, {"origin": HOST}, data=fields, files=files)


def checked(browser: Browser, sale: Sale, content: bytes | str, **how: Any) -> Shown:
    shown = upload(browser, sale, content, **how)
    assert shown.status == 303, shown.text
    return browser.open(f"{shown.leads_to}&whole=yes")


def imported(browser: Browser, sale: Sale, content: bytes | str, **how: Any) -> Shown:
    """Through the preview, to the receipt of an import that has ended."""
    page = checked(browser, sale, content, **how).page
    shown = browser.send(page.form("/codes/imports"))
    assert shown.status == 303, shown.text
    for _ in range(200):
        receipt = browser.open(shown.leads_to)
        if "Running" not in receipt.text:
            return receipt
        time.sleep(0.01)
    raise AssertionError(receipt.text)


def test_a_file_is_shown_as_it_is_understood_before_anything_is_imported(office: Office, sale: Sale) -> None:
    text = checked(office.staff(), sale, LIST).text
    for words in (
        "Will be stored 2 as tm", "There already 1", "No codes 1", "Separator of columns comma",
        "The first row names the columns", "A-1", "A-2", "4 It is an error of a spreadsheet",
    ):  # fmt: skip
        assert words in text, text
    assert sale.ask("GET", "codes/count")["total"]["total"] == 0


def test_a_file_is_imported_and_leaves_a_receipt_to_link_to(office: Office, sale: Sale) -> None:
    browser = office.staff()
    receipt = imported(browser, sale, LIST)
    for words in ("Completed", "Stored 2 of 4 rows", "There already 1", "No codes 1", "batch.csv"):
        assert words in receipt.text
    assert "batch.csv" in browser.open(sale.at("codes")).text
    assert "batch.csv" in browser.open(sale.at("codes", "imports")).text
    (link,) = [link for link in receipt.page.links if link.endswith("/problems")]
    answer = browser.open(link)
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.page.html.splitlines() == [
        '"line","reason","detail"', '"1","header",""', '"4","spreadsheet_error",""'
    ]  # fmt: skip


def test_the_preview_takes_what_staff_say_about_the_file(office: Office, sale: Sale) -> None:
    browser = office.staff()
    first = checked(browser, sale, "no;code\n1;N/A\n2;B-2\n")
    assert first.status == 422  # The first column only counts.

    address = upload(browser, sale, "no;code\n1;N/A\n2;B-2\n").leads_to
    options = "&separator=%3B&header=yes&column=code&accept=placeholder"
    again = browser.open(f"{address}{options}&whole=yes")

    assert "Will be stored 2" in again.text
    form = again.page.form("/codes/imports")
    assert {("separator", ";"), ("header", "yes"), ("column", "code"), ("accept", "placeholder")} <= set(
        form.fields
    )
    assert browser.send(form).status == 303


def test_the_same_file_twice_adds_nothing_and_its_name_is_free(office: Office, sale: Sale) -> None:
    browser = office.staff()
    imported(browser, sale, "A-1\nA-2\n")
    assert "The file has nothing new" in checked(browser, sale, "A-1\nA-2\n").text
    assert "Stored 1 of 3 rows There already 2" in imported(browser, sale, "A-1\nA-2\nA-3\n").text


def test_an_import_form_that_is_sent_again_begins_no_second_import(office: Office, sale: Sale) -> None:
    browser = office.staff()
    form = checked(browser, sale, "A-1\n").page.form("/codes/imports")
    assert [browser.send(form).status for _ in range(3)] == [303, 409, 409]
    assert len(sale.ask("GET", "codes/imports")["imports"]) == 1


def test_an_import_is_taken_back_but_for_what_fans_have(office: Office, sale: Sale) -> None:
    browser = office.staff()
    receipt = imported(browser, sale, "A-1\nA-2\nA-3\n")
    held = sale.ask("POST", "reserve", {"type": "tm", "count": 1})
    (link,) = [link for link in receipt.page.links if link.endswith("/withdraw")]
    preview = browser.open(link)
    assert "It stored 3 codes." in preview.text

    done = browser.follow(browser.send(preview.page.form("/withdraw")))

    assert "2 codes were removed. 1 are reserved, 0 are assigned, and stay." in done.text
    assert "Withdrawn" in done.text
    assert [one["code"] for one in sale.ask("GET", "codes")["codes"]] == held["codes"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 a workbook", "codes.file_unreadable"),
        (b"", "codes.file_empty"),
        (b"<html><body>", "codes.file_unreadable"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(
    office: Office, sale: Sale, content: bytes, words: str
) -> None:
    shown = checked(office.staff(), sale, content)
    assert shown.status == 422
    assert words in shown.text


def test_a_form_without_a_file_says_so(office: Office, sale: Sale) -> None:
    browser = office.staff()
    once = dict(browser.open(sale.at("codes")).page.form("/codes/upload").fields)["once"]
    parts = [f'name="once"\r\n\r\n{once}', 'name="type"\r\n\r\ntm', 'name="file"; filename=""\r\n\r\n']
    body = "".join(f"--x\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x", "origin": HOST}
    shown = browser.ask("POST", sale.at("codes", "upload"), headers, content=body.encode())
    assert shown.status == 422
    assert "file is missing: choose a file" in shown.text


def test_a_file_that_ends_too_early_is_not_stored(office: Office, sale: Sale) -> None:
    browser = office.staff()
    once = dict(browser.open(sale.at("codes")).page.form("/codes/upload").fields)["once"]
    parts = [f'name="once"\r\n\r\n{once}', 'name="type"\r\n\r\ntm', 'name="file"; filename="a.csv"\r\n\r\nA-1']
    body = "".join(f"--x\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    headers = {"content-type": "multipart/form-data; boundary=x", "origin": HOST}
    assert browser.ask("POST", sale.at("codes", "upload"), headers, content=body.encode()).status == 400
    assert not [*(sale.office.platform.objects / "codes" / sale.id).rglob("*.csv")]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", ".hidden", "a/b\\c.csv", "x" * 300, "<script>.csv", "é\u202e\n.csv"]
)
def test_no_name_of_a_file_leads_elsewhere(office: Office, sale: Sale, name: str) -> None:
    receipt = imported(office.staff(), sale, "A-1\n", name=name)
    assert "Completed" in receipt.text
    (run,) = sale.ask("GET", "codes/imports")["imports"]
    assert run["key"].count("/") == 3


def test_a_file_that_is_too_large_is_refused(office: Office, sale: Sale) -> None:
    assert upload(office.staff(), sale, b"A" * 2_000_001).status == 413


def test_a_body_that_is_no_such_form_is_refused(office: Office, sale: Sale) -> None:
    browser = office.staff()
    address = sale.at("codes", "upload")
    broken = {"content-type": "multipart/form-data; boundary=x", "origin": HOST}
    assert browser.ask("POST", address, broken, content=b"--x\r\nbroken").status == 400
    assert browser.ask("POST", address, broken | {"content-type": "multipart/form-data"}).status == 415
    assert browser.post(address, [("file", "A-1")]).status == 415
    assert browser.ask("POST", address, {"origin": HOST}, files={"file": ("a.csv", b"A-1")}).status == 403


def test_the_list_filters_and_its_export_has_exactly_what_is_filtered(office: Office, sale: Sale) -> None:
    sale.stock("A-1", "A-2", "B-1")
    sale.stock("X-1", type="external")
    browser = office.staff()
    shown = browser.open(f"{sale.at('codes', 'list')}?type=tm&prefix=A")
    assert "A-1" in shown.text
    assert "B-1" not in shown.text
    (export,) = [link for link in shown.page.links if "/export" in link]
    answer = browser.open(export)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''codes-{sale.id}.csv"
    assert [line.split(",")[0] for line in answer.page.html.splitlines()] == ["code", '"A-1"', '"A-2"']
    assert "No code fits these filters" in browser.open(f"{sale.at('codes', 'list')}?prefix=Z").text
    assert "No codes yet" in browser.open(office.campaign().at("codes", "list")).text


def test_one_code_is_shown_with_its_life_and_its_fan(office: Office, sale: Sale) -> None:
    sale.stock("A-1")
    held = sale.ask("POST", "reserve", {"type": "tm", "count": 1})
    assignment = {"code": "A-1", "userId": "ann"}
    sale.ask("POST", "assign", {"reserveId": held["reserveId"], "assignments": [assignment]})
    text = office.staff().open(f"{sale.at('codes', 'one')}?code=A-1").text
    assert text.index("Assigned 2") < text.index("Reserved 2") < text.index("Imported 2")
    assert "ann" in text
    assert office.staff().open(f"{sale.at('codes', 'one')}?code=a-1").status == 404


def test_a_hold_is_released_once(office: Office, sale: Sale) -> None:
    sale.stock("A-1")
    sale.ask("POST", "reserve", {"type": "tm", "count": 1})
    browser = office.staff()
    page = browser.open(f"{sale.at('codes', 'release')}?code=A-1").page
    done = browser.follow(browser.send(page.form("/codes/release")))
    assert "The code is available again." in done.text
    assert sale.ask("GET", "codes/count")["total"]["available"] == 1
    assert "There is nothing to release" in browser.open(f"{sale.at('codes', 'release')}?code=A-1").text


def test_a_token_that_only_reads_is_offered_no_change(office: Office, sale: Sale) -> None:
    sale.stock("A-1")
    (run,) = sale.ask("GET", "codes/imports")["imports"]
    reader = office.staff(scope="fangate:read")
    assert not reader.open(sale.at("codes")).page.offers("/codes/upload")
    assert not reader.open(sale.at("codes", "imports", run["importId"])).page.offers("/withdraw")
    assert reader.open(sale.at("codes", "imports", run["importId"], "withdraw")).status == 403
    assert reader.post(sale.at("codes", "imports"), [("key", run["key"])]).status == 403


def test_hostile_codes_are_text(office: Office, sale: Sale) -> None:
    codes = ["A-1", "<script>alert(1)</script>", "x\"'><img src=x>", "x" * 128, "صفحة", "🎟️"]
    sale.stock(*codes)
    html = office.staff().open(sale.at("codes", "list")).page
    assert [code for code in codes if code not in html.text] == []
    assert "<script>alert" not in html.html
    assert not [tag for tag, _ in html.tags if tag == "img"]
