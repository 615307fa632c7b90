"""A project's own table of places: what it says, and what is wrong with it."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project, project_again, whole_config
from pipeline_lib.config.coding_plans import LocationsEntry
from pipeline_lib.config.place_file import ReadPlaces, read_places
from pipeline_lib.config.source_document import WrittenFile
from tests.unit.config.conftest import code_scheme

Files = dict[str, Any]
Write = Callable[..., Path]

WHOLE = """\
level,code,kebele,woreda,region
kebele,01 yeka,01 yeka,yeka,addis ababa
kebele,Koye,koye,akaki,addis ababa
woreda,yeka,,yeka,addis ababa
woreda,akaki,NC,akaki,addis ababa
woreda,akaki kaliti,NC,akaki,addis ababa
region,addis ababa,,,addis ababa
"""


def of(text: str, levels: tuple[str, ...] | None = None) -> ReadPlaces:
    return read_places(LocationsEntry(CSV=text, Levels=levels), WrittenFile("plans.json", {}), Path(), {})


def said(text: str, levels: tuple[str, ...] | None = None) -> list[str]:
    return [str(problem).removeprefix("plans.json: Locations.CSV: ") for problem in of(text, levels).problems]


def places(text: str, levels: tuple[str, ...] | None = None) -> dict[tuple[str, str], dict[str, str]]:
    read = of(text, levels)
    assert read.problems == ()
    assert read.table is not None
    return {key: dict(place) for key, place in read.table.places.items()}


def test_every_place_lies_in_its_places() -> None:
    found = places(WHOLE)
    assert found["kebele", "01 yeka"] == {"kebele": "01 yeka", "woreda": "yeka", "region": "addis ababa"}
    assert found["woreda", "yeka"] == {"woreda": "yeka", "region": "addis ababa"}
    assert found["woreda", "akaki kaliti"] == {"woreda": "akaki", "region": "addis ababa"}
    assert len(found) == 6


def test_what_a_line_leaves_out_follows_from_the_places_that_it_names() -> None:
    text = "level,code,kebele,woreda,region\nkebele,01,,Yeka,\nworeda,yeka,,,addis ababa\nregion,addis ababa,,,\n"
    assert places(text)["kebele", "01"] == {"kebele": "01", "woreda": "yeka", "region": "addis ababa"}


def test_a_line_for_each_of_the_smallest_places_is_enough() -> None:
    found = places("kebele,woreda,region\n01,yeka,addis ababa\n02,yeka,addis ababa\n,akaki,addis ababa\n")
    assert found == {
        ("kebele", "01"): {"kebele": "01", "woreda": "yeka", "region": "addis ababa"},
        ("kebele", "02"): {"kebele": "02", "woreda": "yeka", "region": "addis ababa"},
        ("woreda", "yeka"): {"woreda": "yeka", "region": "addis ababa"},
        ("woreda", "akaki"): {"woreda": "akaki", "region": "addis ababa"},
        ("region", "addis ababa"): {"region": "addis ababa"},
    }


def test_a_spreadsheet_may_have_written_semicolons_between_the_cells() -> None:
    assert places("kebele;woreda\n01;yeka, north\n")["kebele", "01"] == {"kebele": "01", "woreda": "yeka, north"}


def test_levels_may_be_some_of_the_columns_in_another_order() -> None:
    text = "region,population,kebele\naddis ababa,1000,01\n"
    assert places(text, ("kebele", "region"))["kebele", "01"] == {"kebele": "01", "region": "addis ababa"}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["has no column of a level; write a column for each level, from the smallest to the largest"]),
        ("kebele,woreda\n", ["has no places; write a line for each"]),
        ("kebele,kebele\n1,2\n", ['has two columns "kebele"; take one out']),
        ("level,kebele\nkebele,1\n", ['has no column "code"; write both "level" and "code", or neither']),
        (
            "kebele,woreda\n01,yeka, north\n02,akaki\n03,yeka,,\n",
            ["line 2: has more cells than there are columns; put quotes around a name that has a comma"],
        ),
        ("kebele,woreda\n,\n1,yeka\n", ["line 2: names no place; fill it in, or take the line out"]),
        (
            "level,code,kebele,woreda\nkebelle,1,1,yeka\nkebele,,2,yeka\n",
            [
                'line 2: "kebelle" is no level; did you mean "kebele"?',
                'line 3: has no name of the place; write it in the column "code"',
            ],
        ),
        (
            "kebele,woreda\n01,yeka\n01,akaki\n",
            [
                (
                    'line 3: the kebele "01" lies in two places of the level woreda: "akaki" here, "yeka" by line 2; '
                    "correct one of the two, or give two places of one name two names"
                ),
            ],
        ),
        (
            "kebele,woreda,region\n01,yeka,addis ababa\n02,Yeka,oromia\n",
            [
                (
                    'line 3: here the woreda "yeka" lies in the region "oromia", and in "addis ababa" by line 2; correct one '
                    "of the two"
                ),
            ],
        ),
        (
            "level,code,kebele,woreda\nkebele,01,,yekka\nworeda,yeka,,\n",
            ['line 2: there is no line of the woreda "yekka"; did you mean "yeka"?'],
        ),
        (
            "level,code,kebele,woreda,region\nkebele,01,,yeka,oromia\nworeda,yeka,,,addis ababa\n",
            [
                (
                    'line 2: here the woreda "yeka" lies in the region "oromia", and in "addis ababa" by line 3; correct '
                    "one of the two"
                ),
            ],
        ),
        (
            "level,code,woreda\nworeda,akaki,kaliti\nworeda,kaliti,akaki\n",
            [
                (
                    'line 2: the woreda "kaliti" is only another name, of "akaki"; write the usual name, which has a line '
                    "where both are the same"
                ),
                (
                    'line 3: the woreda "akaki" is only another name, of "kaliti"; write the usual name, which has a line '
                    "where both are the same"
                ),
            ],
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_line(text: str, problems: list[str]) -> None:
    assert said(text) == problems


def test_a_level_without_a_column_is_told_of() -> None:
    assert said(WHOLE, ("kebelle", "woreda")) == [
        'has no column "kebelle", which is one of the Levels; did you mean "kebele"?'
    ]


def test_of_many_problems_the_first_are_told() -> None:
    text = "kebele,woreda\n" + "".join(f"01,yeka {number}\n" for number in range(60))
    assert len(said(text)) == 51
    assert said(text)[-1] == "has 9 more problems like these"


@pytest.fixture
def located(files: Files) -> Files:
    """A project with places of its own in a file."""
    for name, values in {"woreda": ("yeka", "akaki kaliti"), "region": ("Addis_Ababa",)}.items():
        files[f"code_schemes/{name}.json"] = code_scheme(f"Scheme-{name}", *values)
    plans = files["coding_plans.json"]
    plans["Demographics"].append(
        {
            "RawField": "home_raw",
            "Imputation": "location",
            "Codings": [
                {"CodeScheme": name, "CodedField": f"{name}_coded", "AnalysisFileKey": name}
                for name in ("region", "woreda")
            ],
        }
    )
    plans["Locations"] = "places.csv"
    files["pipeline.json"]["SourceKeyRemappings"] += [
        {"SourceKey": "Home (Value) - water_demographics", "PipelineKey": "home_raw"},
        {"SourceKey": "Home (Time) - water_demographics", "PipelineKey": "home_time"},
    ]
    return files | {"places.csv": WHOLE}


@pytest.mark.parametrize("locations", ["places.csv", {"File": "places.csv", "Levels": ["kebele", "woreda", "region"]}])
def test_a_dataset_goes_by_the_project_s_places(locations: Any, located: Files, write: Write) -> None:
    located["coding_plans.json"]["Locations"] = locations
    assert check(write(located)).errors == ()
    home = load_project(write(located)).plans.demographics[1]
    assert home.levels == ("region", "woreda")
    assert home.place_table is not None
    assert home.place_table.levels == ("kebele", "woreda", "region")


def test_what_is_kept_of_a_project_holds_its_places(located: Files, write: Write) -> None:
    path = write(located)
    project, whole = load_project(path), whole_config(check(path).reading)
    (path.parent / "places.csv").unlink()
    again = project_again(whole, path)
    assert again.plans == project.plans
    assert again.digest == project.digest


def test_other_places_are_another_project(located: Files, write: Write) -> None:
    before = load_project(write(located)).digest
    located["places.csv"] = WHOLE.replace("01 yeka", "02 yeka")
    assert load_project(write(located)).digest != before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"Locations": None},
            (
                'coding_plans.json: Demographics[1].Imputation: "location" needs a table of places; name it by the key '
                "Locations of the coding plans"
            ),
        ),
        (
            {"Locations": "nowhere.csv"},
            'coding_plans.json: Locations.File: "nowhere.csv": there is no such file',
        ),
        (
            {"Locations": {"Levels": ["woreda"]}},
            "coding_plans.json: Locations: has neither File nor CSV; name a file, or write its text as CSV",
        ),
    ],
)
def test_places_that_are_not_there_are_told(change: Files, problem: str, located: Files, write: Write) -> None:
    located["coding_plans.json"] |= change
    assert [str(each) for each in check(write(located)).errors] == [problem]


def test_a_table_that_is_no_text_is_told(located: Files, write: Write) -> None:
    path = write(located)
    (path.parent / "places.csv").write_bytes(b"kebele,woreda\n\xff,yeka\n")
    assert [str(each) for each in check(path).errors] == [
        "places.csv: is not UTF-8 from byte 14 on; save it as CSV in UTF-8"
    ]


def test_the_guide_s_tables_are_right() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "places.md").read_text(encoding="utf-8")
    tables = re.findall(r"```\n((?:level,)?(?:code,)?kebele.*?)```", guide, re.DOTALL)
    found = [places(table) for table in tables]
    whole = {"woreda": "yeka", "region": "addis ababa"}
    assert [place["kebele", "01 yeka"] for place in found] == [{"kebele": "01 yeka", **whole}] * 2
    assert found[1]["woreda", "akaki kaliti"] == {"woreda": "akaki", "region": "addis ababa"}
