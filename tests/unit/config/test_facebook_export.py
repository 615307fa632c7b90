"""What a config must have for exported comments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check

Files = dict[str, Any]
Write = Callable[..., Path]

COLUMNS = {"CommentID": "Comment ID", "PostID": "Post ID", "Time": "Date", "Text": "Comment", "AuthorID": "Author ID"}
EXPORT = {
    "SourceType": "FacebookExport",
    "PageID": "371314232378501",
    "Datasets": [{"Name": "fb", "CommentFileURLs": ["comments.csv"]}],
    "Columns": COLUMNS,
    "Timezone": "Africa/Mogadishu",
}
ALONE = "if authors are unknown, every comment is a participant of its own"


@pytest.fixture
def export(files: Files) -> dict[str, Any]:
    """The source of a project of exported comments alone."""
    config, plans = files["pipeline.json"], files["coding_plans.json"]
    source = dict(EXPORT)
    config["RawDataSources"] = [source]
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
    return source


def errors(path: Path) -> list[str]:
    return list(map(str, check(path).errors))


def test_a_project_of_exported_comments_is_right(export: dict[str, Any], files: Files, write: Write) -> None:
    assert errors(write(files)) == []
    assert export["SourceType"] == "FacebookExport"


def without(*keys: str) -> dict[str, str]:
    return {key: title for key, title in COLUMNS.items() if key not in keys}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"PageID": "GeedkaHoostiisa"}, "is no page's id; write the digits"),
        ({"Timezone": "Mogadishu"}, "Timezone"),
        ({"ContentTimezone": "PST9"}, "ContentTimezone"),
        ({"Datasets": [{"Name": "fb", "CommentFileURLs": []}]}, "CommentFileURLs"),
        ({"Columns": {**COLUMNS, "AuthorName": "Name"}}, "names two columns of authors; leave AuthorName out"),
        ({"Columns": {**COLUMNS, "ParentID": "Comment ID"}}, "names one column twice"),
        ({"Columns": without("Time")}, "Time"),
        ({"Columns": without("PostID")}, "no column holds the post"),
        (
            {
                "Columns": without("PostID"),
                "Datasets": [
                    {"Name": "fb", "CommentFileURLs": ["a.csv"], "PostIDs": ["1"]},
                    {"Name": "fb2", "CommentFileURLs": ["a.csv"], "PostIDs": ["2"]},
                ],
            },
            "a file is in two datasets",
        ),
        (
            {"Datasets": [{"Name": "fb", "CommentFileURLs": ["a.csv"], "PostIDs": ["5_1"]}]},
            "is another page's than PageID",
        ),
    ],
)
def test_what_cannot_be_is_an_error(
    export: dict[str, Any], files: Files, write: Write, change: dict[str, Any], wrong: str
) -> None:
    export |= change
    assert [wrong in error for error in errors(write(files))] == [True]


def test_files_that_are_not_there_are_warned_of(export: dict[str, Any], files: Files, write: Write) -> None:
    export["ContentFileURLs"] = ["content.csv"]
    warned = list(map(str, check(write(files)).warnings))
    place = "pipeline.json: RawDataSources[0]"
    assert f'{place}.Datasets[0].CommentFileURLs[0]: there is no file "comments.csv" now: a run would fail' in warned
    assert f'{place}.ContentFileURLs[0]: there is no file "content.csv" now: runs do without' in warned


def test_without_authors_what_counts_people_is_refused(export: dict[str, Any], files: Files, write: Write) -> None:
    export["Columns"] = without("AuthorID")
    files["pipeline.json"]["RawDataSources"].append(
        {**EXPORT, "Datasets": [{"Name": "fb2", "CommentFileURLs": ["b.csv"]}]}
    )
    assert (
        f'pipeline.json: RawDataSources[0].Columns: {ALONE}, and those of "FacebookExport" are people: '
        "they cannot be counted together; make a project of each"
    ) in errors(write(files))
