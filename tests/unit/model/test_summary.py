from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.model.summary import Line, summary

COUNTS = [
    StepCount(step="fetch", measure="requests", kind="runs", count=12),
    StepCount(step="fetch", measure="records", count=2, outcome=Outcome.QUARANTINED, file="s01.jsonl", reason="no URN"),
    StepCount(step="filter", measure="messages", count=3, outcome=Outcome.DROPPED, reason="test_contact"),
    StepCount(step="move", measure="messages", count=1, outcome=Outcome.MOVED, dataset="age", target="gender"),
]


def test_files_come_first_then_counts_then_who_waits_for_a_coder() -> None:
    waiting: list[dict[str, int | str | None]] = [
        {"dataset": "age", "not_reviewed": 4},
        {"dataset": "gender", "not_reviewed": 0},
        {"dataset": "derived"},
    ]
    assert [line.words for line in summary({"s01": 40}, COUNTS, waiting, noun="records")] == [
        "s01: records",
        "requests runs",
        "records set aside, s01.jsonl: no URN",
        "messages dropped: test contact",
        "messages moved from age to gender",
        "messages that wait for a coder, age",
    ]


def test_only_what_could_not_be_used_is_a_warning() -> None:
    assert [line for line in summary({}, COUNTS) if line.is_warning] == [
        Line(2, "records set aside, s01.jsonl: no URN", is_warning=True)
    ]


def test_counts_stand_below_each_other_and_nothing_reaches_the_terminal_that_it_would_obey() -> None:
    assert str(Line(1245, "s\x1b[2J01")) == "    1,245  s?[2J01"
