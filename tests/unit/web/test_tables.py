from pathlib import Path

import pytest

from pipeline_lib.web.tables import Page, page_of


def table(folder: Path, rows: int) -> Path:
    path = folder / "table.csv"
    path.write_text("number,text\n" + "".join(f"{n},t{n}\n" for n in range(1, rows + 1)))
    return path


@pytest.mark.parametrize(
    ("rows", "number", "shown", "first", "last", "pages"),
    [
        (120, 1, 1, "1", "50", 3),
        (120, 3, 3, "101", "120", 3),
        (120, 99, 3, "101", "120", 3),
        (120, -1, 1, "1", "50", 3),
        (100, 2, 2, "51", "100", 2),
        (1, 1, 1, "1", "1", 1),
    ],
)
def test_a_page_has_fifty_rows(
    rows: int, number: int, shown: int, first: str, last: str, pages: int, tmp_path: Path
) -> None:
    page = page_of(table(tmp_path, rows), number)
    assert page is not None
    assert (page.number, page.rows[0][0], page.rows[-1][0], page.page_count) == (shown, first, last, pages)
    assert page.first_row == int(first)


def test_a_table_without_rows_has_one_empty_page(tmp_path: Path) -> None:
    assert page_of(table(tmp_path, 0), 1) == Page(("number", "text"), (), 1, 1, 0)


def test_a_file_that_was_cut_since_is_counted_anew(tmp_path: Path) -> None:
    path = table(tmp_path, 70)
    assert page_of(path, 3, 120) == page_of(path, 2)
    assert page_of(path, 2, 70) == page_of(path, 2)


def test_cells_are_as_they_are_written_and_long_ones_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f'id,text,empty\n007,"two\nlines",\n1e3,{"x" * 500},NA\n')
    page = page_of(path, 1)
    assert page is not None
    assert page.rows[0] == ("007", "two\nlines", "")
    assert page.rows[1] == ("1e3", "x" * 400 + "…", "NA")


@pytest.mark.parametrize("name", ["all [2026].csv", "a*.csv", "what?.csv", "{a,b}.csv"])
def test_a_name_is_no_pattern_of_names(name: str, tmp_path: Path) -> None:
    (tmp_path / "ab.csv").write_text("another\n1\n")
    path = tmp_path / name
    path.write_text("number\n1\n")
    assert page_of(path, 1) == Page(("number",), (("1",),), 1, 1, 1)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02"])
def test_what_is_no_table_gives_no_page_or_nothing_wrong(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    page = page_of(path, 1)
    assert page is None or page.rows == ()
