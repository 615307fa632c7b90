"""What a config may say, and this version does not do yet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project, unsupported

Files = dict[str, Any]
Write = Callable[..., Path]
FIRESTORE_LABELS = {
    "StoreType": "Firestore",
    "PullCredentialsFileURL": "gs://keys/a",
    "PushCredentialsFileURL": "gs://keys/b",
}


@pytest.fixture
def runnable(files: Files) -> Files:
    """A project with a bucket's files instead of a workspace."""
    files["pipeline.json"]["RawDataSources"][0] = {
        "SourceType": "GCloudBucket",
        "ActivationFlowURLs": ["water_s01e01_activation.jsonl"],
        "SurveyFlowURLs": ["file:///srv/water_demographics.jsonl"],
    }
    return files


def test_files_and_a_directory_of_labels_are_all_that_a_run_needs(runnable: Files, write: Write) -> None:
    assert check(write(runnable)).errors == ()


def test_labels_in_codas_own_database_are_no_error(runnable: Files, write: Write) -> None:
    runnable["pipeline.json"]["LabelStore"] = FIRESTORE_LABELS
    assert check(write(runnable)).errors == ()
    runnable["pipeline.json"]["LabelStore"] = {**FIRESTORE_LABELS, "PushCredentialsFileURL": "nowhere.json"}
    warnings = "\n".join(map(str, check(write(runnable)).warnings))
    assert "pipeline.json: LabelStore.PushCredentialsFileURL: there is no such file" in warnings


@pytest.mark.parametrize(
    "changes",
    [
        {"DataRoot": "gs://bucket"},
        {"DataRoot": "gs://bucket/runs"},
        {"LabelStore": {"StoreType": "Directory", "DirectoryURL": "gs://bucket/labels"}},
        {"RawDataSources": [{"SourceType": "GCloudBucket", "ActivationFlowURLs": ["gs://bucket/water_s01e01.jsonl"]}]},
        {"RawDataSources": [{"SourceType": "RecoveryCSV", "ActivationFlowURLs": ["gs://bucket/a/water_s01e01.csv"]}]},
    ],
)
def test_everything_may_lie_on_cloud_storage(changes: dict[str, Any], runnable: Files, write: Write) -> None:
    runnable["pipeline.json"] |= changes
    assert not [problem for problem in check(write(runnable)).errors if "gs://" in str(problem)]


ERRORS = [
    (
        {"LabelStore": None},
        [
            (
                "pipeline.json: LabelStore: is missing: a DAG pulls labels from it and adds messages to it; "
                'add one, such as {"StoreType": "Directory", "DirectoryURL": "labels"}'
            )
        ],
    ),
]


@pytest.mark.parametrize(("changes", "problems"), ERRORS)
def test_what_a_run_could_not_do_without_is_an_error(
    changes: dict[str, Any], problems: list[str], runnable: Files, write: Write
) -> None:
    runnable["pipeline.json"] |= changes
    path = write(runnable)
    assert list(map(str, check(path).errors)) == problems
    assert list(map(str, unsupported(load_project(path)))) == problems


def test_a_firestore_uuid_table_is_supported(files: Files, write: Write) -> None:
    table = {"FirebaseCredentialsFileURL": "gs://credentials/uuids.json", "TableName": "water"}
    files["pipeline.json"]["UUIDTable"] = table
    assert check(write(files)).errors == ()


def test_a_fold_that_is_not_the_usual_one_is_an_error(runnable: Files, write: Write) -> None:
    runnable["coding_plans.json"]["ResearchQuestions"][0]["RawFieldFold"] = "assert_equal"
    assert list(map(str, check(write(runnable)).errors)) == [
        (
            'coding_plans.json: ResearchQuestions[0].RawFieldFold: "assert_equal" is not in this version yet: '
            'people send several messages to a show; write "concatenate"'
        )
    ]


@pytest.mark.parametrize(("fold", "joins_answers"), [(None, False), ("assert_equal", False), ("concatenate", True)])
def test_a_survey_may_join_the_answers_of_a_person(
    runnable: Files, write: Write, fold: str | None, joins_answers: bool
) -> None:
    runnable["coding_plans.json"]["Demographics"][0]["RawFieldFold"] = fold
    path = write(runnable)
    assert check(path).errors == ()
    plans = load_project(path).plans
    assert [plans.demographics[0].joins_answers, plans.research_questions[0].joins_answers] == [joins_answers, False]
