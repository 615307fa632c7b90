"""Publishing, on every storage: whole or not at all, the last complete one stays, two writers are noticed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.storage import MissingArtifactError, Storage

OUTPUTS = "runs/2026-11-20/Outputs"


class InterruptedWorkError(Exception):
    """What a task dies of in the middle of writing."""


def publish(storage: Storage, name: str, **files: str) -> None:
    with storage.publish_folder(name) as folder:
        for file, text in files.items():
            (folder / f"{file}.csv").write_text(text)


def publish_file(storage: Storage, name: str, text: str) -> None:
    with storage.publish_file(name) as path:
        path.write_text(text)


def publish_while(storage: Storage, name: str, meanwhile: Callable[[Path], None]) -> None:
    """Publish a folder during whose writing something happens."""
    with storage.publish_folder(name) as folder:
        (folder / "messages.csv").write_text("interrupted")
        meanwhile(folder)


def publish_file_while(storage: Storage, name: str, meanwhile: Callable[[Path], None]) -> None:
    """Publish a file during whose writing something happens."""
    with storage.publish_file(name) as path:
        path.write_text("interrupted")
        meanwhile(path)


def interrupt(_: Path) -> None:
    raise InterruptedWorkError


def texts(storage: Storage, folder: str) -> dict[str, str]:
    return {name: storage.read(name).decode() for name in storage.names(folder)}


def test_a_published_file_is_there_with_its_content(storage: Storage) -> None:
    with storage.publish_file("Raw Data/Reçu — maanta.jsonl") as path:
        path.write_text("{}\n")

    assert storage.read("Raw Data/Reçu — maanta.jsonl") == b"{}\n"
    assert storage.names("") == ["Raw Data/Reçu — maanta.jsonl"]


def test_the_path_to_write_has_the_published_name(storage: Storage) -> None:
    with storage.publish_file("Raw Data/a.csv.gz") as path:
        path.write_bytes(b"")
        assert path.name == "a.csv.gz"


def test_a_file_is_not_there_before_it_is_whole(storage: Storage) -> None:
    with storage.publish_file("Raw Data/a.jsonl") as path:
        path.write_text("half")
        assert not storage.exists("Raw Data/a.jsonl")
        assert not storage.exists("Raw Data")
        assert storage.names("") == []


def test_an_exception_while_writing_a_file_leaves_the_last_complete_one(storage: Storage) -> None:
    storage.create("Raw Data/a.jsonl", b"old")

    with pytest.raises(InterruptedWorkError):
        publish_file_while(storage, "Raw Data/a.jsonl", interrupt)

    assert texts(storage, "") == {"Raw Data/a.jsonl": "old"}


def test_publishing_a_file_that_was_never_written_is_an_error_and_leaves_the_last_complete_one(
    storage: Storage,
) -> None:
    storage.create("a", b"old")

    with pytest.raises(FileNotFoundError), storage.publish_file("a"):
        pass

    assert storage.read("a") == b"old"


def test_a_published_folder_is_there_with_its_files_and_subfolders(storage: Storage) -> None:
    with storage.publish_folder(OUTPUTS) as folder:
        (folder / "messages.csv").write_text("uid\n")
        (folder / "charts").mkdir()
        (folder / "charts" / "umur — 18 to 35.svg").write_text("<svg/>")

    assert texts(storage, "runs") == {
        "runs/2026-11-20/Outputs/charts/umur — 18 to 35.svg": "<svg/>",
        "runs/2026-11-20/Outputs/messages.csv": "uid\n",
    }
    assert storage.names(OUTPUTS) == storage.names("runs")
    assert storage.names(f"{OUTPUTS}/charts") == ["runs/2026-11-20/Outputs/charts/umur — 18 to 35.svg"]


def test_a_folder_is_not_there_before_it_is_whole(storage: Storage) -> None:
    with storage.publish_folder(OUTPUTS) as folder:
        (folder / "messages.csv").write_text("half")
        assert not storage.exists(OUTPUTS)
        assert not storage.exists("runs")
        assert storage.names("") == []


def test_readers_see_the_last_complete_folder_until_the_next_is_whole(storage: Storage) -> None:
    publish(storage, OUTPUTS, messages="old")

    with storage.publish_folder(OUTPUTS) as folder:
        (folder / "messages.csv").write_text("new")
        assert texts(storage, "") == {f"{OUTPUTS}/messages.csv": "old"}

    assert texts(storage, "") == {f"{OUTPUTS}/messages.csv": "new"}


def test_an_exception_while_writing_a_folder_leaves_the_last_complete_one(storage: Storage) -> None:
    publish(storage, OUTPUTS, messages="old", individuals="old")

    with pytest.raises(InterruptedWorkError):
        publish_while(storage, OUTPUTS, interrupt)

    assert texts(storage, "") == {f"{OUTPUTS}/individuals.csv": "old", f"{OUTPUTS}/messages.csv": "old"}


def test_a_retry_replaces_the_whole_folder_and_what_it_does_not_write_is_gone(storage: Storage) -> None:
    publish(storage, OUTPUTS, messages="old", individuals="old")
    publish(storage, OUTPUTS, messages="new")

    assert texts(storage, "") == {f"{OUTPUTS}/messages.csv": "new"}
    assert not storage.exists(f"{OUTPUTS}/individuals.csv")
    with pytest.raises(MissingArtifactError):
        storage.read(f"{OUTPUTS}/individuals.csv")


def test_an_empty_folder_can_be_published(storage: Storage) -> None:
    publish(storage, OUTPUTS, messages="old")
    publish(storage, OUTPUTS)

    assert storage.exists(OUTPUTS)
    assert storage.names(OUTPUTS) == []
    with storage.local_folder(OUTPUTS) as folder:
        assert list(folder.iterdir()) == []


def test_equal_content_can_be_published_again(storage: Storage) -> None:
    for _ in range(3):
        publish(storage, OUTPUTS, messages="same")
        with storage.publish_file("Raw Data/a.jsonl") as path:
            path.write_text("same")

    assert texts(storage, "") == {"Raw Data/a.jsonl": "same", f"{OUTPUTS}/messages.csv": "same"}


def test_of_two_who_publish_a_folder_at_once_the_first_stays_and_the_second_is_told(storage: Storage) -> None:
    publish(storage, OUTPUTS, messages="old")

    with pytest.raises(StorageConflictError, match="Outputs: somebody else"):
        publish_while(storage, OUTPUTS, lambda _: publish(storage, OUTPUTS, messages="fast"))

    assert texts(storage, "") == {f"{OUTPUTS}/messages.csv": "fast"}
    publish(storage, OUTPUTS, messages="retry")
    assert texts(storage, "") == {f"{OUTPUTS}/messages.csv": "retry"}


def test_of_two_who_publish_a_file_at_once_the_first_stays_and_the_second_is_told(storage: Storage) -> None:
    with pytest.raises(StorageConflictError):
        publish_file_while(storage, "Raw Data/a.jsonl", lambda _: publish_file(storage, "Raw Data/a.jsonl", "fast"))

    assert texts(storage, "") == {"Raw Data/a.jsonl": "fast"}


def test_two_who_publish_the_same_content_at_once_are_noticed_too(storage: Storage) -> None:
    publish_file(storage, "a", "interrupted")

    with pytest.raises(StorageConflictError):
        publish_file_while(storage, "a", lambda _: publish_file(storage, "a", "interrupted"))


def test_neighbours_are_published_at_once_without_conflict(storage: Storage) -> None:
    with storage.publish_folder("Outputs") as first, storage.publish_folder("Outputs-2") as second:
        (first / "a").write_text("1")
        (second / "a").write_text("2")

    assert texts(storage, "") == {"Outputs-2/a": "2", "Outputs/a": "1"}


def test_a_published_folder_can_only_be_replaced_whole(storage: Storage) -> None:
    publish(storage, OUTPUTS, messages="old")

    with pytest.raises(DataError, match="is published whole; publish all of that folder again"):
        storage.create(f"{OUTPUTS}/more.csv", b"")
    with pytest.raises(DataError), storage.publish_file(f"{OUTPUTS}/messages.csv"):
        pass
    with pytest.raises(DataError), storage.publish_folder(f"{OUTPUTS}/charts"):
        pass
    assert texts(storage, "") == {f"{OUTPUTS}/messages.csv": "old"}


def test_a_folder_does_not_take_a_files_place_nor_a_file_a_folders(storage: Storage) -> None:
    publish(storage, "folder", messages="old")
    storage.create("file", b"old")

    with pytest.raises(DataError, match="folder: is a folder"), storage.publish_file("folder"):
        pass
    with pytest.raises(DataError, match="file: is a file"), storage.publish_folder("file"):
        pass
    assert texts(storage, "") == {"file": "old", "folder/messages.csv": "old"}


def test_a_folder_of_single_files_is_replaced_whole_too(storage: Storage) -> None:
    storage.create("Coded Coda Files/gone.json", b"[]")
    storage.create("Coded Coda Files/deeper/gone.json", b"[]")
    publish(storage, "Coded Coda Files", s01e01="coded")

    assert texts(storage, "") == {"Coded Coda Files/s01e01.csv": "coded"}
    assert not storage.exists("Coded Coda Files/gone.json")


def test_many_publications_leave_nothing_to_list(storage: Storage) -> None:
    for turn in range(5):
        publish(storage, OUTPUTS, messages=f"{turn}")

    assert texts(storage, "") == {f"{OUTPUTS}/messages.csv": "4"}


def test_a_reader_keeps_the_folder_that_it_opened(storage: Storage) -> None:
    publish(storage, OUTPUTS, messages="old", individuals="old")

    with storage.local_folder(OUTPUTS) as folder, storage.local_file(f"{OUTPUTS}/messages.csv") as file:
        for turn in range(4):
            publish(storage, OUTPUTS, messages=f"{turn}")
        assert sorted(path.name for path in folder.iterdir()) == ["individuals.csv", "messages.csv"]
        assert (folder / "messages.csv").read_text() == "old"
        assert file.read_text() == "old"


def test_a_reader_keeps_the_file_that_it_opened(storage: Storage) -> None:
    with storage.publish_file("Raw Data/a.jsonl") as path:
        path.write_text("old")

    with storage.local_file("Raw Data/a.jsonl") as file:
        with storage.publish_file("Raw Data/a.jsonl") as path:
            path.write_text("new")
        assert file.name == "a.jsonl"
        assert file.read_text() == "old"
    assert storage.read("Raw Data/a.jsonl") == b"new"


def test_a_folder_of_single_published_files_is_read_without_versions(storage: Storage) -> None:
    publish(storage, "runs/1/Outputs", messages="old")
    for name in ("runs/1/Raw Data/a.jsonl", "runs/1/Raw Data/b.jsonl"):
        with storage.publish_file(name) as path:
            path.write_text(name)

    with storage.local_folder("runs/1") as folder:
        files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "Outputs/messages.csv": "old",
        "Raw Data/a.jsonl": "runs/1/Raw Data/a.jsonl",
        "Raw Data/b.jsonl": "runs/1/Raw Data/b.jsonl",
    }


def test_a_part_of_a_published_folder_can_be_read(storage: Storage) -> None:
    with storage.publish_folder(OUTPUTS) as folder:
        (folder / "charts" / "deep").mkdir(parents=True)
        (folder / "charts" / "deep" / "a.svg").write_text("<svg/>")

    with storage.local_folder(f"{OUTPUTS}/charts") as charts:
        assert (charts / "deep" / "a.svg").read_text() == "<svg/>"
    assert storage.exists(f"{OUTPUTS}/charts")
    assert not storage.exists(f"{OUTPUTS}/maps")


@pytest.mark.parametrize("name", ["nothing", "Outputs/nothing.csv", "Outputs"])
def test_reading_a_file_that_is_not_there_names_its_uri_and_what_to_do(storage: Storage, name: str) -> None:
    publish(storage, "Outputs", messages="old")

    with pytest.raises(MissingArtifactError, match="run the task that makes it") as raised, storage.local_file(name):
        pass
    assert raised.value.problems[0].place == storage.uri_of(name)
    with pytest.raises(MissingArtifactError, match="there is no such file"):
        storage.read(name)


@pytest.mark.parametrize("name", ["nothing", "Outputs/nothing", "Outputs/messages.csv", "Raw Data/a.jsonl"])
def test_reading_a_folder_that_is_not_there_names_its_uri(storage: Storage, name: str) -> None:
    publish(storage, "Outputs", messages="old")
    storage.create("Raw Data/a.jsonl", b"")

    with pytest.raises(MissingArtifactError, match="there is no such folder") as raised, storage.local_folder(name):
        pass
    assert raised.value.problems[0].place == storage.uri_of(name)


def test_local_copies_do_not_outlive_their_reader(storage: Storage, uri: str) -> None:
    publish(storage, "Outputs", messages="old")
    storage.create("a", b"")

    with storage.local_file("a") as file, storage.local_folder("Outputs") as folder:
        assert file.exists()
        seen: list[Path] = [file] if uri.startswith("file") else [file, folder]
    assert [path.exists() for path in seen] == [False] * len(seen)
