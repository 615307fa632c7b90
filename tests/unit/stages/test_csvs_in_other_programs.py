"""The CSVs as pandas, Polars, R and LibreOffice read them: what is a number is one, and nothing of a text is lost."""

import csv
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pandas as pd
import polars as pl
import pytest

from pipeline_lib.config import load_project
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import open_run
from pipeline_lib.storage import located
from sandbox.rapid_pro.server import RapidProServer
from tests.unit.stages.conftest import BUCKETS, DEMO
from tests.unit.stages.consent_world import Message, World, label

pytestmark = pytest.mark.slow

END = datetime(2025, 9, 16, 23, tzinfo=UTC)


class Column(NamedTuple):
    """What a program takes a column for."""

    kind: str
    """`number`, `logical` or `text`."""
    size: int
    """The sum of a column of numbers, how many are true, or how many cells of a column of texts are not empty."""


Table = dict[str, Column]


def in_pandas(path: Path) -> Table:
    # "NA" is a code, and people write "null": only an empty cell is nothing.
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    kinds = {"i": "number", "f": "number", "b": "logical", "O": "text"}

    def size(column: "pd.Series[int]") -> int:
        return int(column.notna().sum() if column.dtype.kind == "O" else column.sum())

    return {name: Column(kinds[frame[name].dtype.kind], size(frame[name])) for name in frame.columns}


def in_polars(path: Path) -> Table:
    frame = pl.read_csv(path, infer_schema_length=None)

    def column(values: pl.Series) -> Column:
        if values.dtype == pl.Boolean:
            return Column("logical", int(values.sum()))
        if values.dtype.is_numeric():
            return Column("number", int(values.sum()))
        return Column("text", len(values) - values.null_count())

    return {name: column(frame[name]) for name in frame.columns}


R_SCRIPT = """
frame <- read.csv(commandArgs(TRUE)[1], na.strings = "", check.names = FALSE, encoding = "UTF-8")
for (name in names(frame)) {
  values <- frame[[name]]
  kind <- if (is.logical(values) && !all(is.na(values))) "logical" else if (is.character(values)) "text" else "number"
  size <- if (kind == "text") sum(!is.na(values)) else sum(values, na.rm = TRUE)
  cat(name, kind, size, sep = "\\t", fill = TRUE)
}
"""


def in_r(path: Path) -> Table:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed here (Debian: r-base-core)")
    command = ["Rscript", "--vanilla", "-e", R_SCRIPT, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    assert done.stderr == ""
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {name: Column(kind, int(size)) for name, kind, size in rows}


OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


class Cell(NamedTuple):
    kind: str | None
    value: str | None
    is_formula: bool


def cells_in_libreoffice(path: Path, folder: Path) -> list[list[Cell]]:
    if shutil.which("soffice") is None:
        pytest.skip("soffice is not installed here (Debian: libreoffice-calc-nogui)")
    # Commas (44), quotes (34), UTF-8 (76), from line 1, and numbers and dates recognised: what its dialog suggests.
    read_as = "Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"
    command = [
        "soffice",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        f"--infilter={read_as}",
    ]
    command += ["--convert-to", "fods", "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    rows = []
    for row in ET.parse(folder / f"{path.stem}.fods").getroot().iter(f"{TABLE}table-row"):  # noqa: S314 - its own file
        cells = []
        for cell in row.iter(f"{TABLE}table-cell"):
            kind = cell.get(f"{OFFICE}value-type")
            value = cell.get(f"{OFFICE}value") or cell.get(f"{OFFICE}boolean-value") or "".join(cell.itertext()).strip()
            repeated = int(cell.get(f"{TABLE}number-columns-repeated", "1"))
            cells += [Cell(kind, value, f"{TABLE}formula" in cell.attrib)] * min(repeated, 1000)
        rows += [cells] * min(int(row.get(f"{TABLE}number-rows-repeated", "1")), 1000)
    return [row for row in rows if any(cell.kind for cell in row)]


def in_libreoffice(path: Path, folder: Path) -> Table:
    header, *rows = cells_in_libreoffice(path, folder)
    names = [cell.value or "" for cell in header if cell.kind]
    return {name: _as_one(name, [row[place] for row in rows]) for place, name in enumerate(names)}


def _as_one(name: str, cells: list[Cell]) -> Column:
    """A spreadsheet's cells have a type each: a column has one if all its cells do."""
    there = [cell for cell in cells if cell.kind]
    if name == "consent_withdrawn":
        return Column("logical", sum((cell.value or "").lower() == "true" for cell in there))
    if {cell.kind for cell in there} == {"float"}:
        return Column("number", sum(int(float(cell.value or 0)) for cell in there))
    return Column("text", len(there))


READERS: dict[str, Callable[[Path, Path], Table]] = {
    "pandas": lambda path, _: in_pandas(path),
    "Polars": lambda path, _: in_polars(path),
    "R": lambda path, _: in_r(path),
    "LibreOffice": in_libreoffice,
}


@pytest.fixture(scope="module")
def demo_outputs(tmp_path_factory: pytest.TempPathFactory, world: Path, rapid_pro: RapidProServer) -> Iterator[Path]:
    """What a run makes of the demo's 200 messages."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(world, folder / ".demo" / "world", symlinks=True)
    shutil.copytree(DEMO, folder / "configs" / "demo")
    config = folder / "configs" / "demo" / "pipeline.json"
    config.write_text(BUCKETS.sub("", config.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(STAND_IN_SETTING, rapid_pro.host)
        storage, name = located(run_to_outputs(open_run(load_project(config), "today", END, "tester")))
        with storage.local_folder(name) as outputs:
            yield outputs


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def as_it_should_be(path: Path) -> Table:
    """By what the plans say: a code of a research question is a column of 0 and 1, consent is true or false."""
    plans = load_project(DEMO / "pipeline.json").plans
    codings = [coding for question in plans.research_questions for coding in question.codings]
    numbers = {
        f"{coding.analysis_file_key}_{code.string_value}" for coding in codings for code in coding.code_scheme.codes
    }

    def column(name: str, cells: list[str]) -> Column:
        if name in numbers:
            assert set(cells) <= {"0", "1"}
            return Column("number", cells.count("1"))
        if name == "consent_withdrawn":
            assert set(cells) == {"false"}
            return Column("logical", 0)
        return Column("text", len(cells) - cells.count(""))

    written = rows(path)
    return {name: column(name, [row[name] for row in written]) for name in written[0]}


@pytest.mark.parametrize("program", READERS)
@pytest.mark.parametrize(
    ("name", "row_count", "column", "size"),
    [("messages.csv", 147, "s01e01_water_clean_water", 10), ("individuals.csv", 59, "s01e01_water_clean_water", 10)],
)
def test_every_column_of_the_demo_has_its_type_and_its_numbers(
    program: str, name: str, row_count: int, column: str, size: int, demo_outputs: Path, tmp_path: Path
) -> None:
    expected = as_it_should_be(demo_outputs / name)
    if program == "R":  # knows TRUE and FALSE only
        expected["consent_withdrawn"] = Column("text", row_count)
    found = READERS[program](demo_outputs / name, tmp_path)
    assert found == expected
    assert found["uid"] == Column("text", row_count)
    assert found[column] == Column("number", size)


TEXTS = [
    "waa\x00 biyo",
    "\x1a",
    "=1+1",
    "@a",
    "-25",
    "+252",
    "two\nlines",
    'says "haa", twice',
    "NA",
    "null",
    "'=",
    "\u0085x",
]
READABLE = [
    "waa\ufffd biyo",
    "\ufffd",
    "=1+1",
    "@a",
    "-25",
    "+252",
    "two\nlines",
    'says "haa", twice',
    "NA",
    "null",
    "'=",
    "\ufffdx",
]


@pytest.fixture
def odd_outputs(tmp_path: Path) -> Path:
    """What a run makes of texts that programs take for something else; and of somebody who withdrew."""
    world = World(tmp_path / "world", WithdrawnRows="leave_out")
    said = [Message(f"p{n:02}", "e01", text, datetime(2025, 9, 8, n, tzinfo=UTC)) for n, text in enumerate(TEXTS)]
    said.append(Message("q", "e01", "no more"))
    return world.outputs(said, {("e01", "no more"): [label("s01e01_water", "STOP")]})[0]


def texts_in_r(path: Path) -> list[str]:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed here (Debian: r-base-core)")
    script = """
    frame <- read.csv(commandArgs(TRUE)[1], na.strings = "", encoding = "UTF-8")
    cat(sapply(frame$s01e01_water_raw, function(text) paste(utf8ToInt(text), collapse = " ")), sep = "\n")
    """
    command = ["Rscript", "--vanilla", "-e", script, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    assert done.stderr == ""
    return ["".join(chr(int(number)) for number in line.split()) for line in done.stdout.splitlines()]


TEXTS_IN: dict[str, Callable[[Path], list[str]]] = {
    "pandas": lambda path: list(pd.read_csv(path, keep_default_na=False, na_values=[""])["s01e01_water_raw"]),
    "Polars": lambda path: pl.read_csv(path, infer_schema_length=None)["s01e01_water_raw"].to_list(),
    "R": texts_in_r,
}


@pytest.mark.parametrize("program", TEXTS_IN)
def test_a_text_is_whole_to_programs_whatever_it_holds(program: str, odd_outputs: Path) -> None:
    assert TEXTS_IN[program](odd_outputs / "messages.csv") == READABLE


def test_no_text_of_the_production_csv_runs_in_a_spreadsheet(odd_outputs: Path, tmp_path: Path) -> None:
    header, *people = cells_in_libreoffice(odd_outputs / "production.csv", tmp_path)
    place = [cell.value for cell in header].index("s01e01_water_raw")
    assert not [cell for row in people for cell in row if cell.is_formula]
    assert {row[place].kind for row in people} == {"string"}
    assert [row[place].value for row in people][2:6] == ["'=1+1", "'@a", "'-25", "'+252"]


def test_the_withdrawn_are_counted_where_they_are_left_out(odd_outputs: Path) -> None:
    assert len(rows(odd_outputs / "messages.csv")) == len(rows(odd_outputs / "individuals.csv")) == 12
    assert rows(odd_outputs / "quality.csv")[0]["withdrawn"] == "1"
