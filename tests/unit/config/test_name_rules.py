"""Names that would become what no file, folder, column or document can be called."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.config.name_rules import (
    MOST_BYTES,
    RAW_DATA,
    BucketFolder,
    CodaFilename,
    Column,
    DrivePath,
    Label,
    NameRule,
    OutputFilename,
    PathRule,
    PipelineName,
    TableName,
    compared,
)
from pipeline_lib.errors import ConfigError

Files = dict[str, Any]
Write = Callable[..., Path]


def rule(kind: Any) -> Any:
    found: NameRule | PathRule = kind.__metadata__[0]
    return found


EVERY = [rule(kind) for kind in (PipelineName, OutputFilename, CodaFilename, TableName, Column, Label)] + [RAW_DATA]
FILES = [rule(kind) for kind in (PipelineName, OutputFilename, CodaFilename)] + [RAW_DATA]
LEAVING = [rule(kind) for kind in (PipelineName, OutputFilename, CodaFilename)]
DOCUMENTS = [rule(kind) for kind in (CodaFilename, TableName)]


@pytest.mark.parametrize("one", EVERY)
@pytest.mark.parametrize(
    "name",
    [
        "", " ", "a\nb.json", "a\rb", "a\tb", "a\0b", "a\x1b[31mb", "a\u200bb", "a\u202eb", "a\u2066b", "\ufeffa",
        "a\u00a0b", "a\u2028b", "a\u00adb", "a\u3164b", "a\ufe0fb", "a\ud800b",
        " a.json", "a.json ", "x" * 255, "\u0634" * 128,
    ],
)  # fmt: skip
def test_what_nobody_sees_and_what_is_too_long_is_no_part_of_any_name(one: NameRule, name: str) -> None:
    assert list(one.faults(name))


@pytest.mark.parametrize("one", FILES)
@pytest.mark.parametrize(
    "name", [".", "..", "../../evil", "a/b.json", "a\\b.json", "/a.json", ".hidden", "..json", "a.", "{{ conn.a }}"]
)
def test_a_file_has_no_folder_and_is_not_hidden(one: NameRule, name: str) -> None:
    assert list(one.faults(name))


@pytest.mark.parametrize("one", LEAVING)
@pytest.mark.parametrize(
    "name",
    [
        *(f"a{sign}b.json" for sign in '<>:"|?*'),
        "CON",
        "nul.json",
        "Com1.json",
        "lpt\u00b9.csv",
        "aux .json",
        "a.json.",
    ],
)
def test_what_people_download_has_a_name_on_windows_too(one: NameRule, name: str) -> None:
    assert list(one.faults(name))


@pytest.mark.parametrize("name", ["What is water?", "a:b", "CON"])
def test_a_flow_may_be_called_what_only_windows_does_not_know(name: str) -> None:
    assert list(RAW_DATA.faults(name)) == []


@pytest.mark.parametrize("one", DOCUMENTS)
@pytest.mark.parametrize("name", ["__x__.json", "__x__", "____.json", ".", "..", "a/b"])
def test_a_document_has_a_name_that_firestore_does_not_keep_for_itself(one: NameRule, name: str) -> None:
    assert list(one.faults(name))


@pytest.mark.parametrize("name", ["=cmd()", "+a", "-a", "@a"])
def test_a_column_is_no_formula(name: str) -> None:
    assert list(rule(Column).faults(name))


@pytest.mark.parametrize("one", EVERY)
@pytest.mark.parametrize(
    "name",
    ["s01e01.json", "csap s02.json", "Xog\u0127.json", "\u0635\u0648\u062a.json", "x" * 195 + ".json"],
)
def test_names_in_any_script_with_spaces_between_are_names(one: NameRule, name: str) -> None:
    assert list(one.faults(name)) == []


@pytest.mark.parametrize("path", ["", "water_outputs/s01/messages.csv", 'it\'s "new"/{{a}}?.csv', ".a", "a."])
def test_google_drive_has_names_that_no_disk_has(path: str) -> None:
    assert list(rule(DrivePath).faults(path)) == []


@pytest.mark.parametrize("folder", ["", "/", "2026/WATER", "2026/WATER/", "/2026 water", "x" * 200])
def test_a_folder_in_a_bucket_may_have_slashes_around_it(folder: str) -> None:
    assert list(rule(BucketFolder).faults(folder)) == []


PARTS = "write names joined by single slashes, without one at the beginning or the end"
PATHS = [
    (DrivePath, "/a.csv", [("has a name that is empty", PARTS)]),
    (DrivePath, "a/", [("has a name that is empty", PARTS)]),
    (DrivePath, "a//b.csv", [("has a name that is empty", PARTS)]),
    (DrivePath, "a/../b.csv", [('part 2 is "..", which Google Drive does not know', "write the folder's own name")]),
    (DrivePath, ".", [('is ".", which Google Drive does not know', "write the folder's own name")]),
    (DrivePath, "a\ud800/b.csv", [("part 1 has invisible characters (U+D800)", "type the name anew")]),
    (DrivePath, "a/ ", [("part 2 is empty", "write a name")]),
    (
        DrivePath,
        " a//b\n",
        [
            ("has a name that is empty", PARTS),
            ("part 1 begins or ends with a space", "leave it out"),
            ("part 3 has invisible characters (U+000A)", "type the name anew"),
            ("part 3 begins or ends with a space", "leave it out"),
        ],
    ),
    (BucketFolder, "a//b", [("has a name that is empty", PARTS)]),
    (BucketFolder, "a/../b", [("part 2 must be a file's name, without a folder", "")]),
    (
        BucketFolder,
        "a/.versions",
        [("part 2 begins or ends with a dot", "storages hide such files, and Windows cannot have them")],
    ),
    (BucketFolder, "a\0b", [("has invisible characters (U+0000)", "type the name anew")]),
    (BucketFolder, "a\\b", [("must be a file's name, without a folder", "")]),
    (
        BucketFolder,
        "/".join(["x" * 175] * 4),
        [("has more than 700 bytes", "an object's name has at most 1,024, folders included")],
    ),
]


@pytest.mark.parametrize(("kind", "path", "faults"), PATHS)
def test_everything_that_is_wrong_with_a_path_is_said_part_by_part(
    kind: Any, path: str, faults: list[tuple[str, str]]
) -> None:
    assert list(rule(kind).faults(path)) == faults


def test_the_longest_name_fits_with_all_that_storages_add_to_it() -> None:
    # `.versions/<name>.jsonl-<32 hexadecimal digits>.new`
    assert MOST_BYTES + len(".jsonl") + 1 + 32 + len(".new") <= 255


def test_everything_that_is_wrong_with_a_name_is_said() -> None:
    wrong = [wrong for wrong, _ in rule(CodaFilename).faults("__a\n/b?__")]
    assert wrong == [
        "has invisible characters (U+000A)",
        "must be a file's name, without a folder",
        "has ?",
        'begins and ends with "__"',
    ]


def test_names_that_a_mac_takes_for_one_are_compared_as_one() -> None:
    assert compared("Xaf\u00e9.csv") == compared("xafe\u0301.CSV")
    assert compared("a.csv") != compared("b.csv")


NAMES = [
    ("pipeline.json", ("PipelineName",), "../../evil"),
    ("pipeline.json", ("OutputFilenames",), {"Messages": "a\nb.csv"}),
    ("pipeline.json", ("Interface",), {"InboxFilename": "CON"}),
    ("pipeline.json", ("UUIDTable", "TableName"), "__x__"),
    ("pipeline.json", ("UUIDTable", "UuidPrefix"), "avf\u200b-"),
    ("pipeline.json", ("SourceKeyRemappings", 3, "PipelineKey"), "sent\non"),
    ("pipeline.json", ("BucketDirPath",), "2026/.hidden"),
    ("pipeline.json", ("DriveUpload",), {"DriveCredentialsFileURL": "t", "ProductionUploadPath": "a/b\n"}),
    ("pipeline.json", ("DriveUpload",), {"DriveCredentialsFileURL": "t", "AutomatedAnalysisDir": "a/.."}),
    ("pipeline.json", ("DriveUpload",), {"DriveCredentialsFileURL": "t", "AnalysisGraphsDir": "a//b"}),
    ("pipeline.json", ("RawDataSources", 0, "SurveyFlowNames", 0), " \n"),
    ("pipeline.json", ("SourceKeyRemappings", 3, "PipelineKey"), "^sent.*$"),
    ("pipeline.json", ("SourceKeyRemappings", 3, "PipelineKey"), "*"),
    ("coding_plans.json", ("Demographics", 0, "CodaFilename"), "..json"),
    ("coding_plans.json", ("Demographics", 0, "CodaFilename"), "__x__.json"),
    ("coding_plans.json", ("Demographics", 0, "CodaFilename"), "a\nb.json"),
    ("coding_plans.json", ("Demographics", 0, "CodaFilename"), "x" * 250 + ".json"),
    ("coding_plans.json", ("Demographics", 0, "DatasetName"), "gender\t"),
    ("coding_plans.json", ("Demographics", 0, "Codings", 0, "AnalysisFileKey"), "=gender"),
    ("coding_plans.json", ("Demographics", 0, "Codings", 0, "CodedField"), "gender\u202e_coded"),
    ("coding_plans.json", ("ResearchQuestions", 0, "ICRFilename"), "nul.csv"),
    ("code_schemes/gender.json", ("SchemeID",), "__Scheme__"),
    ("code_schemes/gender.json", ("SchemeID",), "a/b"),
    ("code_schemes/gender.json", ("Codes", 0, "StringValue"), "man\n"),
]


@pytest.mark.parametrize(("file", "path", "name"), NAMES)
def test_each_name_is_held_to_its_rule_where_it_stands(
    file: str, path: tuple[str | int, ...], name: Any, files: Files, write: Write
) -> None:
    holder = files[file]
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = name
    config = write(files)
    key = str(next(reversed(name)) if isinstance(name, dict) else path[-1] if isinstance(path[-1], str) else path[-2])
    assert [error for error in check(config).errors if key in error.place]
    with pytest.raises(ConfigError, match=key):
        load_project(config)


def test_all_wrong_names_of_a_project_are_said_at_once(files: Files, write: Write) -> None:
    files["pipeline.json"] |= {"PipelineName": "../evil", "OutputFilenames": {"Messages": "a?.csv"}}
    files["coding_plans.json"]["Demographics"][0]["CodaFilename"] = "..json"
    assert list(map(str, check(write(files)).errors))[-3:] == [
        "pipeline.json: PipelineName: must be a file's name, without a folder",
        "pipeline.json: OutputFilenames.Messages: has ?; no file on Windows can be called so",
        (
            "coding_plans.json: Demographics[0].CodaFilename: begins or ends with a dot; "
            "storages hide such files, and Windows cannot have them"
        ),
    ]


def test_files_that_differ_in_case_alone_are_one_on_a_mac(files: Files, write: Write) -> None:
    files["coding_plans.json"]["Demographics"].append(
        {"RawField": "age_raw", "CodaFilename": "Gender.json", "Codings": [{"CodeScheme": "gender"}]}
    )
    files["pipeline.json"]["RawDataSources"][0]["SurveyFlowNames"].append("Water_Demographics")
    report = check(write(files))
    errors = [str(error) for error in report.errors]
    assert (
        'coding_plans.json: Demographics[1].CodaFilename: "Gender.json" is already Demographics[0].CodaFilename; '
        "give each a name of its own"
    ) in errors
    assert (
        'pipeline.json: RawDataSources[0].SurveyFlowNames[1]: "Water_Demographics" differs from '
        "RawDataSources[0].SurveyFlowNames[0] in capitals or accents alone; "
        "the disk of a Mac or of Windows would take their files for one"
    ) in [str(warning) for warning in report.warnings]


@pytest.mark.parametrize(
    "name", ["a/b", "a\\b", 'a "b"', "a\nb", " a ", ".a.", "..", "{{ a }}", "x" * 250, "\u2764\ufe0f"]
)
def test_a_flow_may_be_called_what_no_file_can(name: str, files: Files, write: Write) -> None:
    files["pipeline.json"]["RawDataSources"][0]["SurveyFlowNames"] = [name]
    assert [error for error in check(write(files)).errors if "SurveyFlowNames" in error.place] == []


@pytest.mark.parametrize("name", ["water", "a/b", "x" * 250])
def test_a_flow_that_two_sources_name_is_an_error(name: str, files: Files, write: Write) -> None:
    files["pipeline.json"]["RawDataSources"][0]["SurveyFlowNames"] = [name, name]
    assert [error.place for error in check(write(files)).errors if "is already the raw data of" in error.wrong] == [
        "pipeline.json: RawDataSources[0].SurveyFlowNames[1]"
    ]


def test_a_code_scheme_is_found_however_its_accents_are_written(files: Files, write: Write) -> None:
    files["code_schemes/xafe\u0301.json"] = files["code_schemes/gender.json"]
    files["coding_plans.json"]["Demographics"][0]["Codings"][0]["CodeScheme"] = "xaf\u00e9"
    assert load_project(write(files)).plans.demographics[0].codings[0].code_scheme.scheme_id == "Scheme-gender"
