"""Files of groups: what is kept of them, what is refused, and what is counted."""

from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.shrink_limit import ShrinkLimit
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.files.group_files import GroupFileToFetch, fetch_group_files
from pipeline_lib.sources.files.ingestion import Limits
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import storage_at

P1, P2, P3 = (f"avf-phone-uuid-00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
RAW_DATA = "data/runs/today/Raw Data"


def fetch(folder: Path, *files: tuple[str, str], column: str = "avf-phone-uuid", limit: float = 0.5) -> FetchResult:
    """Fetches files, each a name and what is in it."""
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")
    storage = storage_at((folder / "data").as_uri())
    return fetch_group_files(
        [GroupFileToFetch(name, name, column) for name, _ in files],
        storage=storage,
        config_folder=folder,
        targets=run_targets(storage, "runs/today"),
        limits=Limits(limit, ShrinkLimit()),
    )


def test_the_uuids_are_kept_and_nothing_else(tmp_path: Path) -> None:
    text = f"Name,avf-phone-uuid,Village\nAsha,{P1},Kakuma 1\nAli, {P2} ,Kakuma 2\nAsha,{P1},Kakuma 1\n"
    result = fetch(tmp_path, ("club.csv", text))
    published = tmp_path / RAW_DATA / "club.csv"
    assert published.read_text() == f"avf-phone-uuid\n{P1}\n{P2}\n"
    assert result.uris == {"club.csv": published.as_uri()}
    assert in_words(result.counts) == {"club.csv: repeated members": 1}
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"Asha" not in stored
    assert b"Kakuma" not in stored


@pytest.mark.parametrize(
    "joined", ["28/11/2020 10:00:00", "2020-11-28T10:00:00.123456+03:00", "28.11.2020", "1/3/2021 9:05"]
)
def test_a_time_beside_a_uuid_is_nobodys_number(tmp_path: Path, joined: str) -> None:
    fetch(tmp_path, ("club.csv", f"avf-phone-uuid,Joined\n{P1},{joined}\n"))
    assert (tmp_path / RAW_DATA / "club.csv").read_text() == f"avf-phone-uuid\n{P1}\n"


def test_a_file_that_a_spreadsheet_wrote_is_read_too(tmp_path: Path) -> None:
    fetch(tmp_path, ("club.csv", f"\ufeffMember;Name\r\n{P1};Asha, of 4\r\n"), column="Member")
    assert (tmp_path / RAW_DATA / "club.csv").read_text() == f"Member\n{P1}\n"


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("0712345678,Asha", "line 3: is not de-identified: column 1 may hold a number or an address"),
        (f"{P2},0712 345 678", "line 3: is not de-identified: column 2 may hold a number or an address"),
        (f"{P2},28/11/2020 0712345678", "line 3: is not de-identified: column 2 may hold a number or an address"),
        (f"{P2},tel:+254712345678", "line 3: is not de-identified: column 2 may hold a number or an address"),
        (f"{P2},asha@example.org", "line 3: is not de-identified: column 2 may hold a number or an address"),
    ],
)
def test_a_file_with_a_number_or_an_address_anywhere_is_refused_and_neither_is_quoted(
    tmp_path: Path, row: str, place: str
) -> None:
    with pytest.raises(DataError) as caught:
        fetch(tmp_path, ("club.csv", f"avf-phone-uuid,Name\n{P1},Ali\n{row}\n"))
    first, told = map(str, caught.value.problems)
    assert first == f"{tmp_path.as_uri()}/club.csv: {place}"
    assert told == (
        f"{tmp_path.as_uri()}/club.csv: is not used, since it is not de-identified; "
        "list participant uuids; leave out whatever says more of a person"
    )
    assert not (tmp_path / RAW_DATA).exists()


def test_rows_without_a_uuid_are_set_aside_up_to_the_limit(tmp_path: Path) -> None:
    text = f"avf-phone-uuid,Name\n{P1},Asha\n,Ali\n{P2},Abdi\nabdi,Abdi\n{P3},Asli\n"
    (file,) = fetch(tmp_path, ("club.csv", text)).files
    assert file.record_count == 3
    assert file.quarantined_counts == {"has no participant uuid": 2}
    set_aside = (tmp_path / "data/runs/today/Quarantine/club.csv.jsonl").read_text()
    assert '"line": 3' in set_aside
    assert "Ali" not in set_aside
    with pytest.raises(DataError, match="2 of its 5 records cannot be used"):
        fetch(tmp_path, ("other.csv", text), limit=0.1)


def test_a_file_without_the_column_is_told_with_all_others(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        fetch(tmp_path, ("a.csv", "Name\nAsha\n"), ("b.csv", ""))
    assert [problem.place for problem in caught.value.problems] == [
        f"{tmp_path.as_uri()}/a.csv: line 1",
        f"{tmp_path.as_uri()}/b.csv",
    ]
    assert "Asha" not in str(caught.value)


def test_a_file_that_lost_most_of_its_people_is_refused(tmp_path: Path) -> None:
    fetch(tmp_path, ("club.csv", f"avf-phone-uuid\n{P1}\n{P2}\n{P3}\n"))
    with pytest.raises(DataError, match=r"club\.csv: had 3 records when it was last read, and has 1 now"):
        fetch(tmp_path, ("club.csv", f"avf-phone-uuid\n{P1}\n"))


def test_an_unchanged_file_is_read_once(tmp_path: Path) -> None:
    text = f"avf-phone-uuid\n{P1}\n"
    assert [fetch(tmp_path, ("club.csv", text)).files[0].is_unchanged for _ in range(2)] == [False, True]
