"""What a config asks of the outputs: their names, and what The Interface shows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project

Files = dict[str, Any]
Write = Callable[..., Path]

ERRORS = [
    (
        {"OutputFilenames": {"Messages": "out/messages.csv"}},
        "OutputFilenames.Messages: must be a file's name, without a folder",
    ),
    ({"OutputFilenames": {"Production": ""}}, "OutputFilenames.Production: must be a file's name, without a folder"),
    ({"OutputFilenames": {"Production": ".."}}, "OutputFilenames.Production: must be a file's name, without a folder"),
    (
        {"OutputFilenames": {"Individuals": "Messages.csv"}},
        (
            'OutputFilenames.Individuals: "Messages.csv" is already OutputFilenames.Messages; '
            "give each a name of its own"
        ),
    ),
    (
        {"OutputFilenames": {"Messages": "quality.csv"}},
        'OutputFilenames.Messages: "quality.csv" is already an output of its own; give each a name of its own',
    ),
    (
        {"OutputFilenames": {"Messages": "coding_progress.csv"}},
        'OutputFilenames.Messages: "coding_progress.csv" is already an output of its own; give each a name of its own',
    ),
    (
        {"Interface": {"InboxFilename": "production.csv"}},
        (
            'Interface.InboxFilename: "production.csv" is already OutputFilenames.Production; '
            "give each a name of its own"
        ),
    ),
    (
        {"Interface": {"Gender": "gendr"}},
        'Interface.Gender: no coding of a survey has the AnalysisFileKey "gendr"; did you mean "gender"?',
    ),
    (
        {"Interface": {"County": "s01e01"}},
        'Interface.County: no coding of a survey has the AnalysisFileKey "s01e01"; known: "gender"',
    ),
    (
        {"Interface": {"Age": "gender"}},
        ('Interface.Age: "man" of the scheme "Scheme-gender" is no age in years; name the coding whose codes are ages'),
    ),
    (
        {"Interface": {"Timezone": "Africa/Nairoby"}},
        'Interface.Timezone: is not a time zone; did you mean "Africa/Nairobi"?',
    ),
    ({"ICR": {"SampleSize": 0}}, "ICR.SampleSize: must be at least 1"),
]


@pytest.mark.parametrize(("changes", "problem"), ERRORS)
def test_what_cannot_be_written_is_said(changes: dict[str, Any], problem: str, files: Files, write: Write) -> None:
    files["pipeline.json"] |= changes
    assert f"pipeline.json: {problem}" in map(str, check(write(files)).errors)


def test_a_config_says_what_outputs_are_called_and_what_they_hold(files: Files, write: Write) -> None:
    files["pipeline.json"] |= {
        "OutputFilenames": {"Messages": "csap_mes.csv", "Individuals": "csap_ind.csv"},
        "ICR": {"ExcludeNoise": True, "StratifyByCode": True, "SampleSize": 50},
        "Interface": {"InboxFilename": "csap_inbox", "Gender": "gender", "Timezone": "Africa/Mogadishu"},
    }
    config = load_project(write(files)).config
    assert config.output_filenames.model_dump() == {
        "messages": "csap_mes.csv", "individuals": "csap_ind.csv", "production": "production.csv",
    }  # fmt: skip
    assert config.icr.model_dump() == {
        "sample_size": 50, "exclude_noise": True, "stratify_by_code": True, "distinct_texts": None,
    }  # fmt: skip
    assert config.interface is not None
    assert (config.interface.demographics_filename, config.interface.age) == ("demo", None)


@pytest.mark.parametrize(
    ("changes", "shows_withdrawn", "spreadsheet_files"),
    [
        ({}, False, ["icr", "production", "sample_messages"]),
        ({"Compatibility": "predecessor"}, True, []),
        ({"WithdrawnRows": "stop", "SpreadsheetSafe": []}, True, []),
        (
            {"Compatibility": "predecessor", "WithdrawnRows": "leave_out", "SpreadsheetSafe": ["messages"]},
            False,
            ["messages"],
        ),
    ],
)
def test_the_withdrawn_have_rows_and_texts_stay_as_they_are_where_quirks_are_kept_or_the_config_says_so(
    changes: dict[str, Any], shows_withdrawn: bool, spreadsheet_files: list[str], files: Files, write: Write
) -> None:
    files["pipeline.json"] |= changes
    config = load_project(write(files)).config
    assert config.shows_withdrawn is shows_withdrawn
    assert sorted(config.spreadsheet_files) == spreadsheet_files


def test_ages_may_be_any_scheme_whose_codes_are_numbers(files: Files, write: Write) -> None:
    for number, code in enumerate(files["code_schemes/gender.json"]["Codes"][:2], start=1):
        code["StringValue"] = str(number)
    files["pipeline.json"]["Interface"] = {"Age": "gender"}
    assert not [problem for problem in check(write(files)).errors if "Interface" in problem.place]
