"""What people really upload: each input is from a report of an import that went wrong."""

import gzip
import io
import json
import zipfile
from typing import Any

import httpx2
import pytest

from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


NO_LISTS: dict[str, tuple[bytes, str]] = {
    "gzip": (gzip.compress(b"A1\nA2\n"), "gzip"),
    "xlsx": (zipped(), "xlsx"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "xls"),
    "pdf": (b"%PDF-1.7\n1 0 obj\n", "PDF"),
    "html": (b"\n <!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "HTML"),
    "xml": (b"<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code></Error>\n", "XML"),
    "json": (b'{\n "codes": ["A1", "A2"]\n}\n', "JSON"),
    "json lines": (b'{"code":"A1"}\n{"code":"A2"}\n', "JSON"),
    "json list": (b'["A1", "A2"]', "JSON"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS"),
    "psql": (b" code    | type\n---------+------\n AAA-001 | tm\n(1 row)\n", "table"),
    "mysql": (b"+---------+\n| code    |\n+---------+\n| AAA-001 |\n+---------+\n", "table"),
    "markdown": (b"| code | type |\n|------|------|\n| A1 | tm |\n", "table"),
    "sql": (b"INSERT INTO codes VALUES ('A1');\nINSERT INTO codes VALUES ('A2');\n", "SQL"),
    "utf-16 without its mark": ("A1\r\nA2\r\n".encode("utf-16-le"), "UTF-16"),
    "latin-1": ("Ä1\nÖ2\n".encode("latin-1"), "Save the file as UTF-8"),
}


@pytest.mark.parametrize("name", NO_LISTS)
def test_a_file_that_is_no_list_is_refused_and_says_what_it_is(scene: Scene, name: str) -> None:
    content, said = NO_LISTS[name]

    problem = assert_problem(scene.load(content), 422, "codes.file_unreadable")

    assert said in problem["detail"]
    assert problem["line"] == 1
    assert scene.counts() == (0, 0, 0)


READ: dict[str, tuple[bytes, str, bool]] = {
    "lf": (b"A1\nA2\nA3\n", ",", False),
    "cr": (b"A1\rA2\rA3\r", ",", False),
    "cr with columns": (b"A1,x\rA2,y\rA3,z\r", ",", False),
    "crlf": (b"A1\r\nA2\r\nA3", ",", False),
    "two marks": (b"\xef\xbb\xbf\xef\xbb\xbfA1\nA2\nA3\n", ",", False),
    "utf-16": ("A1\r\nA2\r\nA3\r\n".encode("utf-16"), ",", False),
    "utf-16 big": (b"\xfe\xff" + "A1\nA2\nA3\n".encode("utf-16-be"), ",", False),
    "semicolons": (b"A1;12,50;nyc\r\nA2;9,00;nyc\r\nA3;1,00;bos\r\n", ";", False),
    "tabs": (b"A1\t12.50\tnyc\nA2\t9\tnyc\nA3\t1\tbos\n", "\t", False),
    "pipes": (b"A1|x\nA2|y\nA3|z\n", "|", False),
    "sep line": (b"sep=;\r\nA1;x\r\nA2;y\r\nA3;z\r\n", ";", False),
    "header": (b"code\nA1\nA2\nA3\n", ",", True),
    "header in capitals": (b'"Voucher Codes";"Price"\r\nA1;2\r\nA2;2\r\nA3;2\r\n', ";", True),
    "header with an underscore": (b"promo_code,used\nA1,no\nA2,no\nA3,no\n", ",", True),
}


@pytest.mark.parametrize("name", READ)
def test_a_list_is_understood_as_it_was_meant(scene: Scene, name: str) -> None:
    content, separator, header = READ[name]

    body = scene.load(content).json()

    encoding = "utf-16" if name.startswith("utf-16") else "utf-8"
    assert body["understood"] == {"encoding": encoding, "separator": separator, "header": header, "column": 1}
    assert (body["rows"], body["inserted"], body["invalid"]) == (3, 3, 0)
    assert body["problems"] == ([{"line": 1, "reason": "header"}] if header else [])
    assert [code["code"] for code in scene.get("codes").json()["codes"]] == ["A1", "A2", "A3"]
    assert scene.get(f"codes/imports/{body['importId']}").json() == body


NO_CODES: dict[str, list[str]] = {
    "not_printable": ["A\u200bB", "A\u00a0B", "A\u00ad", "A\u202eB", "\ufeffA"],
    "too_long": ["x" * 129],
    "badly_quoted": ['"A', '"A"B', "'A1'"],
    "spreadsheet_error": ["#REF!", "#N/A", "#DIV/0!", "########"],
    "spreadsheet_number": ["1.23E+15", "1,23457E+12"],
    "spreadsheet_formula": ['"=""0012"""', "=HYPERLINK(A1)"],
    "placeholder": ["NULL", "null", "N/A", "none", "-", "nan", "\\N"],
    "footer": ["Total: 2", "(2 rows)", "Total", "2 rows", "Count: 5"],
    "comment": ["# codes for Berlin", "// end"],
    "curly_quotes": ["\u201cA1\u201d", "\u2018A1\u2019"],
    "address": ["https://example.com/A1", "www.example.com"],
}


@pytest.mark.parametrize("reason", NO_CODES)
def test_a_row_that_is_no_code_is_invalid_for_its_reason(scene: Scene, reason: str) -> None:
    rows = ["A1", *NO_CODES[reason], "A2"]

    body = scene.load("\n".join(rows), separator="|").json()

    assert (body["inserted"], body["invalid"]) == (2, len(rows) - 2)
    assert [problem["reason"] for problem in body["problems"]] == [reason] * (len(rows) - 2)


def test_the_character_that_cannot_be_printed_is_named(scene: Scene) -> None:
    body = scene.load("A1\nA\u200b2\n").json()

    assert body["problems"] == [{"line": 2, "reason": "not_printable", "detail": "U+200B zero width space"}]


@pytest.mark.parametrize("reason", sorted(NO_CODES.keys() - {"not_printable", "too_long", "badly_quoted"}))
def test_a_reason_can_be_let_pass(scene: Scene, reason: str) -> None:
    rows = NO_CODES[reason]

    body = scene.load("\n".join(rows), separator="|", header=False, accept=[reason]).json()

    assert (body["inserted"], body["invalid"]) == (len(rows), 0)


def test_what_no_wish_makes_a_code_cannot_be_let_pass(scene: Scene) -> None:
    assert_problem(scene.load("A1\n", accept=["too_long"]), 422, "request.invalid", "/accept")


@pytest.mark.parametrize(
    ("content", "options", "codes"),
    [
        ("id,code,type\n1,A1,tm\n2,A2,tm\n", {"column": 2}, ["A1", "A2"]),
        ("id,code,type\n1,A1,tm\n2,A2,tm\n", {"column": "Code"}, ["A1", "A2"]),
        ("1,A1\n2,A2\n3,A3\n", {"column": 2}, ["A1", "A2", "A3"]),
        ("1,A1\n2,A2\n3,A3\n", {"column": 1}, ["1", "2", "3"]),
        ("nr;gutschein;x\n1;A1;x\n2;A2;x\n", {"column": "gutschein"}, ["A1", "A2"]),
    ],
)
def test_where_the_codes_are_may_be_said(
    scene: Scene, content: str, options: dict[str, Any], codes: list[str]
) -> None:
    """Not said, the first two kinds are refused: ids and row numbers must not become codes."""
    if options["column"] != 1:
        problem = assert_problem(scene.load(content), 422, "codes.file_ambiguous")
        assert "column" in problem["detail"]
        assert problem["errors"][0]["pointer"] == "/column"

    assert scene.load(content, **options).status_code == 200
    assert [code["code"] for code in scene.get("codes").json()["codes"]] == codes


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"column": 3}, "/column"),
        ({"column": "nobody"}, "/column"),
        ({"column": 0}, "/column"),
        ({"separator": ":"}, "/separator"),
        ({"header": "yes"}, "/header"),
        ({"accept": ["anything"]}, "/accept/0"),
        ({"dryRun": 1}, "/dryRun"),
    ],
)
def test_a_wish_that_cannot_be_met_names_its_field(scene: Scene, options: dict[str, Any], pointer: str) -> None:
    problem = assert_problem(scene.load("A1,x\nA2,y\n", **options), 422, "request.invalid")

    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert scene.counts() == (0, 0, 0)


def test_the_header_may_be_said(scene: Scene) -> None:
    assert scene.load("FIRST\nA1\n", header=True).json()["inserted"] == 1
    assert scene.load("code\nA2\n", header=False).json()["inserted"] == 2


def test_a_dry_run_gives_the_receipt_and_stores_nothing(scene: Scene) -> None:
    scene.stock("OLD")
    scene.stock("OTHER", type="external")
    content = "code\n" + "\n".join(["OLD", "OTHER", *(f"A{number:02}" for number in range(12)), "A00", "NULL"])

    body = scene.load(content, dryRun=True).json()

    counts = {name: body[name] for name in ("rows", "inserted", "duplicates", "conflicts", "invalid")}
    assert counts == {"rows": 16, "inserted": 12, "duplicates": 2, "conflicts": 1, "invalid": 1}
    assert body["status"] == "checked"
    assert body["sample"] == ["OLD", "OTHER", "A00", "A01", "A02", "A08", "A09", "A10", "A11", "A00"]
    assert scene.counts() == (1, 0, 0)
    assert_problem(scene.get(f"codes/imports/{body['importId']}"), 404, "codes.import_not_found")
    real = scene.load(content).json()
    assert counts == {name: real[name] for name in counts}
    assert "sample" not in real


def test_codes_that_look_alike_are_stored_and_reported(scene: Scene) -> None:
    scene.stock("AAA-001", "CAF\u00c9")
    cyrillic, composed = "\u0410\u0410\u0410-001", "CAFE\u0301"

    body = scene.load(f"{cyrillic}\n{composed}\n\uff22-2\nB-3\n").json()

    assert body["inserted"] == 4
    assert body["problems"] == [{"line": line, "reason": "look_alike"} for line in (1, 2)]


def withdraw(scene: Scene, import_id: str) -> httpx2.Response:
    return scene.ask("DELETE", f"codes/imports/{import_id}", headers=bearer())


def test_an_import_is_taken_back(scene: Scene) -> None:
    scene.stock("OLD")
    run = scene.load("A1\nA2\nA3\nA4\nOLD\n").json()
    held = scene.reserve(3)
    scene.assign(held, held["codes"][0], "ann")
    of_it = [code for code in held["codes"] if code != "OLD"]
    given = held["codes"][0] != "OLD"

    done = withdraw(scene, run["importId"])

    kept = {"reserved": len(of_it) - given, "assigned": int(given)}
    assert done.json() == {"removed": 4 - len(of_it), "kept": kept}
    assert scene.get(f"codes/imports/{run['importId']}").json()["status"] == "withdrawn"
    assert withdraw(scene, run["importId"]).json() == {"removed": 0, "kept": kept}
    scene.post("release", {"reserveId": held["reserveId"]})
    assert withdraw(scene, run["importId"]).json()["kept"]["reserved"] == 0
    assert scene.counts() == (1 if held["codes"][0] != "OLD" else 0, 0, 1)


def test_an_import_that_is_not_there_cannot_be_taken_back(scene: Scene) -> None:
    assert_problem(withdraw(scene, "none"), 404, "codes.import_not_found")


ODD = [
    "-AB12",
    "+CD34",
    "@EF56",
    "=GH78",
    "'=IJ90",
    "''K",
    "'L",
    "0012",
    "x;=1+1",
    "a,b",
    'say "hi"',
    "\uff1d1+1",
    "p|q",
    "é",
]


def test_what_was_exported_imports_again_without_change(scene: Scene) -> None:
    scene.stock(*('"' + code.replace('"', '""') + '"' for code in ODD), separator=",", accept=["badly_quoted"])
    exported = scene.get("codes", headers={"Accept": "text/csv"}).content

    body = scene.load(exported).json()

    assert (body["inserted"], body["duplicates"], body["invalid"]) == (0, len(ODD), 0)
    assert scene.counts() == (len(ODD), 0, 0)


def test_the_export_of_the_first_release_imports_without_change(scene: Scene) -> None:
    """It guarded fewer cells, and quoted only those that had to be."""
    scene.stock("=0012", "-A", "B;=1", separator=",")
    exported = "code,type,status,reserveId,reservedAt,expiresAt,assignedTo,assignedAt\r\n" + "".join(
        f"{code},tm,available,,,,,\r\n" for code in ("'=0012", "'-A", "B;=1")
    )

    body = scene.load(exported).json()

    assert (body["inserted"], body["duplicates"]) == (0, 3)


def test_no_cell_of_the_export_is_a_formula_whatever_the_spreadsheet_takes_for_a_separator(scene: Scene) -> None:
    scene.stock(*('"' + code.replace('"', '""') + '"' for code in ODD), separator=",", accept=["badly_quoted"])

    lines = scene.get("codes", headers={"Accept": "text/csv"}).text.splitlines()[1:]

    for line in lines:
        assert line.startswith('"')
        assert line[1] not in "=+-@\uff1d"
        assert json.dumps(line)
