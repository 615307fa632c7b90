"""docs/researchers.md names every file of a run, every column of its tables, and every code that is no theme."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl
import pytest

from pipeline_lib.authoring.scheme_drafts import _METAS
from pipeline_lib.config.checks.outputs import OWN_NAMES
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.sources.targets import ENGAGEMENT_METRICS, QUARANTINE, RAW_DATA
from pipeline_lib.stages.notes import NOTES
from pipeline_lib.stages.run_context import ANALYSIS
from tests.docs.markdown import ROOT

GUIDE = (ROOT / "docs/researchers.md").read_text(encoding="utf-8")


def first_cells(header: str) -> list[list[str]]:
    """What each row of the table with this header has in its first cell, in backticks."""
    table = GUIDE[GUIDE.index(header) :].partition("\n\n")[0].splitlines()[2:]
    return [re.findall("`([^`]+)`", line.split("|")[1]) for line in table]


FILES = [name for cell in first_cells("| file | a row is |") for name in cell]
COLUMNS = [name for cell in first_cells("| column | in |") for name in cell]
CODES = [name for cell in first_cells("| code | means |") for name in cell]


def files_of(run: Path) -> Iterator[str]:
    """A run's files, as people see them: through the links to what is published now."""
    for path in sorted(run.iterdir()):
        if not path.name.startswith("."):
            below = path.resolve().rglob("*") if path.is_dir() else []
            yield from (f"{path.name}/{file.relative_to(path.resolve())}" for file in below if file.is_file())
            yield from [path.name] if path.is_file() else []


def is_named(file: str) -> bool:
    return any(fnmatchcase(file, f"{name}*" if name.endswith("/") else name) for name in FILES)


@pytest.mark.slow
def test_every_file_of_a_run_is_named(demo_outputs: Path) -> None:
    there = list(files_of(demo_outputs.parents[1]))
    assert "Outputs/messages.csv" in there
    assert "manifest.json" in there
    assert [file for file in there if not is_named(file)] == []


def test_what_only_some_projects_have_is_named() -> None:
    own = [f"Outputs/{name}" for name in OWN_NAMES if "." in name]
    own += [f"{folder}/x.jsonl" for folder in (RAW_DATA, QUARANTINE, "Shards")]
    own += [f"{ENGAGEMENT_METRICS}/facebook_metrics.csv", f"Outputs/{NOTES}", f"{ANALYSIS}/loyalty.csv"]
    assert [file for file in own if not is_named(file)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["messages.csv", "individuals.csv"])
def test_the_columns_stand_as_the_guide_says(demo_outputs: Path, name: str) -> None:
    header = pl.read_csv(demo_outputs / name, n_rows=0).columns
    leading = [column for column in COLUMNS if "<" not in column and (name, column) != ("individuals.csv", "sent_on")]
    assert header[: len(leading)] == leading
    assert COLUMNS[-3:] == ["<key>_<code>", "<key>", "<key>_raw"]
    water = [column for column in header if column.startswith("s01e01_water_")]
    assert water[0] == "s01e01_water_wells_and_boreholes"
    assert water[-1] == "s01e01_water_raw"
    surveys = header[header.index("s01e02_health_raw") + 1 :]
    assert surveys[:5] == ["gender", "gender_raw", "age", "age_category", "age_raw"]


@pytest.mark.slow
def test_the_other_tables_have_the_columns_that_the_guide_names(demo_outputs: Path) -> None:
    assert pl.read_csv(demo_outputs / "coding_by_coder.csv", n_rows=0).columns == ["dataset", "coder", "day", "labels"]
    assert pl.read_csv(demo_outputs / "ICR/s01e01_water.csv", n_rows=0).columns == [
        "s01e01_water_run_id",
        "message_id",
        "s01e01_water_raw",
    ]
    header = pl.read_csv(demo_outputs / "production.csv", n_rows=0).columns
    assert [column for column in header if not column.endswith("_raw")] == ["uid", "sent_on"]


def test_every_code_that_is_no_theme_is_told() -> None:
    controls = [code for code in CODES if code.isupper()]
    assert sorted(controls) == sorted(code.value for code in ControlCode)
    assert set(CODES) - set(controls) <= set(_METAS)
