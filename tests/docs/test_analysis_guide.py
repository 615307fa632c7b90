"""docs/analysis.md names what the analysis writes and what a config may ask of it."""

import json
import re
from pathlib import Path

import pytest

from pipeline_lib.analysis.charts import files as charts
from pipeline_lib.analysis.maps import files as maps
from pipeline_lib.analysis.maps.schematic import SCHEMATIC_LEVELS
from pipeline_lib.analysis.report import page
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.config.coding_plans import BreakdownMap
from pipeline_lib.model.coding_plan import AnalysisFile
from pipeline_lib.sources.targets import ENGAGEMENT_METRICS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = (DOCS / "analysis.md").read_text(encoding="utf-8")
MOST_BYTES = 100_000
"""Of an image, so that a clone stays small."""

SNIPPETS = [
    json.loads(f"{{{block}}}") for block in re.findall(r"(?:^    .*\n)+", GUIDE, re.MULTILINE) if '": ' in block
]


def test_every_table_has_its_row() -> None:
    rows = re.findall(r"^\| `([^`]+\.csv)` \|", GUIDE, re.MULTILINE)
    assert set(rows) - {"*.csv"} == {f"{file}.csv" for file in AnalysisFile} | {"cross_tab_<rows>_by_<columns>.csv"}


def test_every_folder_and_the_report_are_named() -> None:
    for name in (f"`{charts.FOLDER}/`", f"`{maps.FOLDER}/<level>/`", f"`{page.FILENAME}`", f"`{ENGAGEMENT_METRICS}/`"):
        assert name in GUIDE


def test_every_level_of_maps_and_every_key_is_named() -> None:
    keys = [field.alias or name for name, field in AutomatedAnalysis.model_fields.items()]
    assert [name for name in (*SCHEMATIC_LEVELS, *keys) if f"`{name}`" not in GUIDE and f'"{name}"' not in GUIDE] == []


def test_every_image_is_there_and_small_and_none_is_shown_nowhere() -> None:
    shown = set(re.findall(r"\(images/([^)]+)\)", GUIDE))
    there = {path.name: path.stat().st_size for path in (DOCS / "images").glob("analysis-*.png")}
    assert shown == set(there)
    assert {name: size for name, size in there.items() if size > MOST_BYTES} == {}


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_what_a_config_may_say_is_what_configs_may_say(snippet: dict[str, dict[str, object]]) -> None:
    assert snippet
    AutomatedAnalysis.model_validate(snippet.get("AutomatedAnalysis", {}))
    for breakdown in snippet.get("CodingPlans", {}).get("BreakdownMaps", []):  # type: ignore[attr-defined]
        BreakdownMap.model_validate(breakdown)


def test_the_examples_are_found() -> None:
    assert [sorted(snippet) for snippet in SNIPPETS] == [
        ["AutomatedAnalysis", "CodingPlans"],
        ["AutomatedAnalysis"],
        ["AutomatedAnalysis"],
    ]


def test_the_readme_leads_here() -> None:
    assert "(docs/analysis.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
