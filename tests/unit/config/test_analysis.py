"""What a config asks of the analysis."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.model.coding_plan import AnalysisFile, MapLevel

WRONG_CONTROLS: list[tuple[dict[str, Any], str]] = [
    ({"Threshold": 101}, ".Threshold: must be at most 100"),
    ({"LargestDeviation": 1}, ".LargestDeviation: must be at least 2"),
    (
        {"LargestDeviation": 2},
        (
            ": Variance, 4 by default, must be below 2.00, "
            "the variance if all changes up to LargestDeviation are equally likely"
        ),
    ),
    ({"Variance": 0.5}, ".Variance: must be at least 1"),
    ({"Variance": "4"}, ".Variance: must be a number, not a text"),
    ({"Variance": True}, ".Variance: must be a number, not true or false"),
    (
        {"Variance": 10, "LargestDeviation": 5},
        ": Variance must be below 10.00, the variance if all changes up to LargestDeviation are equally likely",
    ),
    ({"PerturbationTable": "10-5"}, '.PerturbationTable: "10-5" is not known; did you mean "10-5 rule"?'),
    (
        {"PerturbationTable": "10-5 rule", "Threshold": 10},
        ": the 10-5 rule has its own Threshold, LargestDeviation and Variance: leave them out",
    ),
]

Files = dict[str, Any]
Write = Callable[..., Path]

TABLE = {"Rows": "s01e01", "Columns": "gender"}
REVERSED = {"StartDate": "2025-09-02T00:00+03:00", "EndDate": "2025-09-01T24:00+03:00", "Label": "Promo"}

ERRORS = [
    (
        {"CrossTabs": [{"Rows": "s01e01", "Columns": "gendre"}]},
        (
            'CrossTabs[0].Columns: no coding has the AnalysisFileKey "gendre", and no group or channel the name; '
            'did you mean "gender"?'
        ),
    ),
    (
        {"CrossTabs": [{"Rows": "gender", "Columns": "gender"}]},
        "CrossTabs[0].Columns: are of the same dataset as Rows; name codings of two datasets",
    ),
    (
        {"CrossTabs": [TABLE, {"Rows": "gender", "Columns": "s01e01"}]},
        "CrossTabs[1]: shows the same numbers as CrossTabs[0]; leave one out",
    ),
    ({"CrossTabs": [{"Rows": "gender"}]}, "CrossTabs[0].Columns: is missing"),
    ({"DisclosureControl": {"KeyFileURL": "k", "Threshold": 2}}, "DisclosureControl.Threshold: must be at least 3"),
    (
        {"DisclosureControl": {"KeyFileURL": "k", "Threshold": 5.5}},
        "DisclosureControl.Threshold: must be a whole number, not a number",
    ),
    ({"DisclosureControl": {"Threshold": 5}}, "DisclosureControl.KeyFileURL: is missing"),
    *(
        ({"DisclosureControl": {"KeyFileURL": "k", **control}}, f"DisclosureControl{problem}")
        for control, problem in WRONG_CONTROLS
    ),
    (
        {"SmallCellThreshold": 5},
        (
            "pipeline.json: AutomatedAnalysis: SmallCellThreshold is no key any more, since numbers that it hid could "
            'be worked out from others; write "DisclosureControl": {"Threshold": 5, "KeyFileURL": "disclosure.key"}'
        ),
    ),
    (
        {"TrafficLabels": [REVERSED]},
        'TrafficLabels[0].EndDate: "Promo" does not end after its StartDate, so that it counts no messages',
    ),
]


@pytest.mark.parametrize(("asked", "problem"), ERRORS)
def test_what_cannot_be_counted_is_said(asked: dict[str, Any], problem: str, files: Files, write: Write) -> None:
    files["pipeline.json"]["AutomatedAnalysis"] = asked
    errors = [str(error) for error in check(write(files)).errors if "AutomatedAnalysis" in error.place]
    assert [error.removeprefix("pipeline.json: AutomatedAnalysis.") for error in errors][:1] == [problem]


def test_a_coding_that_individuals_lack_is_in_no_cross_tab_and_no_map(files: Files, write: Write) -> None:
    files["coding_plans.json"]["ResearchQuestions"][0]["Codings"][0]["IncludeInIndividualsFile"] = False
    files["pipeline.json"]["AutomatedAnalysis"] = {"CrossTabs": [TABLE]}
    files["coding_plans.json"]["BreakdownMaps"] = [{"Level": "regions", "AnalysisFileKey": "s01e01"}]
    wrong = '"s01e01" has no codes of people: its IncludeInIndividualsFile is false'
    assert [str(error) for error in check(write(files)).errors if "codes of people" in error.wrong] == [
        f"pipeline.json: AutomatedAnalysis.CrossTabs[0].Rows: {wrong}",
        f"coding_plans.json: BreakdownMaps[0].AnalysisFileKey: {wrong}",
    ]


def test_that_the_10_5_rule_lets_small_numbers_be_worked_out_is_said(files: Files, write: Write) -> None:
    control = {"KeyFileURL": "k", "PerturbationTable": "10-5 rule"}
    files["pipeline.json"]["AutomatedAnalysis"] = {"DisclosureControl": control}
    [warning] = [each for each in check(write(files)).warnings if "PerturbationTable" in each.place]
    assert warning.place == "pipeline.json: AutomatedAnalysis.DisclosureControl.PerturbationTable"
    assert warning.wrong == "changes no number at random: some of the numbers below 10 can be worked out from others"


def test_the_plans_say_which_tables_and_maps_there_are(files: Files, write: Write) -> None:
    files["coding_plans.json"] |= {
        "AnalysisFiles": ["loyalty", "impact_messages"],
        "BreakdownMaps": [{"Level": "regions", "AnalysisFileKey": "gender"}],
    }
    plans = load_project(write(files)).plans
    assert plans.analysis_files == (AnalysisFile.LOYALTY, AnalysisFile.IMPACT_MESSAGES)
    assert plans.maps == ((MapLevel.REGIONS, "gender"),)


def test_plans_that_name_no_tables_have_the_first_project_s(files: Files, write: Write) -> None:
    assert [str(file) for file in load_project(write(files)).plans.analysis_files] == [
        "engagement_counts",
        "repeat_participations",
        "theme_distributions",
        "demographic_distributions",
        "sample_messages",
        "traffic_analysis",
        "estimated_engagement_types",
        "loyalty",
    ]
