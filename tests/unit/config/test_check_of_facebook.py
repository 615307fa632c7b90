"""What a config must have for a Facebook source."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check
from pipeline_lib.config.checks.facebook import findings
from pipeline_lib.config.reading import read_files

Files = dict[str, Any]
Write = Callable[..., Path]

DATASET = {"Name": "fb", "PostIDs": ["371314232378501_1", "2"]}
FACEBOOK = {
    "SourceType": "Facebook",
    "PageID": "371314232378501",
    "TokenFileURL": "connection://facebook",
    "Datasets": [DATASET],
}
AUTHORS = "if authors are unknown, every comment is a participant of its own"
TABLES = ["engagement_counts", "theme_distributions"]


@pytest.fixture
def page(files: Files) -> Files:
    """A project of comments alone."""
    config, plans = files["pipeline.json"], files["coding_plans.json"]
    config["RawDataSources"] = [dict(FACEBOOK)]
    del config["TimestampRemappings"]
    question = plans["ResearchQuestions"][0]
    config["SourceKeyRemappings"] = [
        {"SourceKey": "avf_facebook_id", "PipelineKey": "uid"},
        {"SourceKey": "fb.message", "PipelineKey": question["RawField"]},
        {"SourceKey": "fb.created_time", "PipelineKey": "sent_on"},
    ]
    files["coding_plans.json"] = {
        key: value
        for key, value in plans.items()
        if key not in {"Demographics", "FollowUps", "Engagement", "BreakdownMaps"}
    } | {"ResearchQuestions": [question]}
    return files


def errors(path: Path) -> list[str]:
    return list(map(str, check(path).errors))


def warnings(path: Path) -> list[str]:
    return list(map(str, check(path).warnings))


def test_a_project_of_comments_is_right(page: Files, write: Write) -> None:
    assert errors(write(page)) == []
    assert not [warning for warning in warnings(write(page)) if "avf_facebook_id" in warning or "accounts" in warning]


def test_a_post_of_another_page_is_an_error(page: Files, write: Write) -> None:
    page["pipeline.json"]["RawDataSources"][0]["Datasets"] = [{"Name": "fb", "PostIDs": ["371314232378501_1", "5_7"]}]
    assert errors(write(page)) == [
        (
            "pipeline.json: RawDataSources[0].Datasets[0].PostIDs[1]: is another page's than PageID; "
            "its posts' ids begin with 371314232378501_: take it out, or correct PageID"
        )
    ]


@pytest.mark.parametrize(
    ("key", "value", "wrong"),
    [
        ("PageID", "https://facebook.com/x?y", "is neither a page's id nor its name"),
        ("APIVersion", "26", "is no version of the Graph API; write one such as v26.0"),
        ("Datasets", [{"Name": "fb", "PostIDs": ["1_2/comments"]}], "is no post's id"),
        ("Datasets", [{"Name": "fb"}], "names no posts; give PostIDs, Search or both"),
        ("Authors", "nobody", "Authors"),
    ],
)
def test_what_cannot_be_asked_of_facebook_is_an_error(
    page: Files, write: Write, key: str, value: Any, wrong: str
) -> None:
    page["pipeline.json"]["RawDataSources"][0][key] = value
    assert [wrong in error for error in errors(write(page))] == [True]


def test_dates_that_are_reversed_are_an_error(page: Files, write: Write) -> None:
    search = {"Match": "#a", "StartDate": "2025-09-02T00:00+03:00", "EndDate": "2025-09-01T00:00+03:00"}
    page["pipeline.json"]["RawDataSources"][0]["Datasets"] = [{"Name": "fb", "Search": search}]
    assert errors(write(page)) == [
        (
            "pipeline.json: RawDataSources[0].Datasets[0].Search.EndDate: "
            "is not after StartDate, so that no post is within both"
        )
    ]


def test_who_wrote_is_to_be_mapped(page: Files, write: Write) -> None:
    del page["pipeline.json"]["SourceKeyRemappings"][0]
    assert errors(write(page)) == [
        (
            'pipeline.json: SourceKeyRemappings: "avf_phone_id" says who sent everything, but Facebook has it in '
            '"avf_facebook_id": processing stops; map {"SourceKey": "avf_facebook_id", "PipelineKey": "uid"} first'
        )
    ]


def test_phones_and_accounts_cannot_be_in_one_project(page: Files, write: Write) -> None:
    page["pipeline.json"]["RawDataSources"].append({"SourceType": "RecoveryCSV", "ActivationFlowURLs": []})
    assert errors(write(page)) == [
        (
            'pipeline.json: SourceKeyRemappings[0].SourceKey: "avf_facebook_id" says who sent everything, but '
            'RecoveryCSV has it in "avf_phone_id": processing stops; make a project of each: nothing tells that a phone '
            "and an account are one person's"
        )
    ]


def test_comments_and_remappings_that_do_not_meet_are_odd(page: Files, write: Write) -> None:
    page["pipeline.json"]["RawDataSources"][0]["Datasets"] = [DATASET | {"Name": "fbs"}]
    found = warnings(write(page))
    assert (
        'pipeline.json: RawDataSources[0].Datasets[0].Name: no remapping names a field of "fbs": it is not used'
        in found
    )
    assert (
        'pipeline.json: SourceKeyRemappings[1].SourceKey: no source fetches a dataset "fb"; did you mean "fbs"?'
        in found
    )


def test_an_object_of_a_comment_is_no_text(page: Files, write: Write) -> None:
    page["pipeline.json"]["SourceKeyRemappings"][1]["SourceKey"] = "fb.parent"
    assert errors(write(page)) == [
        (
            'pipeline.json: SourceKeyRemappings[1].SourceKey: is an object, and "s01e01_raw" is to be a text: processing '
            "stops; map it to the RawField of a coding"
        )
    ]


def test_what_folds_people_is_refused_where_authors_are_unknown(page: Files, write: Write) -> None:
    page["pipeline.json"]["RawDataSources"][0]["Authors"] = "unknown"
    assert errors(write(page)) == [
        (
            f'coding_plans.json: AnalysisFiles: {AUTHORS}, so that nobody takes part twice: "repeat_participations", '
            '"loyalty", "estimated_engagement_types" would say so of everybody; list the tables '
            'without these, such as ["engagement_counts", "theme_distributions"]'
        )
    ]
    page["coding_plans.json"]["AnalysisFiles"] = TABLES
    assert errors(write(page)) == []


def test_surveys_and_other_people_are_refused_where_authors_are_unknown(
    files: Files, page: Files, write: Write
) -> None:
    page["coding_plans.json"]["AnalysisFiles"] = TABLES
    question = page["coding_plans.json"]["ResearchQuestions"][0]
    survey = question | {"RawField": "gender_raw", "DatasetName": "gender", "Codings": [{"CodeScheme": "gender"}]}
    page["coding_plans.json"]["Demographics"] = [
        {key: value for key, value in survey.items() if key in {"RawField", "DatasetName", "Codings"}}
    ]
    page["pipeline.json"]["RawDataSources"] = [
        FACEBOOK | {"Authors": "unknown"},
        FACEBOOK | {"Datasets": [{"Name": "fb2", "PostIDs": ["3"]}]},
    ]
    found = errors(write(page))
    assert (
        f"coding_plans.json: Demographics[0]: {AUTHORS}, so that nobody who commented has answered it; leave it out"
        in found
    )
    assert (
        f'pipeline.json: RawDataSources[0].Authors: {AUTHORS}, and those of "Facebook" are people: '
        "they cannot be counted together; make a project of each"
    ) in found


@pytest.mark.parametrize(
    ("version", "today", "told"),
    [
        ("v21.0", date(2026, 10, 22), None),
        ("v21.0", date(2026, 10, 23), "v21.0 ends on 2027-01-21, in 90 days"),
        ("v21.0", date(2027, 1, 21), "v21.0 ended on 2027-01-21: Meta answers as another version does"),
        ("v27.0", date(2026, 11, 29), None),
        ("v31.0", date(2026, 11, 29), "v31.0 is not in the table of 2026-11-29, so its end is unknown"),
    ],
)
def test_a_version_that_ends_is_warned_of_ninety_days_ahead(
    page: Files, write: Write, version: str, today: date, told: str | None
) -> None:
    page["pipeline.json"]["RawDataSources"][0]["APIVersion"] = version
    reading = read_files(write(page))
    found = list(findings(reading.config, reading.plans, today))
    right = "try another, such as v27.0, and correct APIVersion"
    assert [str(each.problem) for each in found] == (
        [f"pipeline.json: RawDataSources[0].APIVersion: {told}; {right}"] if told else []
    )
    assert not any(each.is_error for each in found)


@pytest.mark.parametrize("name", ["a/b", "a\nb", "x" * 240])
def test_a_dataset_of_a_page_is_named_by_the_project_as_a_file_can_be(name: str, page: Files, write: Write) -> None:
    page["pipeline.json"]["RawDataSources"] = [FACEBOOK | {"Datasets": [DATASET | {"Name": name}]}]
    assert [error for error in errors(write(page)) if error.startswith("pipeline.json: RawDataSources[0].Datasets[0]")]
