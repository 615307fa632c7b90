import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline_lib.model.csv_cells import CONTROL_CHARACTER, TO_GUARD, guarded, readable, unguarded

CELLS = [
    ("=1+1", "'=1+1"),
    ("+252", "'+252"),
    ("-", "'-"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\tbiyo", "'\tbiyo"),
    ("\rbiyo", "'\rbiyo"),
    ("\nbiyo", "'\nbiyo"),
    ("  =1", "'  =1"),
    ("\uff1d1", "'\uff1d1"),
    ("\uff0b1", "'\uff0b1"),
    ("\uff0d1", "'\uff0d1"),
    ("\uff201", "'\uff201"),
    ("'=1", "''=1"),
    ("''=1", "'''=1"),
    ("biyo", "biyo"),
    ("1=1", "1=1"),
    (" biyo", " biyo"),
    ("'biyo'", "'biyo'"),
    ("", ""),
]


@pytest.mark.parametrize(("cell", "written"), CELLS)
def test_a_cell_that_a_spreadsheet_might_run_begins_with_an_apostrophe(cell: str, written: str) -> None:
    assert guarded(cell) == written
    assert unguarded(written) == cell


@given(st.text(alphabet="'= \t\u00a0+a\uff1d", max_size=6))
def test_what_is_guarded_is_no_formula_and_can_be_told_from_what_had_apostrophes_before(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]", guarded(cell))


@pytest.mark.slow
def test_control_characters_but_those_of_lines_and_tabs_are_replaced() -> None:
    replaced = [number for number in range(0x110000) if readable(chr(number)) != chr(number)]
    assert replaced == [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]
    assert readable("waa\x00 biyo\u0085\x1a") == "waa\ufffd biyo\ufffd\ufffd"


@given(st.text(max_size=8))
@example("\x1f=")
def test_polars_finds_the_same_cells_as_python(cell: str) -> None:
    for pattern in (CONTROL_CHARACTER, TO_GUARD):
        assert pl.Series([cell]).str.contains(pattern).to_list() == [bool(re.search(pattern, cell))]
