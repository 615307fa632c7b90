"""Who is in which group: files as somebody left them, and what follows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.groups import Group, GroupFilter
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.processing.groups import Members, is_left_in, member_counts, memberships, read_groups

P1, P2, P3 = (f"avf-phone-uuid-00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
NUMBER = "0712345678"


def group(column: str, *files: str, **more: Any) -> Group:
    return Group(column=column, files=files, participant_column="avf-phone-uuid", **more)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    """Files by name, as bytes or as texts."""

    def make(**files: str | bytes) -> dict[str, Path]:
        paths = {f"{name}.csv": tmp_path / f"{name}.csv" for name in files}
        for content, path in zip(files.values(), paths.values(), strict=True):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return paths

    return make


def read(files: dict[str, Path], *groups: Group) -> dict[str, list[str]]:
    members = read_groups(groups, files, checks_participants=True)
    return {column: uids.to_list() for column, uids in members.by_column.items()}


@pytest.mark.parametrize(
    "content",
    [
        f"avf-phone-uuid,Name\n{P1},Listener 1\n{P2},Listener 2\n",
        f"\ufeffavf-phone-uuid\r\n{P1}\r\n{P2}\r\n",
        f'Name,"avf-phone-uuid"\n"One, first",{P1}\n,{P2} \n\n',
        f"avf-phone-uuid\n{P1}\n{P2}\n{P1}\n",
    ],
)
def test_a_file_lists_participant_uuids_each_of_which_counts_once(
    write: Callable[..., dict[str, Path]], content: str
) -> None:
    assert read(write(club=content), group("club", "club.csv")) == {"club": [P1, P2]}


def test_whoever_is_in_one_file_of_a_group_is_in_it_and_nobody_where_there_is_none(
    write: Callable[..., dict[str, Path]],
) -> None:
    files = write(a=f"avf-phone-uuid\n{P1}\n{P2}\n", b=f"avf-phone-uuid\n{P2}\n{P3}\n")
    assert read(files, group("both", "a.csv", "b.csv"), group("nobody"), group("b", "b.csv")) == {
        "both": [P1, P2, P3],
        "nobody": [],
        "b": [P2, P3],
    }


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (
            f"avf-phone-uuid\n{P1}\n{NUMBER}\n",
            "club.csv: has somebody's number or address in 1 rows, the first is row 3",
        ),
        (
            "avf-phone-uuid\nsomebody\n",
            "club.csv: has something that is no participant uuid in 1 rows, the first is row 2",
        ),
        (f"{NUMBER}\n{NUMBER}\n", 'club.csv: has no column "avf-phone-uuid"; the first line names the columns'),
        ("", 'club.csv: has no column "avf-phone-uuid"'),
        (b"avf-phone-uuid\n\xff\n", "club.csv: is no CSV file in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_without_quoting_it(
    write: Callable[..., dict[str, Path]], content: str | bytes, error: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(write(club=content), group("club", "club.csv"))
    (problem,) = caught.value.problems
    assert Path(problem.place).is_absolute()
    assert str(problem._replace(place=Path(problem.place).name)).startswith(error)
    assert NUMBER not in str(caught.value)
    assert "somebody" not in str(caught.value).replace("somebody's", "")


def test_all_files_are_told_of_at_once(write: Callable[..., dict[str, Path]]) -> None:
    with pytest.raises(DataError) as caught:
        read(write(a="x\n", b="y\n"), group("a", "a.csv"), group("b", "b.csv"))
    assert [Path(problem.place).name for problem in caught.value.problems] == ["a.csv", "b.csv"]


def test_each_participant_is_in_a_group_or_not() -> None:
    members = Members({"club": pl.Series([P2, "stranger"]), "nobody": pl.Series([], dtype=pl.String)})
    assert memberships(pl.Series([P1, P2]), members).rows(named=True) == [
        {"club": False, "nobody": False},
        {"club": True, "nobody": False},
    ]
    assert memberships(pl.Series([P1, P2]), Members({})).shape == (2, 0)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({}, None),
        ({"a": GroupFilter.KEEP_ONLY}, [P1, P2]),
        ({"a": GroupFilter.LEAVE_OUT}, [P3]),
        ({"a": GroupFilter.KEEP_ONLY, "b": GroupFilter.KEEP_ONLY}, [P1, P2, P3]),
        ({"a": GroupFilter.KEEP_ONLY, "b": GroupFilter.LEAVE_OUT}, [P1]),
    ],
)
def test_a_filter_keeps_or_leaves_out_people_of_its_group(
    filters: dict[str, GroupFilter], left: list[str] | None
) -> None:
    groups = [group(name, filter=filters.get(name)) for name in ("a", "b")]
    members = Members({"a": pl.Series([P1, P2]), "b": pl.Series([P2, P3])})
    found = is_left_in(groups, members)
    people = pl.DataFrame({"uid": [P1, P2, P3]})
    assert (None if found is None else people.filter(found)["uid"].to_list()) == left


def test_members_repeats_and_unknown_uuids_are_counted(write: Callable[..., dict[str, Path]]) -> None:
    files = write(club=f"avf-phone-uuid\n{P1}\n{P2}\n{P1}\n{P3}\n")
    members = read_groups([group("club", "club.csv")], files, checks_participants=True)
    assert in_words(member_counts(members, pl.Series([P1, P1, "p9"]))) == {
        "club.csv: repeated members": 1,
        "members club": 3,
        "members without message club": 2,
    }
