import csv
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.exports import columns
from pipeline_lib.exports.columns import Block, code_columns, write_csv
from pipeline_lib.model.coding_plan import CodingPlans

CELLS = st.one_of(st.none(), st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=8))


def block(*rows: tuple[str | None, ...]) -> Block:
    table = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    return Block(table, pl.Series(range(table.height), dtype=pl.UInt32))


def test_cells_are_quoted_only_where_they_must_be_and_nothing_is_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    rows = [("plain", ""), ("a,b", None), ('say "haa"', "line\nbreak"), (" spaces ", "sh;emi")]
    assert write_csv(path, [block(*rows)]) == 4
    assert path.read_bytes() == b'a,b\nplain,\n"a,b",\n"say ""haa""","line\nbreak"\n spaces ,sh;emi\n'


def test_blocks_stand_side_by_side_and_show_the_rows_that_their_index_names(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    codes = Block(pl.DataFrame({"c": ["x", "y"]}), pl.Series([1, 1, 0], dtype=pl.UInt32))
    write_csv(path, [block(("1", "2"), ("3", "4"), ("5", "6")), codes])
    assert path.read_text() == "a,b,c\n1,2,y\n3,4,y\n5,6,x\n"


def test_a_row_that_no_index_names_is_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    codes = Block(pl.DataFrame({"c": ["x"], "d": ["y"]}), pl.Series([None, 0], dtype=pl.UInt32))
    write_csv(path, [block(("1", "2"), ("3", "4")), codes])
    assert path.read_text() == "a,b,c,d\n1,2,,\n3,4,x,y\n"


def test_a_block_without_columns_shows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_csv(path, [block(("1", "2")), Block(pl.DataFrame(height=1), pl.Series([0], dtype=pl.UInt32))])
    assert path.read_text() == "a,b\n1,2\n"


def test_a_csv_without_rows_has_its_header(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert write_csv(path, [block()]) == 0
    assert path.read_text() == "a,b\n"


def test_the_header_stands_once_however_many_rows_are_written_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "ROWS_AT_A_TIME", 2)
    path = tmp_path / "out.csv"
    write_csv(path, [block(*[(str(n), "x") for n in range(5)])])
    assert path.read_text() == "a,b\n0,x\n1,x\n2,x\n3,x\n4,x\n"


@pytest.mark.slow
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_any_cells_are_written_as_pythons_csv_module_writes_them(
    rows: list[tuple[str | None, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    write_csv(folder / "ours.csv", [block(*rows)])
    with (folder / "theirs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["a", "b"])
        writer.writerows(rows)
    assert (folder / "ours.csv").read_bytes() == (folder / "theirs.csv").read_bytes()


@pytest.mark.parametrize(("key", "separator"), [("e01", "_"), ("e01_", "")])
def test_a_column_of_a_code_is_called_by_the_key_and_the_code(plans: CodingPlans, key: str, separator: str) -> None:
    (coding,) = plans.research_questions[0].codings
    named = replace(coding, analysis_file_key=key, key_separator=separator)
    codes = pl.DataFrame({named.coded_field: [["e01-water"], ["e01-NC"]]})
    assert codes.select(code_columns(named)).select("e01_water", "e01_NC").rows() == [(1, 0), (0, 1)]
