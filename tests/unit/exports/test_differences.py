from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.exports.differences import RowsDiffer, compare_csvs

Compare = Callable[[str, str], RowsDiffer]

HEADER = "uid,sent_on,gender,gender_raw\n"


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def run(old: str, new: str) -> RowsDiffer:
        for name, text in (("old.csv", old), ("new.csv", new)):
            if text:
                (tmp_path / name).write_text(text, encoding="utf-8")
        return compare_csvs(tmp_path / "old.csv", tmp_path / "new.csv", ("uid", "sent_on"), {"gender"})

    return run


def test_equal_rows_in_another_order_do_not_differ(compare: Compare) -> None:
    rows = ["p1,t1,man,nin\n", "p2,t1,woman,naag\n"]
    assert not compare(HEADER + "".join(rows), HEADER + "".join(reversed(rows)))


def test_rows_come_go_and_change_and_only_codes_are_told(compare: Compare) -> None:
    old = "p1,t1,man,nin\np2,t1,NR,naag\np3,t1,NR,gabar\np4,t1,man,nin\n"
    new = "p1,t1,man,nin\np2,t1,woman,naag\np3,t1,woman,Gabar\np5,t1,man,nin\np5,t2,man,nin\n"
    assert compare(HEADER + old, HEADER + new) == RowsDiffer(
        added=2, removed=1, changed=2, columns={"gender": 2, "gender_raw": 1}, codes={"gender": {("NR", "woman"): 2}}
    )


def test_of_several_messages_of_one_person_at_one_time_the_first_is_the_first(compare: Compare) -> None:
    differs = compare(HEADER + "p1,t1,NR,a\np1,t1,NR,b\n", HEADER + "p1,t1,NR,a\np1,t1,man,b\n")
    assert (differs.added, differs.removed, differs.columns) == (0, 0, {"gender": 1})


def test_columns_come_and_go(compare: Compare) -> None:
    differs = compare("uid,age\np1,12\n", "uid,band\np1,10 to 14\n")
    assert differs == RowsDiffer(new_columns=("band",), gone_columns=("age",))
    assert differs


def test_a_file_that_is_not_there_has_no_rows(compare: Compare) -> None:
    differs = compare("", HEADER + "p1,t1,man,nin\n")
    assert (differs.added, differs.removed) == (1, 0)


@pytest.mark.parametrize("content", [b"", b'uid\n"1,2\n', b"\x1f\x8b\x08of gzip without its end"])
def test_a_csv_that_is_broken_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "old.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        compare_csvs(tmp_path / "old.csv", tmp_path / "new.csv", ["uid"], [])
    assert str(caught.value) == f"{tmp_path}/old.csv: is no CSV file, or is broken; make it again"
