from pathlib import Path

import pytest

from pipeline_lib.analysis.table_differences import CellDiffers, compare_tables
from pipeline_lib.errors import DataError

SHARES = "Dataset,Theme,Total Participants\ne01,Total Relevant Participants,{0}\n,water,{1}\n,rain,2\n"


@pytest.mark.parametrize(
    ("name", "old", "new", "differing"),
    [
        pytest.param("theme_distributions.csv", SHARES.format(9, 7), SHARES.format(9, 7), [], id="equal"),
        pytest.param(
            "theme_distributions.csv",
            SHARES.format(9, 7),
            SHARES.format(8, 6),
            [
                CellDiffers("e01, Total Relevant Participants", "Total Participants", "9", "8"),
                CellDiffers("e01, water", "Total Participants", "7", "6"),
            ],
            id="a theme has its dataset before it",
        ),
        pytest.param(
            "engagement_counts.csv",
            "Episode,Messages\ne01,5\n",
            "Episode,Messages,People\ne01,5,3\ne02,1,1\n",
            [
                CellDiffers("e01", "People", "-", "3"),
                CellDiffers("e02", "Messages", "-", "1"),
                CellDiffers("e02", "People", "-", "1"),
            ],
            id="cells that were not there",
        ),
        pytest.param(
            "sample_messages.csv",
            "Episode,Code Scheme,Code,Message\ne01,e01,water,secret\n",
            "Episode,Code Scheme,Code,Message\ne01,e01,water,another\ne01,e01,rain,third\n",
            [CellDiffers("all", "rows of what people wrote, some of them others", "1", "2")],
            id="what people wrote is only counted",
        ),
        pytest.param(
            "loyalty.csv",
            "",
            "Episodes,Participants\ne01,4\n",
            [CellDiffers("e01", "Participants", "-", "4")],
            id="a new table",
        ),
    ],
)
def test_cells_differ(name: str, old: str, new: str, differing: list[CellDiffers], tmp_path: Path) -> None:
    for version, text in (("old", old), ("new", new)):
        if text:
            (tmp_path / version).write_text(text, encoding="utf-8")
    assert compare_tables(name, tmp_path / "old", tmp_path / "new") == differing


@pytest.mark.parametrize("content", [b"", b"a,b\n1\n", b"a,b\n\xff,1\n", b'a,b\n"1,2\n', "a,b\n1,2\n".encode("utf-16")])
def test_a_table_that_is_broken_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "old.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        compare_tables("theme_distributions.csv", tmp_path / "old.csv", tmp_path / "new.csv")
    assert str(caught.value) == f"{tmp_path}/old.csv: is no table of an analysis, or is broken; make it again"
