"""However many mistakes a project has, its author hears of all of them the first time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.errors import ConfigError

Files = dict[str, Any]
Write = Callable[..., Path]


def problems_of(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_project(path)
    return list(map(str, caught.value.problems))


def test_six_different_mistakes_are_all_named(files: Files, write: Write) -> None:
    config, plans = files["pipeline.json"], files["coding_plans.json"]
    del config["RawDataSources"][0]["TokenFileURL"]
    config["FilterTestMesages"] = config.pop("FilterTestMessages")
    config["ProjectEndDate"] = "2025-08-01T00:00+03:00"
    plans["Demographics"][0]["Codings"][0]["Cleaner"] = "somali.gendre"
    files["code_schemes/gender.json"]["Codes"][1]["CodeID"] = "code-man"
    del files["code_schemes/s01e01.json"]["Codes"][4]
    assert problems_of(write(files)) == [
        "pipeline.json: RawDataSources[0].TokenFileURL: is missing",
        'pipeline.json: FilterTestMesages: is not a known key; did you mean "FilterTestMessages"?',
        (
            'coding_plans.json: Demographics[0].Codings[0].Cleaner: "somali.gendre" is not known; '
            'did you mean "somali.gender"?'
        ),
        "pipeline.json: ProjectEndDate: is not after ProjectStartDate, so that no message is within both",
        'code_schemes/s01e01.json: Codes: lacks the control code "NR"; add what is missing in Coda and here',
        'code_schemes/gender.json: Codes[1].CodeID: "code-man" is already Codes[0].CodeID',
    ]


def test_mistakes_in_the_structure_of_every_file_are_all_named(files: Files, write: Write) -> None:
    files["pipeline.json"] |= {"PipelineName": 5, "Compatibility": "none"}
    files["coding_plans.json"]["Demographics"][0]["RawFeld"] = files["coding_plans.json"]["Demographics"][0].pop(
        "RawField"
    )
    files["coding_plans.json"]["SortMessages"] = "no"
    del files["code_schemes/gender.json"]["Codes"][0]["CodeID"]
    assert problems_of(write(files)) == [
        "pipeline.json: PipelineName: must be a text, not a number",
        (
            'pipeline.json: Compatibility: "none" is not known; '
            'known: "ahadi", "predecessor", "redss-csap", "wusc-keep-ii"'
        ),
        'coding_plans.json: Demographics[0].RawFeld: is not a known key; did you mean "RawField"?',
        "coding_plans.json: SortMessages: must be true or false, not a text",
        "code_schemes/gender.json: Codes[0].CodeID: is missing",
    ]


def test_a_file_that_is_no_json_does_not_hide_the_others(files: Files, write: Write) -> None:
    files["code_schemes/gender.json"] = '{"SchemeID": '
    files["code_schemes/s01e01.json"]["Codes"][1]["CodeID"] = "code-wells"
    assert problems_of(write(files)) == [
        (
            "code_schemes/gender.json: line 1, column 14: is not JSON: Expecting value; the file ends too early: close "
            "every bracket, or copy it again"
        ),
        'code_schemes/s01e01.json: Codes[1].CodeID: "code-wells" is already Codes[0].CodeID',
    ]


def test_a_broken_item_of_a_list_does_not_move_the_places_of_the_next(files: Files, write: Write) -> None:
    labels = [
        {"StartDate": "2025-09-01T00:00Z", "Label": "no end"},
        {"StartDate": "2025-09-02T00:00Z", "EndDate": "2025-09-01T00:00Z", "Label": "reversed"},
    ]
    files["pipeline.json"]["AutomatedAnalysis"] = {"TrafficLabels": labels}
    found = check(write(files))
    assert [str(error) for error in found.errors if "Traffic" in error.place] == [
        "pipeline.json: AutomatedAnalysis.TrafficLabels[0].EndDate: is missing",
        (
            'pipeline.json: AutomatedAnalysis.TrafficLabels[1].EndDate: "reversed" does not end after its StartDate, '
            "so that it counts no messages"
        ),
    ]


def test_what_a_broken_list_lacks_is_not_held_against_the_rest(files: Files, write: Write) -> None:
    for remapping in files["pipeline.json"]["SourceKeyRemappings"]:
        remapping["SourceKey"] = 5
    files["pipeline.json"]["RawDataSources"] = 5
    found = check(write(files))
    assert {error.wrong for error in found.errors if "in this version" not in error.wrong} == {
        "must be a text, not a number",
        "must be a list, not a number",
    }
    assert found.warnings == ()
    assert found.project is None


def test_nothing_that_was_read_from_a_person_s_label_is_repeated(files: Files, write: Write) -> None:
    files["pipeline.json"]["UUIDTable"]["TableName"] = ["+252610000001"]
    assert problems_of(write(files)) == ["pipeline.json: UUIDTable.TableName: must be a text, not a list"]
