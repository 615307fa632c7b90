"""Removing, on every storage: what is named goes, with all its versions, and nothing beside it."""

from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.storage import Storage


@pytest.fixture
def filled(storage: Storage) -> Storage:
    """Two runs, each with a folder that was published twice, a file and a document."""
    for run in ("runs/old", "runs/new"):
        for text in ("first", "second"):
            with storage.publish_folder(f"{run}/Outputs") as folder:
                (folder / "messages.csv").write_text(text)
        with storage.publish_file(f"{run}/Raw Data/show.jsonl") as path:
            path.write_text("{}")
        storage.create(f"{run}/manifest.json", b"{}")
    return storage


NEW = ["runs/new/Outputs/messages.csv", "runs/new/Raw Data/show.jsonl", "runs/new/manifest.json"]
OLD = [name.replace("new", "old") for name in NEW]


def everything(storage: Storage, tmp_path: Path) -> list[str]:
    """Files of a local storage as they lie on the disk."""
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def test_a_folder_goes_with_all_that_was_published_in_it(filled: Storage, tmp_path: Path) -> None:
    filled.remove("runs/old")
    assert filled.names("") == NEW
    assert not filled.exists("runs/old")
    assert not [name for name in everything(filled, tmp_path) if "old" in name]
    with filled.local_folder("runs/new/Outputs") as folder:
        assert (folder / "messages.csv").read_text() == "second"


def test_a_published_folder_goes_with_its_versions_and_can_be_published_again(filled: Storage, tmp_path: Path) -> None:
    filled.remove("runs/old/Outputs")
    assert filled.names("") == [*NEW, *OLD[1:]]
    assert not [name for name in everything(filled, tmp_path) if "old" in name and "messages.csv" in name]
    with filled.publish_folder("runs/old/Outputs") as folder:
        (folder / "messages.csv").write_text("third")
    assert filled.read("runs/old/Outputs/messages.csv") == b"third"


@pytest.mark.parametrize("name", ["runs/old/manifest.json", "runs/old/Raw Data/show.jsonl"])
def test_a_file_goes_alone(filled: Storage, name: str) -> None:
    filled.remove(name)
    assert filled.names("") == sorted({*NEW, *OLD} - {name})


@pytest.mark.parametrize("name", ["runs/ol", "runs/older", "nothing", "nothing/at/all"])
def test_what_is_not_there_is_no_error(filled: Storage, name: str) -> None:
    filled.remove(name)
    assert filled.names("") == [*NEW, *OLD]


def test_a_part_of_what_was_published_whole_stays(filled: Storage) -> None:
    with pytest.raises(DataError, match=r'"(runs/old/)?Outputs" is published whole'):
        filled.remove("runs/old/Outputs/messages.csv")
    assert filled.names("") == [*NEW, *OLD]
