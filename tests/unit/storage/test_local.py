"""What people find on the disk."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.storage import MissingArtifactError
from pipeline_lib.storage.local import LocalStorage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "demo"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    return LocalStorage(root)


def publish(storage: LocalStorage, text: str, name: str = "run/Outputs") -> None:
    with storage.publish_folder(name) as folder:
        (folder / "messages.csv").write_text(text)


def test_a_uri_is_percent_encoded(storage: LocalStorage, root: Path) -> None:
    assert storage.uri == f"file://{root}"
    assert storage.uri_of("Coded Coda Files/50%.json") == f"file://{root}/Coded%20Coda%20Files/50%25.json"


def test_people_open_published_files_under_their_plain_names(storage: LocalStorage, root: Path) -> None:
    publish(storage, "uid")
    with storage.publish_file("run/Raw Data/a.jsonl") as path:
        path.write_text("{}")

    assert (root / "run" / "Outputs" / "messages.csv").read_text() == "uid"
    assert (root / "run" / "Raw Data" / "a.jsonl").read_text() == "{}"
    assert not (root / "run" / "Raw Data" / "a.jsonl").is_symlink()


def test_others_than_the_owner_may_read_what_is_published(storage: LocalStorage, root: Path) -> None:
    umask = os.umask(0o022)
    try:
        publish(storage, "uid")
    finally:
        os.umask(umask)
    assert (root / "run" / "Outputs").stat().st_mode & 0o777 == 0o755


def test_a_run_folder_can_be_copied_or_moved_as_it_is(storage: LocalStorage, root: Path, tmp_path: Path) -> None:
    publish(storage, "uid")
    shutil.move(root / "run", tmp_path / "elsewhere")

    assert (tmp_path / "elsewhere" / "Outputs" / "messages.csv").read_text() == "uid"


def test_the_current_version_and_the_one_before_it_are_kept(storage: LocalStorage, root: Path) -> None:
    for turn in range(5):
        publish(storage, str(turn))

    versions = (root / "run" / ".versions").iterdir()
    assert sorted((path / "messages.csv").read_text() for path in versions) == ["3", "4"]


def test_clearing_up_after_other_names_keeps_the_current_version_and_the_one_before_it(
    storage: LocalStorage, root: Path
) -> None:
    for turn in range(3):
        publish(storage, str(turn))
    publish(storage, "another", "run/Analysis")
    storage.create("run/manifest.json", b"{}")
    versions = (root / "run" / ".versions").glob("Outputs-*/messages.csv")
    assert sorted(path.read_text() for path in versions) == ["1", "2"]


def test_a_folder_that_a_person_has_renamed_is_kept(storage: LocalStorage, root: Path) -> None:
    publish(storage, "mine")
    (root / "run/Outputs").rename(root / "run/Outputs of mine")
    for turn in range(3):
        publish(storage, str(turn))
    assert storage.read("run/Outputs of mine/messages.csv") == b"mine"


def test_what_a_person_took_away_does_not_stay_as_a_version(storage: LocalStorage, root: Path) -> None:
    publish(storage, "forget me")
    (root / "run/Outputs").unlink()
    publish(storage, "another", "run/Analysis")
    assert list((root / "run" / ".versions").glob("Outputs-*")) == []


def test_a_version_that_is_being_read_is_kept_until_it_no_longer_is(storage: LocalStorage, root: Path) -> None:
    publish(storage, "0")
    with storage.local_folder("run/Outputs"):
        publish(storage, "1")
        publish(storage, "2")
        publish(storage, "3")
        assert sorted(path.joinpath("messages.csv").read_text() for path in (root / "run/.versions").iterdir()) == [
            "0",
            "2",
            "3",
        ]
    publish(storage, "4")
    assert sorted(path.joinpath("messages.csv").read_text() for path in (root / "run/.versions").iterdir()) == [
        "3",
        "4",
    ]


def test_clearing_up_leaves_the_versions_of_similar_names_alone(storage: LocalStorage) -> None:
    for name in ("Outputs", "Outputs-2", "Out"):
        publish(storage, name, name)
    for _ in range(3):
        publish(storage, "Outputs", "Outputs")

    assert [storage.read(f"{name}/messages.csv") for name in ("Outputs-2", "Out")] == [b"Outputs-2", b"Out"]


def test_a_real_folder_is_replaced_and_kept_as_the_version_before(storage: LocalStorage, root: Path) -> None:
    by_hand = root / "run" / "Outputs"
    by_hand.mkdir(parents=True)
    (by_hand / "by hand.csv").write_text("mine")
    assert storage.names("run") == ["run/Outputs/by hand.csv"]

    publish(storage, "new")
    assert storage.names("run") == ["run/Outputs/messages.csv"]
    assert [path.read_text() for path in (root / "run" / ".versions").glob("*/by hand.csv")] == ["mine"]
    publish(storage, "newer")
    assert [*(root / "run" / ".versions").glob("*/by hand.csv")] == []


def test_a_document_that_was_edited_by_hand_has_a_new_version(storage: LocalStorage, root: Path) -> None:
    storage.create("watermark", b"1")
    before = storage.read_versioned("watermark")
    (root / "watermark").write_bytes(b"22")
    after = storage.read_versioned("watermark")

    assert before is not None
    assert after is not None
    assert before.version != after.version


def test_a_version_changes_even_when_the_clock_stands_still_or_goes_back(storage: LocalStorage, root: Path) -> None:
    in_the_year_2100 = 4_102_444_800_000_000_000
    storage.create("watermark", b"same")
    os.utime(root / "watermark", ns=(in_the_year_2100, in_the_year_2100))
    storage.replace("watermark", b"same", expected=storage.read_versioned("watermark"))

    assert (root / "watermark").stat().st_mtime_ns == in_the_year_2100 + 1


def test_writing_documents_leaves_no_temporaries(storage: LocalStorage, root: Path) -> None:
    storage.create("state/watermark", b"1")
    storage.replace("state/watermark", b"2", expected=storage.read_versioned("state/watermark"))
    with storage.local_file("state/watermark"):
        pass

    assert list((root / "state" / ".versions").iterdir()) == []


def test_a_persons_own_file_and_folder_are_read_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.csv").write_text("")
    storage = LocalStorage(tmp_path)

    with storage.local_file("mine/a.csv") as file, storage.local_folder("mine") as folder:
        assert file == tmp_path / "mine" / "a.csv"
        assert folder == tmp_path / "mine"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["a.csv"]


def test_a_persons_own_empty_folder_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with LocalStorage(tmp_path).local_folder("mine") as folder:
        assert list(folder.iterdir()) == []


def test_a_reader_who_may_not_write_beside_the_file_reads_a_copy(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with storage.publish_file("Raw Data/a.jsonl") as path:
        path.write_text("old")

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(str(path), str(target))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with storage.local_file("Raw Data/a.jsonl") as file:
        assert (file.name, file.read_text()) == ("a.jsonl", "old")
        assert root not in file.parents
    assert not file.exists()


def test_a_version_whose_files_were_taken_away_is_missing(storage: LocalStorage, root: Path) -> None:
    publish(storage, "uid")
    shutil.rmtree(root / "run" / ".versions")

    assert storage.names("") == []
    with pytest.raises(MissingArtifactError), storage.local_folder("run/Outputs"):
        pass
    publish(storage, "again")
    assert storage.read("run/Outputs/messages.csv") == b"again"


def test_a_folder_that_links_elsewhere_is_listed_like_any_other(
    storage: LocalStorage, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "big disk").mkdir()
    root.mkdir()
    (root / "state").symlink_to(tmp_path / "big disk")
    storage.create("state/raw/a", b"1")

    assert storage.names("") == ["state/raw/a"]
    assert (tmp_path / "big disk" / "raw" / "a").read_bytes() == b"1"


def test_a_link_to_the_folder_that_it_lies_in_is_no_version(storage: LocalStorage, root: Path) -> None:
    root.mkdir()
    (root / "here").symlink_to(".")
    with storage.publish_folder("here/Outputs") as folder:
        (folder / "messages.csv").write_text("first")
    assert storage.read("here/Outputs/messages.csv") == b"first"


@pytest.mark.parametrize(
    ("wrong", "make"),
    [
        ("is a named pipe, not a file", os.mkfifo),
        ("is a device, not a file", lambda path: path.symlink_to("/dev/zero")),
        ("is a link that leads to itself", lambda path: path.symlink_to(path.name)),
    ],
)
def test_what_is_no_file_is_neither_waited_for_nor_read(
    tmp_path: Path, wrong: str, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "it")
    storage = LocalStorage(tmp_path)
    for read in (storage.read, storage.fingerprint, lambda name: storage.local_file(name).__enter__()):
        with pytest.raises(DataError, match=wrong):
            read("it")


@pytest.mark.parametrize("write", ["publish_file", "publish_folder", "replace", "remove"])
def test_a_device_or_a_pipe_is_never_replaced(tmp_path: Path, write: str) -> None:
    """As root, `--outputs /dev/null` would take every other program's /dev/null away."""
    os.mkfifo(tmp_path / "pipe")
    storage = LocalStorage(tmp_path)
    attempts = {
        "publish_file": lambda: storage.publish_file("pipe").__enter__(),
        "publish_folder": lambda: storage.publish_folder("pipe").__enter__(),
        "replace": lambda: storage.replace("pipe", b"", expected=None),
        "remove": lambda: storage.remove("pipe"),
    }
    with pytest.raises(DataError, match="which must not be replaced; name a file or a folder"):
        attempts[write]()
    assert (tmp_path / "pipe").is_fifo()
    assert list(tmp_path.iterdir()) == [tmp_path / "pipe"]


@pytest.mark.parametrize("was_removed_before", [False, True])
def test_a_folder_is_removed_on_a_disk_without_room_for_another_folder(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch, *, was_removed_before: bool
) -> None:
    for run in ("1", "2", "3"):
        publish(storage, "uid", f"runs/{run}/Outputs")
    if was_removed_before:
        storage.remove("runs/1")
    make = os.mkdir

    def mkdir_on_a_full_disk(path: Path, mode: int = 0o777) -> None:
        if not path.exists():
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        make(path, mode)

    monkeypatch.setattr("os.mkdir", mkdir_on_a_full_disk)
    storage.remove("runs/1")
    storage.remove("runs/2")
    assert storage.names("runs") == ["runs/3/Outputs/messages.csv"]
    left = [path.name for path in (root / "runs").iterdir() if path.name != ".versions" or any(path.iterdir())]
    assert left == ["3"]
