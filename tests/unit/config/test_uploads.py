"""Where a config uploads to on Google Drive."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project

Files = dict[str, Any]
Write = Callable[..., Path]
PATHS = {
    "ProductionUploadPath": "water_outputs/production.csv",
    "MessagesUploadPath": "water_outputs/s01/messages.csv",
    "IndividualsUploadPath": "water_outputs/individuals.csv",
    "AutomatedAnalysisDir": "water_outputs/automated_analysis",
}
FOLDER_ID = "1AbC-d_EfGhIjKlMn"


@pytest.fixture
def said(files: Files, write: Write) -> Callable[..., list[str]]:
    """All that is said of a `DriveUpload`, errors before warnings."""

    def of(**changes: Any) -> list[str]:
        written = {"DriveCredentialsFileURL": "token.txt", **PATHS, **changes}
        files["pipeline.json"]["DriveUpload"] = {key: value for key, value in written.items() if value is not None}
        found = check(write(files))
        problems = (*found.errors, *found.warnings)
        return [str(problem).removeprefix("pipeline.json: ") for problem in problems if "DriveUpload" in problem.place]

    return of


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"AutomatedAnalysisDir": None, "AnalysisGraphsDir": "water_outputs/graphs"},
        {"AutomatedAnalysisDir": None},
        {"AutomatedAnalysisDir": "water_outputs"},
        {"AutomatedAnalysisDir": None, "AutomatedAnalysisFolderID": FOLDER_ID},
        {"ProductionUploadPath": "production.csv", "ProductionUploadFolderID": FOLDER_ID},
        {"MessagesUploadPath": "Faadumo's folder/it's 100% \\ ok.csv"},
        {"DriveCredentialsFileURL": "connection://drive", "Subject": "pipeline@example.org"},
        dict.fromkeys(("MessagesUploadPath", "IndividualsUploadPath", "AutomatedAnalysisDir")),
    ],
)
def test_an_upload_that_can_be_done_is_nothing_to_talk_about(
    said: Callable[..., list[str]], changes: dict[str, Any]
) -> None:
    assert said(**changes) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"MessagesUploadPath": "/water_outputs/messages.csv"},
            "MessagesUploadPath: has a name that is empty; write names joined by single slashes, without one at the",
        ),
        ({"MessagesUploadPath": "water_outputs//messages.csv"}, "MessagesUploadPath: has a name that is empty"),
        ({"AutomatedAnalysisDir": "water_outputs/"}, "AutomatedAnalysisDir: has a name that is empty"),
        (
            {"MessagesUploadPath": "water_outputs/../messages.csv"},
            'MessagesUploadPath: part 2 is "..", which Google Drive',
        ),
        (
            {"MessagesUploadPath": "water_outputs /messages.csv"},
            "MessagesUploadPath: part 1 begins or ends with a space",
        ),
        (
            {"MessagesUploadPath": "water\u200boutputs/m.csv"},
            "MessagesUploadPath: part 1 has invisible characters (U+200B); type the name anew",
        ),
        (
            {"MessagesUploadPath": "messages.csv"},
            "MessagesUploadPath: names no folder; write <a folder that was shared>",
        ),
        ({"MessagesUploadPath": ""}, "MessagesUploadPath: is empty"),
        ({"AutomatedAnalysisDir": ""}, "AutomatedAnalysisDir: is empty"),
        (
            {"MessagesUploadPath": PATHS["ProductionUploadPath"]},
            "MessagesUploadPath: is the same as ProductionUploadPath; give each a path of its own",
        ),
        (
            {"MessagesUploadPath": "Water_Outputs/Production.csv"},
            "MessagesUploadPath: differs in capitals or accents alone from ProductionUploadPath; give each a path of",
        ),
        (
            {"ProductionUploadFolderID": f"https://drive.google.com/drive/folders/{FOLDER_ID}?usp=sharing"},
            "ProductionUploadFolderID: is no id of a folder; write what stands behind folders/ in the folder's address",
        ),
        (
            {"MessagesUploadPath": None, "MessagesUploadFolderID": FOLDER_ID},
            "MessagesUploadFolderID: is given without MessagesUploadPath; write the file's path in that folder as well",
        ),
        ({"Subject": "the pipeline"}, "Subject: is no e-mail address; name the account to act for"),
        (
            {"DriveCredentialsFileURL": "nowhere.json"},
            "DriveCredentialsFileURL: there is no such file now: a run would fail",
        ),
        *(
            ({key: "water_outputs/traced.jsonl"}, f"{key}: is left out: traced data holds more than may leave")
            for key in ("TracedDataUploadPath", "MessagesTracedDataUploadPath", "IndividualsTracedDataUploadPath")
        ),
    ],
)
def test_one_mistake_is_one_problem(said: Callable[..., list[str]], changes: dict[str, Any], problem: str) -> None:
    (found,) = said(**changes)
    assert found.startswith(f"DriveUpload.{problem}")


def test_an_upload_of_nothing_is_told(said: Callable[..., list[str]]) -> None:
    assert said(**dict.fromkeys(PATHS)) == [
        "DriveUpload: names nothing to upload; write a path, such as ProductionUploadPath"
    ]


def test_paths_of_traced_data_do_not_stop_a_project(said: Callable[..., list[str]], files: Files, write: Write) -> None:
    said(TracedDataUploadPath="water_outputs/traced.json")
    found = check(write(files))
    assert not [problem for problem in found.errors if "DriveUpload" in problem.place]
    settings = load_project(write(files)).config.drive_upload
    assert settings is not None
    assert [target.artifact for target in settings.targets()] == ["production", "messages", "individuals", "analysis"]


def test_both_spellings_of_the_analysis_folder_are_one_too_many(said: Callable[..., list[str]]) -> None:
    (problem,) = said(AnalysisGraphsDir="water_outputs/graphs")
    assert "is another spelling of AutomatedAnalysisDir, which is there too; keep one" in problem


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"DataArchiveUploadBucket": "gs://No"}, 'DataArchiveUploadBucket: "No" is no name of a bucket'),
        ({"DataArchiveUploadURLPrefix": "gs://"}, "DataArchiveUploadURLPrefix: names no place on Cloud Storage"),
        ({"MemoryProfileUploadBucket": "ftp://x/y"}, 'MemoryProfileUploadBucket: "ftp" is no known storage'),
        ({"MemoryProfileUploadBucket": "memory://x"}, "MemoryProfileUploadBucket: cannot keep files"),
        (
            {"DataArchiveUploadBucket": "gs://archive", "BucketDirPath": "a/../b"},
            "BucketDirPath: part 2 must be a file's name, without a folder",
        ),
    ],
)
def test_a_bucket_or_a_folder_that_cannot_be_is_an_error(
    keys: dict[str, Any], problem: str, files: Files, write: Write
) -> None:
    files["pipeline.json"] |= keys
    assert [str(error).startswith(f"pipeline.json: {problem}") for error in check(write(files)).errors] == [True]


@pytest.mark.parametrize("folder", ["2020/FCDO-EiE/", "2020/OXFAM-WASH", ""])
def test_older_spellings_of_buckets_are_taken(folder: str, files: Files, write: Write) -> None:
    files["pipeline.json"] |= {
        "MemoryProfileUploadURLPrefix": "gs://avf-pipeline-logs/2020/COVID19/memory-",
        "DataArchiveUploadURLPrefix": "gs://pipeline-execution-backup-archive",
        "BucketDirPath": folder,
    }
    found = check(write(files))
    assert found.errors == ()
    assert found.project is not None
    assert found.project.config.buckets() == {
        "DataArchiveUploadBucket": "gs://pipeline-execution-backup-archive",
        "MemoryProfileUploadBucket": "gs://avf-pipeline-logs/2020/COVID19/memory-",
    }


def test_a_folder_in_no_bucket_is_a_warning(files: Files, write: Write) -> None:
    files["pipeline.json"] |= {"BucketDirPath": "2020/COVID19"}
    assert any("BucketDirPath: has no effect without a bucket" in str(each) for each in check(write(files)).warnings)


def test_an_approval_of_nothing_is_a_warning(files: Files, write: Write) -> None:
    files["pipeline.json"]["ApproveFirstPublication"] = True
    found = check(write(files))
    assert [str(problem) for problem in found.warnings if "Approve" in problem.place] == [
        (
            "pipeline.json: ApproveFirstPublication: there is nothing to approve without DriveUpload; "
            "add that, or take this out"
        )
    ]


PLACES_OF_OURS = [
    ("LabelStore", {"StoreType": "Directory", "DirectoryURL": "labels"}, "LabelStore.DirectoryURL"),
    ("UUIDTable", {"SQLiteFile": "labels", "TableName": "water"}, "UUIDTable.SQLiteFile"),
    ("DataRoot", "labels", "DataRoot"),
    ("DataArchiveUploadBucket", "labels", "DataArchiveUploadBucket"),
]


@pytest.mark.parametrize(("key", "written", "place"), PLACES_OF_OURS)
@pytest.mark.parametrize("made", [False, True])
def test_a_place_that_this_user_cannot_write_to_is_a_warning(
    key: str, written: Any, place: str, *, made: bool, files: Files, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    files["pipeline.json"][key] = written
    path = write(files)
    if made:
        (path.parent / "labels").mkdir()
    warned = f'pipeline.json: {place}: this user cannot write to "labels" here: runs of theirs that do would fail; '
    assert [str(each) for each in check(path).warnings if str(each).startswith(warned)] == []
    closed = {str(path.parent / "labels") if made else str(path.parent)}
    monkeypatch.setattr(os, "access", lambda asked, _mode: str(asked) not in closed)
    assert [str(each) for each in check(path).warnings if str(each).startswith(warned)] == [
        f"{warned}name a place that they can write to"
    ]
