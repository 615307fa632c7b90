"""What is drawn of an analysis, with boundary files that a config names."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import polars as pl
import pytest
import shapely

from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.errors import ConfigError
from pipeline_lib.stages.drawings import Analysed, about_of, draw_analysis

pytestmark = pytest.mark.slow

STATES = ("somaliland", "puntland", "jubbaland")


@pytest.fixture
def draw(demo: Path, tmp_path: Path) -> Callable[[dict[str, object]], str]:
    """Draws the demo's analysis of nobody, with maps of states and what else a config asks for; gives the report."""

    def draw(asked: dict[str, object]) -> str:
        written = json.loads(demo.read_text(encoding="utf-8"))
        written["CodingPlans"]["BreakdownMaps"] = [{"Level": "states", "AnalysisFileKey": "state"}]
        demo.write_text(json.dumps(written | {"AutomatedAnalysis": asked}), encoding="utf-8")
        project = load_project(demo)
        frames = _of_nobody(project.plans.codings())
        published = release_numbers(frames, project.plans, project.config.automated_analysis or AutomatedAnalysis())
        folder = tmp_path / "Automated Analysis"
        folder.mkdir()
        about = about_of(project, frames, datetime(2025, 9, 16, tzinfo=UTC))
        draw_analysis(folder, project, Analysed(published, {}), about)
        assert (folder / "maps/states/states_total_participants.png").is_file()
        return (folder / "index.html").read_text(encoding="utf-8")

    return draw


def test_a_project_without_dates_begins_with_its_first_message(demo: Path) -> None:
    written = json.loads(demo.read_text(encoding="utf-8"))
    written = {key: value for key, value in written.items() if not key.startswith("Project")}
    demo.write_text(json.dumps(written), encoding="utf-8")
    project = load_project(demo)
    nobody = _of_nobody(project.plans.codings())
    sent_at = [datetime(2025, 9, 8, 14, 30, tzinfo=UTC), datetime(2025, 9, 6, 7, tzinfo=UTC)]
    times = pl.DataFrame({"sent_at": sent_at}, schema={"sent_at": pl.Datetime("us", "UTC")})
    about = about_of(project, replace(nobody, messages=times), None)
    assert (about.period, about.is_running) == ("6 to 8 September 2025", True)
    assert about_of(project, nobody, datetime(2025, 9, 16, tzinfo=UTC)).period == "16 September 2025"


def _of_nobody(codings: object) -> Frames:
    keys: dict[str, Any] = {
        coding.analysis_file_key: pl.List(pl.Enum([code.string_value for code in coding.code_scheme.codes]))
        for _, coding in codings  # type: ignore[attr-defined]
    }
    messages: dict[str, Any] = {
        "participant": pl.UInt32,
        "consent_withdrawn": pl.Boolean,
        "dataset": pl.String,
        "sent_at": pl.Datetime("us", "UTC"),
        "text": pl.String,
    }
    return Frames(pl.DataFrame(schema=messages | keys), pl.DataFrame(schema=keys | {"consent_withdrawn": pl.Boolean}))


def write_boundaries(folder: Path, names: Sequence[str]) -> None:
    boxes = [shapely.box(45 + place, 2, 46 + place, 3) for place in range(len(names))]
    gpd.GeoDataFrame({"state": list(names)}, geometry=boxes, crs="EPSG:4326").to_file(folder / "states.gpkg")


def test_maps_have_the_areas_of_the_file_that_the_config_names(
    demo: Path, draw: Callable[[dict[str, object]], str]
) -> None:
    write_boundaries(demo.parent, STATES)
    file = {"Level": "states", "FileURL": "states.gpkg", "CodeProperty": "state"}
    page = draw({"Boundaries": [file]})
    assert "Schematic boundaries" not in page
    assert "codes have no area" in page
    assert page.count('<path id="states-') == 4  # three states, and what no code names


def test_without_a_file_maps_are_schematic_and_say_so(draw: Callable[[dict[str, object]], str]) -> None:
    assert "Schematic boundaries" in draw({})


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (
            {"FileURL": "nowhere.gpkg", "CodeProperty": "state"},
            'FileURL: there is no file "nowhere.gpkg"; correct it, or leave these Boundaries out',
        ),
        (
            {"FileURL": "states.gpkg", "CodeProperty": "sate"},
            'CodeProperty: the areas in "states.gpkg" have no property "sate"; did you mean "state"?',
        ),
    ],
)
def test_a_file_that_gives_no_areas_is_the_config_s_mistake(
    file: dict[str, str], problem: str, demo: Path, draw: Callable[[dict[str, object]], str]
) -> None:
    write_boundaries(demo.parent, STATES)
    with pytest.raises(ConfigError) as caught:
        draw({"Boundaries": [{"Level": "states", **file}]})
    assert str(caught.value) == f"pipeline.json: AutomatedAnalysis.Boundaries[0].{problem}"


BEYOND_THE_GLOBE = (
    'pipeline.json: AutomatedAnalysis.Boundaries[0].FileURL: "states.geojson" does not say in which system its '
    "coordinates are; add its .prj file, or save it as GeoJSON in longitude and latitude"
)
TOO_LARGE = (
    'pipeline.json: AutomatedAnalysis.Boundaries[0].FileURL: "states.geojson" has areas that are too large or too '
    "small for a map; name a file of the areas of one country"
)


@pytest.mark.parametrize(
    ("boxes", "problem"),
    [
        ([shapely.box(500_000, 200_000, 600_000, 300_000)], BEYOND_THE_GLOBE),
        ([shapely.box(-180, -90, 0, 90), shapely.box(0, -90, 180, 90)], TOO_LARGE),
    ],
)
def test_validate_and_a_run_say_the_same_of_areas_that_no_map_can_show(
    boxes: list[shapely.Polygon],
    problem: str,
    demo: Path,
    draw: Callable[[dict[str, object]], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    areas = gpd.GeoDataFrame({"state": list(STATES)[: len(boxes)]}, geometry=boxes)
    (demo.parent / "states.geojson").write_text(areas.to_json(), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        draw({"Boundaries": [{"Level": "states", "FileURL": "states.geojson", "CodeProperty": "state"}]})
    assert str(caught.value) == problem
    assert main(["validate", str(demo)]) == 1
    assert f"  error: {problem}" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"FileURL": "states.gpkg", "CodeProperty": "state"}, "1 config: 0 errors, 0 warnings"),
        (
            {"FileURL": "states.gpkg", "CodeProperty": "sate"},
            (
                "  error: pipeline.json: AutomatedAnalysis.Boundaries[0].CodeProperty: "
                'the areas in "states.gpkg" have no property "sate"; did you mean "state"?'
            ),
        ),
        (
            {"FileURL": "nowhere.gpkg", "CodeProperty": "state"},
            (
                "  warning: pipeline.json: AutomatedAnalysis.Boundaries[0].FileURL: "
                'there is no file "nowhere.gpkg" now: a run would fail'
            ),
        ),
        ({"FileURL": "gs://bucket/states.gpkg", "CodeProperty": "sate"}, "1 config: 0 errors, 0 warnings"),
    ],
)
def test_validate_reads_the_boundary_files_that_are_here(
    file: dict[str, str], said: str, demo: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    write_boundaries(demo.parent, ["somaliland", "puntland", "atlantis"])
    written = json.loads(demo.read_text(encoding="utf-8"))
    written["CodingPlans"]["BreakdownMaps"] = [{"Level": "states", "AnalysisFileKey": "state"}]
    written["AutomatedAnalysis"] = {"Boundaries": [{"Level": "states", **file}]}
    del written["DriveUpload"]  # whose key is not here
    demo.write_text(json.dumps(written), encoding="utf-8")
    exit_code = main(["validate", str(demo)])
    lines = capsys.readouterr().out.splitlines()
    assert said in lines
    assert exit_code == int("error:" in said)
    fits = [record.message for record in caplog.records if record.message.startswith("Maps of states: 1 ")]
    assert fits == (
        ['Maps of states: 1 areas have no code: "atlantis"']
        if file["CodeProperty"] == "state" and "no file" not in said
        else []
    )
