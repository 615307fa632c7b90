"""Groups as a config or coding plans of a predecessor say them, and what is wrong with some."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.model.groups import Group, GroupFilter

Files = dict[str, Any]
Write = Callable[..., Path]

CLUB = {"Name": "club", "FileURLs": ["club.csv"]}
COLUMNS = {
    "URLsKey": "ListeningGroupCSVURLs",
    "MemberColumn": "uuid",
    "Everyone": {"File": "repeat.csv", "Column": "repeat_listeners"},
    "ColumnPerQuestion": "{DatasetName}_listeners",
}


@pytest.fixture
def write_all(write: Write, tmp_path: Path) -> Write:
    """Writes a project's files, and the files of groups that it names."""

    def make(files: Files) -> Path:
        path = write(files)
        for name in ("club.csv", "other.csv", "repeat.csv", "s02_repeat.csv", "s01e01.csv"):
            (path.parent / name).write_text("avf-phone-uuid\n")
        return path

    return make


def groups(path: Path) -> list[tuple[str, tuple[str, ...], str]]:
    return [(group.column, group.files, group.participant_column) for group in load_project(path).plans.groups]


def test_a_group_is_named_and_has_files(files: Files, write_all: Write) -> None:
    files["pipeline.json"]["Groups"] = [
        CLUB,
        {
            "Name": "members",
            "FileURLs": ["gs://bucket/a/members_2021.csv.gz", "club.csv"],
            "ForResearchQuestions": ["s01e01"],
            "Filter": "keep_only",
        },
    ]
    path = write_all(files)
    assert [str(problem) for problem in check(path).errors] == []
    assert load_project(path).plans.groups == (
        Group(column="club", files=("club.csv",), participant_column="avf-phone-uuid"),
        Group(
            column="members",
            files=("members_2021.csv", "club.csv"),
            participant_column="avf-phone-uuid",
            research_questions=("s01e01",),
            filter=GroupFilter.KEEP_ONLY,
        ),
    )


@pytest.mark.parametrize(
    ("compatibility", "url", "repeat_files"),
    [
        (None, "a/repeat.csv", ("repeat.csv",)),
        (None, "a/s02_repeat.csv", ("s02_repeat.csv",)),
        (None, "a/norepeat.csv", ()),
        ("predecessor", "a/s02_repeat.csv", ("s02_repeat.csv",)),
        ("wusc-keep-ii", "a/s02_repeat.csv", ()),
        ("wusc-keep-ii", "a/repeat.csv", ("repeat.csv",)),
    ],
)
def test_only_a_predecessor_needs_the_very_name_of_the_repeat_groups_file(
    files: Files, write: Write, compatibility: str | None, url: str, repeat_files: tuple[str, ...]
) -> None:
    files["pipeline.json"] |= {"ListeningGroupCSVURLs": [url], "Compatibility": compatibility}
    files["coding_plans.json"]["Groups"] = COLUMNS
    path = write(files)
    assert groups(path) == [("repeat_listeners", repeat_files, "uuid"), ("s01e01_listeners", (), "uuid")]
    assert {group.is_breakdown for group in load_project(path).plans.groups} == {compatibility is None}


def test_a_question_names_its_own_file_which_is_read_if_it_is_listed(files: Files, write_all: Write) -> None:
    files["pipeline.json"]["ListeningGroupCSVURLs"] = ["s01e01.csv"]
    files["coding_plans.json"]["Groups"] = COLUMNS
    question = files["coding_plans.json"]["ResearchQuestions"][0]
    question["GroupFile"] = "s01e01.csv"
    path = write_all(files)
    assert groups(path)[1] == ("s01e01_listeners", ("s01e01.csv",), "uuid")
    assert load_project(path).plans.groups[1].research_questions == ("s01e01",)
    question["GroupFile"] = "s01e02.csv"
    path = write_all(files)
    assert groups(path)[1] == ("s01e01_listeners", (), "uuid")
    assert [str(warning) for warning in check(path).warnings] == [
        "pipeline.json: ListeningGroupCSVURLs[0]: is not fetched: no group has a file of this name",
        (
            'coding_plans.json: ResearchQuestions[0].GroupFile: no URL of ListeningGroupCSVURLs ends in "s01e02.csv": '
            "nobody is in the group"
        ),
    ]


def test_without_a_word_in_the_plans_listening_groups_go_by_their_files_and_beneficiaries_are_one(
    files: Files, write: Write
) -> None:
    files["pipeline.json"] |= {
        "ListeningGroupCSVURLs": ["gs://bucket/club.csv", "gs://bucket/other.csv"],
        "BeneficiaryFileURLs": ["gs://bucket/kisumu.csv", "gs://bucket/mombasa.csv"],
    }
    assert groups(write(files)) == [
        ("club", ("club.csv",), "avf-phone-uuid"),
        ("other", ("other.csv",), "avf-phone-uuid"),
        ("beneficiary", ("kisumu.csv", "mombasa.csv"), "avf-phone-uuid"),
    ]


def test_no_files_are_no_groups(files: Files, write: Write) -> None:
    files["pipeline.json"] |= {"ListeningGroupCSVURLs": [], "BeneficiaryFileURLs": []}
    path = write(files)
    assert groups(path) == []
    assert check(path).warnings == ()


ERRORS = [
    (
        [{**CLUB, "FileURLs": ["club.txt"]}],
        "pipeline.json: Groups[0].FileURLs[0]: is no CSV file by its name; name a file that ends in .csv or .csv.gz",
    ),
    (
        [CLUB, {"Name": "other", "FileURLs": ["gs://bucket/Club.csv"]}],
        (
            'pipeline.json: Groups[1].FileURLs[0]: "Club.csv" is already the name of Groups[0].FileURLs[0]; '
            "give each file a name of its own: they are kept in one folder"
        ),
    ),
    (
        [CLUB, {"Name": "other", "FileURLs": ["club.csv"], "ParticipantColumn": "uuid"}],
        (
            'pipeline.json: Groups: "club" and "other" read two columns of club.csv; '
            "name the same ParticipantColumn in both"
        ),
    ),
    (
        [CLUB, {"Name": "club", "FileURLs": ["other.csv"]}],
        'pipeline.json: Groups[1].Name: "club" is already Groups[0].Name; give each group a name of its own',
    ),
    (
        [{**CLUB, "Name": "gender"}],
        (
            'pipeline.json: Groups[0].Name: "gender" is already coding_plans.json: '
            "Demographics[0].Codings[0].AnalysisFileKey; give each group a name of its own"
        ),
    ),
    (
        [{**CLUB, "Name": "uid"}],
        'pipeline.json: Groups[0].Name: "uid" is already a column of every CSV; give each group a name of its own',
    ),
    (
        [{**CLUB, "ForResearchQuestions": ["s01e02"]}],
        (
            'pipeline.json: Groups[0].ForResearchQuestions[0]: no research question has the DatasetName "s01e02"; '
            'did you mean "s01e01"?'
        ),
    ),
]


@pytest.mark.parametrize(("written", "error"), ERRORS)
def test_what_cannot_be_told_apart_or_is_not_there_is_an_error(
    files: Files, write_all: Write, written: list[Any], error: str
) -> None:
    files["pipeline.json"]["Groups"] = written
    assert [str(problem) for problem in check(write_all(files)).errors] == [error]


def test_a_column_per_question_has_the_question_in_its_name(files: Files, write: Write) -> None:
    files["coding_plans.json"]["Groups"] = {**COLUMNS, "ColumnPerQuestion": "listeners"}
    assert [str(problem) for problem in check(write(files)).errors] == [
        (
            "coding_plans.json: Groups.ColumnPerQuestion: gives all research questions the same column; "
            "write {DatasetName} where the name of each goes"
        )
    ]


def test_a_group_file_that_nothing_reads_is_a_warning(files: Files, write: Write) -> None:
    files["coding_plans.json"]["ResearchQuestions"][0]["GroupFile"] = "s01e01.csv"
    assert [str(warning) for warning in check(write(files)).warnings] == [
        (
            "coding_plans.json: ResearchQuestions[0].GroupFile: is read by nothing; "
            "name it in Groups of pipeline.json, or give Groups of the coding plans a ColumnPerQuestion"
        )
    ]


def test_a_file_that_is_not_there_is_a_warning(files: Files, write: Write) -> None:
    files["pipeline.json"]["Groups"] = [CLUB]
    (warning,) = check(write(files)).warnings
    assert str(warning).startswith('pipeline.json: Groups[0].FileURLs[0]: there is no file "club.csv" now')


def test_a_cross_tab_may_be_by_group(files: Files, write_all: Write) -> None:
    files["pipeline.json"] |= {
        "Groups": [CLUB],
        "AutomatedAnalysis": {"CrossTabs": [{"Rows": "gender", "Columns": "club"}]},
    }
    assert check(write_all(files)).errors == ()


def test_columns_of_the_older_layout_may_not_be_alike_either(files: Files, write: Write) -> None:
    everyone = {"File": "repeat.csv", "Column": "s01e01_listeners"}
    files["coding_plans.json"]["Groups"] = {**COLUMNS, "Everyone": everyone}
    assert [str(problem) for problem in check(write(files)).errors] == [
        (
            'coding_plans.json: Groups: "s01e01_listeners" is already coding_plans.json: Groups; '
            "give each group a name of its own"
        )
    ]
