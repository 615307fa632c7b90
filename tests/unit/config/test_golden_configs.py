import json
import os
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.config.json_schema import json_schema

ROOT = Path(os.environ.get("GOLDEN_ROOT") or Path(__file__).parents[4] / "shared" / "golden")
CASES = [
    "ssf-elections/n1000_ws_off",
    "ssf-elections/n1000_ws_on",
    "ssf-elections-facebook/n1000",
    "imaqal-covid19/n1000_ws_off",
]

pytestmark = pytest.mark.golden


@pytest.fixture(params=CASES)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A golden case's config as `make golden` merges it."""
    folder = ROOT / request.param
    if not folder.is_dir():
        pytest.skip(f"there is no golden case {folder}; set GOLDEN_ROOT")
    config = json.loads((folder / "input/pipeline_config.json").read_text())
    config |= {"CodingPlans": str(folder.parent / "coding_plans.json"), "Compatibility": "predecessor"}
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(config))
    return path


def test_a_golden_config_loads(golden: Path) -> None:
    assert load_project(golden).config.keeps_predecessor_quirks


def test_nothing_is_wrong_with_a_golden_config_but_what_is_not_there_yet(golden: Path) -> None:
    errors = [str(error) for error in check(golden).errors]
    assert [error for error in errors if "in this version" not in error and "LabelStore: is missing" not in error] == []


@pytest.mark.slow
def test_editors_find_nothing_wrong_with_a_golden_config(golden: Path) -> None:
    _of_configs().validate(json.loads(golden.read_text()))


@pytest.mark.slow
def test_editors_find_nothing_wrong_with_golden_coding_plans(golden: Path) -> None:
    plans = json.loads(Path(json.loads(golden.read_text())["CodingPlans"]).read_text())
    _of_plans().validate(plans)


@cache
def _of_configs() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


@cache
def _of_plans() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    plans = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": "#/$defs/CodingPlansFile"}
    return jsonschema.Draft202012Validator(plans)


@pytest.mark.parametrize("golden", ["ssf-elections/n1000_ws_off"], indirect=True)
def test_the_traffic_label_that_ends_before_it_starts_is_only_a_warning(golden: Path) -> None:
    found = check(golden)
    assert [str(warning) for warning in found.warnings if "TrafficLabels" in warning.place] == [
        (
            'pipeline.json: AutomatedAnalysis.TrafficLabels[15].EndDate: "E06 Promo" does not end after its StartDate, '
            "so that it counts no messages"
        )
    ]


@pytest.mark.parametrize("golden", ["ssf-elections-facebook/n1000"], indirect=True)
def test_the_five_datasets_that_nothing_fills_are_only_warnings(golden: Path) -> None:
    places = [warning.place for warning in check(golden).warnings if ".RawField" in warning.place]
    assert [place.rsplit(": ", 1)[1] for place in places] == [f"ResearchQuestions[{n}].RawField" for n in range(2, 7)]
