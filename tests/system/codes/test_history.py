"""What a recorder wrote is read as what certainly, possibly or certainly not happened."""

from pathlib import Path

from tests.system.codes.history import NEVER, Outcome, Recorder, read


def test_what_was_written_is_read_in_the_order_it_began(tmp_path: Path) -> None:
    paths = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    with paths[0].open("w") as one, paths[1].open("w") as two:
        Recorder(one).began("a", "reserve", {"count": 1})
        Recorder(two).began("b", "release", {"reserveId": "R"})
        Recorder(two).ended("b", Outcome.OK, {"released": 1})
        Recorder(one).ended("a", Outcome.FAIL, {"code": "codes.exhausted"})

    first, second = read(reversed(paths))

    assert (first.id, first.verb, first.asked, first.outcome) == ("a", "reserve", {"count": 1}, Outcome.FAIL)
    assert (second.id, second.answer, second.outcome) == ("b", {"released": 1}, Outcome.OK)
    assert first.start <= second.start <= second.end <= first.end < NEVER


def test_what_was_cut_off_or_never_ended_may_happen_at_any_time(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with path.open("w") as file:
        recorder = Recorder(file)
        recorder.began("a", "sweep", {})
        recorder.ended("a", Outcome.INFO, {})
        recorder.began("b", "sweep", {})

    assert [(step.outcome, step.end) for step in read([path])] == [(Outcome.INFO, NEVER)] * 2
