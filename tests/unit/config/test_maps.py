"""What a config asks of maps, and whether there are places and areas for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project

Files = dict[str, Any]
Write = Callable[..., Path]

REGIONS = {"Level": "regions", "AnalysisFileKey": "gender"}
WARDS = {"Level": "wards", "AnalysisFileKey": "gender"}
FILE = {"FileURL": "wards.geojson", "CodeProperty": "code"}
NO_CODING = "BreakdownMaps of the coding plans name no coding for maps of"

ERRORS = [
    (
        [],
        {"GenerateRegionThemeDistributionMaps": True},
        (
            f'AutomatedAnalysis.GenerateRegionThemeDistributionMaps: {NO_CODING} "regions"; '
            "add one there, or leave this out"
        ),
    ),
    (
        [REGIONS],
        {"GenerateDistrictThemeDistributionMaps": True},
        f'AutomatedAnalysis.GenerateDistrictThemeDistributionMaps: {NO_CODING} "districts"; known: "regions"',
    ),
    (
        [REGIONS],
        {"ThemeDistributionMapLevels": ["region"]},
        f'AutomatedAnalysis.ThemeDistributionMapLevels[0]: {NO_CODING} "region"; did you mean "regions"?',
    ),
    (
        [REGIONS],
        {"ThemeDistributionMapLevels": ["Regions"]},
        (
            "AutomatedAnalysis.ThemeDistributionMapLevels[0]: is no level of maps; write small letters, digits and _, "
            "such as regions or city_wards"
        ),
    ),
    (
        [REGIONS],
        {"Boundaries": [{"Level": "wards", **FILE}]},
        f'AutomatedAnalysis.Boundaries[0].Level: {NO_CODING} "wards"; known: "regions"',
    ),
    (
        [REGIONS],
        {"Boundaries": [{"Level": "regions", **FILE}, {"Level": "regions", **FILE}]},
        'AutomatedAnalysis.Boundaries[1].Level: "regions" is already the Level of Boundaries[0]',
    ),
    (
        [REGIONS | {"Level": "districs"}],
        {},
        'BreakdownMaps[0].Level: "districs" is no level whose areas are known; did you mean "districts"?',
    ),
    (
        [WARDS],
        {},
        (
            'BreakdownMaps[0].Level: "wards" is no level whose areas are known; add them to Boundaries of '
            "AutomatedAnalysis"
        ),
    ),
    ([REGIONS, REGIONS], {}, 'BreakdownMaps[1].Level: "regions" is already the Level of BreakdownMaps[0]'),
]


@pytest.mark.parametrize(("maps", "asked", "problem"), ERRORS)
def test_a_map_that_cannot_be_drawn_is_said(
    maps: list[Any], asked: dict[str, Any], problem: str, files: Files, write: Write
) -> None:
    files["coding_plans.json"]["BreakdownMaps"] = maps
    files["pipeline.json"]["AutomatedAnalysis"] = asked
    errors = [str(error).partition(": ")[2] for error in check(write(files)).errors]
    assert [error for error in errors if error.startswith(("AutomatedAnalysis", "BreakdownMaps"))] == [problem]


def test_a_coding_that_individuals_lack_has_no_map(files: Files, write: Write) -> None:
    files["coding_plans.json"]["BreakdownMaps"] = [REGIONS]
    files["coding_plans.json"]["Demographics"][0]["Codings"][0]["IncludeInIndividualsFile"] = False
    errors = [str(error) for error in check(write(files)).errors if "BreakdownMaps" in error.place]
    assert errors == [
        (
            'coding_plans.json: BreakdownMaps[0].AnalysisFileKey: "gender" has no codes of people: its '
            "IncludeInIndividualsFile is false"
        )
    ]


def test_a_boundary_file_makes_any_level_a_map_and_is_looked_for(files: Files, write: Write) -> None:
    files["coding_plans.json"]["BreakdownMaps"] = [WARDS]
    files["pipeline.json"]["AutomatedAnalysis"] = {
        "Boundaries": [{"Level": "wards", **FILE}],
        "ThemeDistributionMapLevels": ["wards"],
    }
    path = write(files)
    found = check(path)
    assert [str(error) for error in found.errors if "Maps" in error.place or "Boundaries" in error.place] == []
    assert [str(warning) for warning in found.warnings if "Boundaries" in warning.place] == [
        'pipeline.json: AutomatedAnalysis.Boundaries[0].FileURL: there is no file "wards.geojson" now: a run would fail'
    ]
    assert load_project(path).plans.maps == (("wards", "gender"),)


def test_the_settings_name_the_levels_with_a_map_for_every_theme(files: Files, write: Write) -> None:
    levels = ["regions", "mogadishu", "counties"]
    files["coding_plans.json"]["BreakdownMaps"] = [{"Level": level, "AnalysisFileKey": "gender"} for level in levels]
    files["pipeline.json"]["AutomatedAnalysis"] = {
        "GenerateMogadishuThemeDistributionMaps": True,
        "ThemeDistributionMapLevels": ["counties"],
    }
    analysis = load_project(write(files)).config.automated_analysis
    assert analysis is not None
    assert analysis.theme_map_levels == {"mogadishu", "counties"}
