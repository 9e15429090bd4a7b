"""The keys of uploads, and the states of an import."""

import pytest

from domain.model.codes.imports import (
    MAX_PROBLEMS,
    SILENT_FOR,
    ImportStatus,
    Problem,
    Tally,
    UploadKey,
)
from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId
from tests.support.codes import EXTERNAL, NOON, TICK, TM, TOUR, an_import


def test_a_key_contains_campaign_type_and_file() -> None:
    """code-service REQ-002 and "Code Type Separation": the key contains the type."""
    key = UploadKey.parse("codes/tour/external/Spring Sale (1).csv", campaign_id=TOUR)

    assert key == UploadKey(TOUR, EXTERNAL, "Spring Sale (1).csv")
    assert str(key) == "codes/tour/external/Spring Sale (1).csv"
    assert UploadKey.parse("codes/tour/tm/a", campaign_id=TOUR).type is TM


@pytest.mark.parametrize(
    "key",
    [
        "",
        "codes/tour/tm/",
        "codes/tour/tm",
        "codes/tour/vip/a.csv",
        "codes/tour/TM/a.csv",
        "/codes/tour/tm/a.csv",
        "scoring/tour/tm/a.csv",
        "codes/tour/tm/..",
        "codes/tour/tm/.",
        "codes/tour/tm/../../other/tm/a.csv",
        "codes/../tm/a.csv",
        "codes/tour/tm/sub/a.csv",
        "codes/tour/tm/..\\a.csv",
        "codes//tm/a.csv",
        "codes/tour/tm/a.csv\n",
        "codes/tour/tm/a\0.csv",
        "codes/tour/tm/" + "x" * 201,
    ],
)
def test_a_key_with_another_form_or_with_dots_is_refused(key: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        UploadKey.parse(key, campaign_id=TOUR)

    assert refused.value.field == "key"


@pytest.mark.parametrize("campaign", ["other", "TOUR", "tour2"])
def test_a_key_of_another_campaign_is_refused(campaign: str) -> None:
    with pytest.raises(InvalidValue, match="not acceptable") as refused:
        UploadKey.parse(f"codes/{campaign}/tm/a.csv", campaign_id=TOUR)

    assert "another campaign" in refused.value.reason


def test_a_key_is_compared_with_the_campaign_exactly() -> None:
    assert UploadKey.parse("codes/TOUR/tm/a.csv", campaign_id=CampaignId("TOUR")).campaign_id == "TOUR"


def test_every_row_is_in_exactly_one_count() -> None:
    tally = Tally(inserted=1, duplicates=2, conflicts=4, blank=8, invalid=16)

    assert tally.rows == 31
    assert (tally + tally).rows == 62


def test_a_tally_keeps_the_first_hundred_problems() -> None:
    first = Tally(problems=tuple(Problem(line, "too long") for line in range(1, 71)))
    second = Tally(problems=tuple(Problem(line, "not printable") for line in range(71, 151)))

    kept = (first + second).problems

    assert [problem.line for problem in kept] == list(range(1, MAX_PROBLEMS + 1))


def test_an_import_makes_progress_and_ends() -> None:
    run = an_import().progressed(Tally(inserted=5), NOON + TICK)
    done = run.completed(NOON + 2 * TICK)

    assert (run.status, run.tally.inserted, run.finished_at) == (ImportStatus.RUNNING, 5, None)
    assert (done.status, done.tally.inserted, done.finished_at) == (ImportStatus.COMPLETED, 5, NOON + 2 * TICK)


def test_an_import_that_fails_keeps_its_counts() -> None:
    run = an_import().progressed(Tally(inserted=5), NOON).failed("codes.file_unreadable", NOON + TICK)

    assert (run.status, run.failure, run.tally.inserted) == (ImportStatus.FAILED, "codes.file_unreadable", 5)


def test_a_running_import_counts_as_failed_after_two_minutes_without_progress() -> None:
    run = an_import().progressed(Tally(inserted=5), NOON + TICK)
    silent = NOON + TICK + SILENT_FOR

    assert run.as_of(silent) is run
    dead = run.as_of(silent + TICK)
    assert (dead.status, dead.failure) == (ImportStatus.FAILED, "codes.import_interrupted")
    assert (dead.finished_at, dead.tally.inserted) == (NOON + TICK, 5)


def test_an_import_that_has_ended_never_counts_as_interrupted() -> None:
    done = an_import().completed(NOON)

    assert done.as_of(NOON + 9 * SILENT_FOR) is done
