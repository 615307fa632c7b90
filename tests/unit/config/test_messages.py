"""Sources whose messages would stop a run, or vanish from it: who sent them, when, and which field is their text."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check

Files = dict[str, Any]
Write = Callable[..., Path]

CONFIG = "pipeline.json"
FLAG = "IsActivationMessage"


def remappings(files: Files) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = files[CONFIG]["SourceKeyRemappings"]
    return written


def errors(files: Files, write: Write) -> list[str]:
    return [str(problem) for problem in check(write(files)).errors]


def test_recovered_messages_without_their_time_are_an_error(files: Files, write: Write) -> None:
    del remappings(files)[5]  # of received_on
    assert errors(files, write) == [
        (
            'pipeline.json: SourceKeyRemappings[4]: "message" gives "s01e01_raw", but its source gives no "sent_on": '
            'processing stops at messages without a time; add {"SourceKey": "received_on", "PipelineKey": "sent_on"}'
        )
    ]


def test_a_flows_messages_without_their_time_are_an_error(files: Files, write: Write) -> None:
    del remappings(files)[3]
    assert errors(files, write) == [
        (
            'pipeline.json: SourceKeyRemappings[1]: "S01E01 (Text) - water_s01e01_activation" gives "s01e01_raw", but '
            'its source gives no "sent_on": processing stops at messages without a time; '
            'add {"SourceKey": "S01E01 (Time) - water_s01e01_activation", "PipelineKey": "sent_on"}'
        )
    ]


def test_answers_of_one_survey_without_their_time_are_an_error(files: Files, write: Write) -> None:
    files[CONFIG]["RawDataSources"][0]["SurveyFlowNames"].append("water_follow_up")
    remappings(files).append({"SourceKey": "Gender (Value) - water_follow_up", "PipelineKey": "gender_raw"})
    assert errors(files, write) == [
        (
            'pipeline.json: SourceKeyRemappings[8]: "Gender (Value) - water_follow_up" gives "gender_raw", but '
            'its source gives no "gender_time": processing stops at messages without a time; '
            'add {"SourceKey": "Gender (Time) - water_follow_up", "PipelineKey": "gender_time"}'
        )
    ]


def test_a_file_of_a_bucket_may_hold_the_time_by_the_pipelines_own_name(files: Files, write: Write) -> None:
    files[CONFIG]["RawDataSources"].append({"SourceType": "GCloudBucket", "SurveyFlowURLs": ["pilot.jsonl"]})
    remappings(files).append({"SourceKey": "Gender (Value) - pilot", "PipelineKey": "gender_raw"})
    assert errors(files, write) == []
    assert any("SourceKeyRemappings[8]" in str(problem) for problem in check(write(files)).warnings)


def test_messages_of_a_source_without_what_tells_them_apart_are_an_error(files: Files, write: Write) -> None:
    files["coding_plans.json"]["ResearchQuestions"][0]["MessageIDField"] = "s01e01_run_id"
    assert errors(files, write) == [
        (
            'pipeline.json: SourceKeyRemappings[4]: "message" gives "s01e01_raw", but its source gives no "s01e01_run_id": '
            'its messages cannot be told apart; map another field of the same source to "s01e01_run_id"'
        )
    ]


@pytest.mark.parametrize("key", ["recovered_raw", "recovered"])
def test_a_forgotten_mark_of_messages_that_drops_them_is_an_error(key: str, files: Files, write: Write) -> None:
    remappings(files)[4] = {"SourceKey": "message", "PipelineKey": key}
    assert errors(files, write) == [
        (
            f'pipeline.json: SourceKeyRemappings[4].IsActivationMessage: is not true, and no dataset reads "{key}": its '
            "messages are dropped; write true, or name the dataset's RawField"
        )
    ]


def test_a_forgotten_mark_of_messages_that_move_by_their_time_is_an_error(files: Files, write: Write) -> None:
    remappings(files)[4] = {"SourceKey": "message", "PipelineKey": "s01e01_raw"}
    assert errors(files, write) == [
        (
            "pipeline.json: SourceKeyRemappings[4].IsActivationMessage: is not true, so that TimestampRemappings move none "
            "of its messages; write true, or take those out"
        )
    ]


def test_a_question_reads_a_text_by_its_raw_field_without_the_mark(files: Files, write: Write) -> None:
    del remappings(files)[1][FLAG]
    assert errors(files, write) == []


@pytest.mark.parametrize(
    "again",
    [
        {"SourceKey": "S01E01 (Text) - water_s01e01_activation", "PipelineKey": "s01e01_raw", FLAG: True},
        {"SourceKey": "S01E01 (Value) - water_s01e01_activation", "PipelineKey": "s01e01_raw", FLAG: True},
    ],
)
def test_one_text_cannot_be_two_messages(again: dict[str, Any], files: Files, write: Write) -> None:
    remappings(files).append(again)
    assert errors(files, write) == [
        (
            "pipeline.json: SourceKeyRemappings[8]: gives the text of SourceKeyRemappings[1] again: processing stops at two "
            "messages; keep one of them"
        )
    ]


def test_what_stands_beside_a_text_is_no_message(files: Files, write: Write) -> None:
    remappings(files)[2][FLAG] = True
    assert errors(files, write) == [
        (
            "pipeline.json: SourceKeyRemappings[2].IsActivationMessage: is true, and "
            '"S01E01 (Run ID) - water_s01e01_activation" is not the text of a message; take it out'
        )
    ]


def test_who_sent_everything_is_what_the_sources_tell(files: Files, write: Write) -> None:
    remappings(files)[0]["SourceKey"] = "avf_phone_uuid"
    assert errors(files, write) == [
        (
            'pipeline.json: SourceKeyRemappings[0].SourceKey: "avf_phone_uuid" says who sent everything, but RapidPro has '
            'it in "avf_phone_id": processing stops; map {"SourceKey": "avf_phone_id", "PipelineKey": "uid"} first'
        )
    ]


@pytest.mark.parametrize(
    "source",
    [
        {"SourceType": "RapidPro", "Domain": "textit.com", "TokenFileURL": "token.txt", "ActivationFlowNames": ["a"]},
        {
            "SourceType": "Facebook",
            "PageID": "1",
            "TokenFileURL": "token.txt",
            "Datasets": [{"Name": "fb", "PostIDs": ["1_2"]}],
        },
    ],
)
def test_a_source_of_addresses_needs_a_uuid_table(source: dict[str, Any], files: Files, write: Write) -> None:
    files[CONFIG]["RawDataSources"] = [source]
    del files[CONFIG]["UUIDTable"]
    assert (
        "pipeline.json: UUIDTable: is missing: it holds which participant has which address; "
        'add one, such as {"SQLiteFile": "uuids.sqlite", "TableName": "…"}'
    ) in errors(files, write)


def test_files_that_are_de_identified_need_no_uuid_table(files: Files, write: Write) -> None:
    del files[CONFIG]["RawDataSources"][0], files[CONFIG]["UUIDTable"]
    assert errors(files, write) == []
