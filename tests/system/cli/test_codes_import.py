"""``fangate codes import``, and ``migrate``."""

import json
from pathlib import Path
from typing import Any

import pymongo
import pytest

from tests.support.commands import fangate
from tests.support.scene import staff
from tests.support.servers.service import service


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "batch 1.csv"
    path.write_text("A1\n A2 \n\nA1\n\x01\n")
    return path


def import_file(file: Path, *more: str, store: str = "memory:", forked: bool = True) -> Any:
    command = ("codes", "import", str(file), "--campaign", "c1", "--type", "tm", *more)
    return fangate(*command, settings={"FANGATE_STORE": store}, forked=forked)


def test_the_summary_is_the_one_that_http_gives(file: Path, tmp_path: Path, database_url: str) -> None:
    """code-service REQ-004, REQ-005, REQ-006."""
    place = tmp_path / "codes/c2/tm" / file.name
    place.parent.mkdir(parents=True)
    place.write_bytes(file.read_bytes())

    outcome = import_file(file, "--by", "staff-9", store=database_url, forked=False)

    assert outcome.returncode == 3
    assert outcome.stderr.splitlines()[-1] == "stored 2 of 5 rows; 1 duplicates, 0 conflicts, 1 invalid, 1 blank"
    summary = json.loads(outcome.stdout)
    settings = {"FANGATE_STORE": database_url, "FANGATE_OBJECTS": f"file:{tmp_path}"}
    with service(settings) as running, staff(running) as http:
        over_http = http.post("/c2/codes", json={"key": f"codes/c2/tm/{file.name}"}).json()
        assert http.get(f"/c1/codes/imports/{summary['importId']}").json() == summary
        story = http.get("/c1/codes/history?code=A2").json()["history"]
        (row,) = http.get("/audit?by=staff-9").json()["records"]
        (of_http,) = http.get("/audit?by=staff").json()["records"]
    own = {"importId", "campaignId", "key", "startedAt", "finishedAt"}
    assert {k: v for k, v in summary.items() if k not in own} == {
        k: v for k, v in over_http.items() if k not in own
    }
    assert set(summary) == set(over_http)
    assert (summary["inserted"], summary["duplicates"], summary["blank"], summary["invalid"]) == (2, 1, 1, 1)
    assert [(one["event"], one["by"]) for one in story] == [("imported", "staff-9")]
    assert (row["operation"], row["campaignId"], row["requestId"]) == ("importCodes", "c1", None)
    assert row["outcome"] == of_http["outcome"] | {"importId": summary["importId"]}


def test_progress_goes_to_standard_error_and_the_summary_alone_to_standard_output(file: Path) -> None:
    outcome = import_file(file)

    assert json.loads(outcome.stdout)["status"] == "completed"
    assert "batch 1.csv" in outcome.stderr


def test_into_memory_it_says_that_it_is_a_rehearsal(file: Path) -> None:
    assert "rehearsal" in import_file(file).stderr


@pytest.mark.parametrize(
    ("more", "status"),
    [(["--campaign", "a b"], 2), (["--type", "gold"], 2), (["--by", "a\tb"], 2), (["--by", "x" * 129], 2)],
)
def test_an_option_that_is_wrong_is_named(file: Path, more: list[str], status: int) -> None:
    outcome = import_file(file, *more)

    assert (outcome.returncode, outcome.stdout) == (status, "")
    assert more[0] in outcome.stderr


def test_a_file_that_is_not_there_or_cannot_be_read_is_told_in_a_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"A1\n\xff\n")

    missing, unreadable = import_file(tmp_path / "none.csv"), import_file(bad)

    assert missing.returncode == 2
    assert unreadable.returncode == 1
    last = unreadable.stderr.splitlines()[-1]
    assert last.startswith(
        "Error: The file is not text in UTF-8. Line 2 is not UTF-8 text. Save the file as UTF-8"
    )
    assert "Traceback" not in missing.stderr + unreadable.stderr


def test_migrate_builds_what_is_missing_and_nothing_twice(database_url: str) -> None:
    first = fangate("migrate", settings={"FANGATE_STORE": database_url}, forked=False)
    second = fangate("migrate", settings={"FANGATE_STORE": database_url})

    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.startswith("built ")
    assert second.stdout == "nothing to do\n"
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(database_url) as client:
        indexes = client.get_default_database()["codes"].index_information()
    assert {"pool", "deadlines", "places"} <= set(indexes)
    assert not [index for index in indexes.values() if "expireAfterSeconds" in index]


def test_a_dry_run_shows_a_sample_and_stores_nothing(tmp_path: Path, database_url: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text("id;Voucher Code;price\n1;A1;2\n2;A2;2\n3;N/A;2\n")
    options = ["--separator", "semicolon", "--column", "voucher_code", "--accept", "placeholder"]

    looked = import_file(path, *options, "--dry-run", store=database_url)
    done = import_file(path, *options, store=database_url)

    assert (looked.returncode, done.returncode) == (0, 0)
    receipt = json.loads(looked.stdout)
    assert (receipt["status"], receipt["inserted"], receipt["sample"]) == ("checked", 3, ["A1", "A2", "N/A"])
    assert receipt["understood"] == {"encoding": "utf-8", "separator": ";", "header": True, "column": 2}
    assert json.loads(done.stdout)["inserted"] == 3


def test_a_column_by_number_and_a_file_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("1,code\n2,A2\n")

    ambiguous = import_file(path)
    outcome = import_file(path, "--column", "2", "--no-header")

    assert ambiguous.returncode == 1
    assert "column" in ambiguous.stderr.splitlines()[-1]
    assert (outcome.returncode, json.loads(outcome.stdout)["inserted"]) == (0, 2)
