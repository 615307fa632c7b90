from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.coding_plan import DatasetKind
from pipeline_lib.model.step_counts import Outcome, in_words
from pipeline_lib.processing.process import process
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.translation import KeyRemapping, Translation
from tests.step_counts import the_count

KEYS = {
    "avf_phone_id": "uid",
    "E01 (Text) - f": "e01_raw",
    "E01 (Time) - f": "sent_on",
    "Gender (Value) - d": "gender_raw",
    "Gender (Time) - d": "gender_time",
}


@pytest.fixture
def processed(
    scheme: Callable[..., Any], coding: Any, dataset: Any, plans: Any, jsonl: Callable[..., Path], tmp_path: Path
) -> Callable[..., Processed]:
    """A project of one episode and one survey, from objects of its two files, or of those that it fetches."""

    def run(messages: list[dict[str, Any]] | None, answers: list[dict[str, Any]] | None) -> Processed:
        project = plans(
            dataset("e01", coding(scheme("e01", "water"))),
            dataset("gender", coding(scheme("gender", "man")), kind=DatasetKind.DEMOGRAPHIC),
        )
        remappings = tuple(KeyRemapping(key, field, "(Text)" in key) for key, field in KEYS.items())
        settings = Settings(
            translation=Translation(remappings, (), project),
            start=datetime(2021, 9, 1, tzinfo=UTC),
            end=datetime(2100, 1, 1, tzinfo=UTC),
            filter_test_messages=True,
            moves_wrong_scheme=False,
            as_predecessor=False,
            quarantine_share_limit=0.01,
            as_of=None,
        )
        activations = () if messages is None else (jsonl(*messages, name="f.jsonl"),)
        surveys = () if answers is None else (jsonl(*answers, name="d.jsonl"),)
        return process(RawFiles(activations=activations, surveys=surveys), tmp_path, settings)

    return run


def message(who: str, text: str, **more: Any) -> dict[str, Any]:
    return {"avf_phone_id": who, "E01 (Text) - f": text, "E01 (Time) - f": "2021-10-01T00:00:00Z", **more}


def test_whoever_is_marked_as_a_test_contact_anywhere_is_one_and_no_later_mark_takes_it_back(
    processed: Callable[..., Processed],
) -> None:
    messages = [message("p1", "try", test_run=True), message("p1", "a"), message("p2", "b"), message("p3", "c")]
    answers = [{"avf_phone_id": "p2", "test_run": True}, {"avf_phone_id": "p2", "test_run": False}]
    kept = processed(messages, answers).questions[0].rows
    assert kept.select("uid", "text").rows() == [("p3", "c")]


@pytest.mark.parametrize("answers", [None, [{"avf_phone_id": "p1", "Gender (Value) - d": "man"}]])
def test_a_project_that_fetches_no_messages_has_no_rows(
    processed: Callable[..., Processed], answers: list[dict[str, Any]] | None
) -> None:
    assert processed(None, answers).questions[0].rows.rows() == []


@pytest.mark.parametrize("time", [None, "secret"])
def test_an_answer_without_a_time_is_an_error_that_names_its_survey(
    processed: Callable[..., Processed], time: str | None
) -> None:
    answer = {"avf_phone_id": "p1", "Gender (Value) - d": "secret", "Gender (Time) - d": time}
    with pytest.raises(DataError, match="dataset gender_raw: 1 messages have no time") as caught:
        processed([message("p1", "a")], [answer])
    assert "secret" not in str(caught.value)


def test_an_answer_that_was_not_given_needs_no_time(processed: Callable[..., Processed]) -> None:
    answer = {"avf_phone_id": "p1", "Gender (Value) - d": None, "Gender (Time) - d": None}
    assert processed([message("p1", "a")], [answer]).surveys[0].rows.height == 0


def test_what_was_repaired_skipped_and_set_aside_is_counted_by_file_and_kind(
    processed: Callable[..., Processed],
) -> None:
    def gender(value: str | None, day: int) -> dict[str, Any]:
        return {"avf_phone_id": "p1", "Gender (Value) - d": value, "Gender (Time) - d": f"2021-10-0{day}T00:00:00Z"}

    messages = [message("p1", "biyo \ud83d"), *[message("p2", "a") for _ in range(199)], {"E01 (Text) - f": "b"}]
    made = processed(messages, [gender("man", 1), gender(None, 2)])
    (set_aside,) = [each for each in made.counts if each.outcome is Outcome.QUARANTINED]
    assert (set_aside.file, set_aside.reason, set_aside.count) == ("f.jsonl", 'has no "avf_phone_id"', 1)
    assert the_count(made.counts, "half_characters", file="f.jsonl") == 1
    assert the_count(made.counts, "null_answers", file="d.jsonl") == 1
    assert made.questions[0].rows["text"][0] == "biyo \ufffd"
    assert made.surveys[0].rows.select("text", "sent_on").rows() == [("man", "2021-10-01T00:00:00Z")]


def test_where_no_message_is_left_people_read_0_and_not_how_many_came_in(processed: Callable[..., Processed]) -> None:
    made = processed([message("p1", "try", test_run=True)], [])
    told = in_words(made.counts)
    assert (told["activations"], told["messages dropped: test contact"], told["messages"]) == (1, 1, 0)


def test_an_age_of_23_is_the_same_however_json_writes_the_number(processed: Callable[..., Processed]) -> None:
    made = processed([message("p1", 23.0), message("p2", 23), message("p3", "23")], [])  # type: ignore[arg-type]
    assert made.questions[0].texts["text"].to_list() == ["23"]
