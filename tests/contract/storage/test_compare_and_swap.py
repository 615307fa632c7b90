"""What names and small documents owe on every storage: names inside it only, and no update lost."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline_lib.errors import ConfigError, StorageConflictError
from pipeline_lib.storage import MissingArtifactError, Storage, Versioned, fingerprint, located, read_uri, storage_at

NAMES = [
    "a",
    "Coded Coda Files/s01e01 rqa.json",
    "state/raw/50% #1?/x+y&z.jsonl",
    "su'aal/محطة/ጣቢያ/📻.csv",
    "[a-z]*/{b}/c~1.csv",
    "a:b::c/ d / e.txt",
    ".hidden/.config",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_written_listed_and_found_by_its_uri(storage: Storage, name: str) -> None:
    storage.create(name, b"content")

    assert storage.names("") == [name]
    assert storage.read(name) == b"content"
    assert read_uri(storage.uri_of(name)) == b"content"
    again = located(storage.uri_of(name))
    assert again.storage.read(again.name) == b"content"
    folder, _, last = name.rpartition("/")
    if folder:
        assert storage_at(storage.uri_of(folder)).read(last) == b"content"


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_published_and_read_as_a_local_file(storage: Storage, name: str) -> None:
    with storage.publish_folder(name) as folder:
        (folder / "a b.txt").write_text("inside")

    with storage.local_file(f"{name}/a b.txt") as path:
        assert path.read_text() == "inside"
    assert storage.names(name) == [f"{name}/a b.txt"]
    assert read_uri(storage.uri_of(f"{name}/a b.txt")) == b"inside"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "..",
        "../other/state",
        "a/../../b",
        "a//b",
        "a/./b",
        "a/",
        "a\nb",
        "a\0b",
        ".versions/x",
        "a/.current.json",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(storage: Storage, name: str) -> None:
    with pytest.raises(ConfigError, match="is not a name inside a storage; use a relative path"):
        storage.create(name, b"")
    with pytest.raises(ConfigError):
        storage.read(name)
    with pytest.raises(ConfigError):
        storage.exists(name)
    with pytest.raises(ConfigError):
        storage.uri_of(name)
    with pytest.raises(ConfigError), storage.publish_folder(name):
        pass
    with pytest.raises(ConfigError), storage.local_file(name):
        pass


def test_names_are_sorted_recursive_and_of_that_folder_only(storage: Storage) -> None:
    for name in ("state/b", "state/a/2", "state/a/10", "state2/c", "runs/1/logs/x"):
        storage.create(name, b"")

    assert storage.names("state") == ["state/a/10", "state/a/2", "state/b"]
    assert storage.names("state/a") == ["state/a/10", "state/a/2"]
    assert storage.names("") == ["runs/1/logs/x", "state/a/10", "state/a/2", "state/b", "state2/c"]


@pytest.mark.parametrize("folder", ["nothing", "state/a", "state/a/deeper"])
def test_what_is_no_folder_has_no_names(storage: Storage, folder: str) -> None:
    storage.create("state/a", b"")
    assert storage.names(folder) == []


def test_a_file_and_the_folders_above_it_exist(storage: Storage) -> None:
    storage.create("state/raw/a", b"")
    assert [storage.exists(name) for name in ("state/raw/a", "state/raw", "state", "state/ra", "x")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_document_is_created_once(storage: Storage) -> None:
    storage.create("state/a", b"first")

    with pytest.raises(StorageConflictError, match="state/a: somebody else wrote it meanwhile"):
        storage.create("state/a", b"second")
    assert storage.read("state/a") == b"first"


def test_a_document_that_is_absent_has_no_version(storage: Storage) -> None:
    assert storage.read_versioned("state/a") is None
    storage.create("state/a/b", b"")
    assert storage.read_versioned("state/a") is None


def test_a_document_is_replaced_by_whoever_read_its_last_version(storage: Storage) -> None:
    storage.replace("watermark", b"1", expected=None)
    first = storage.read_versioned("watermark")
    storage.replace("watermark", b"2", expected=first)

    with pytest.raises(StorageConflictError):
        storage.replace("watermark", b"3", expected=first)
    with pytest.raises(StorageConflictError):
        storage.replace("watermark", b"3", expected=None)
    assert storage.read("watermark") == b"2"


def test_a_document_that_was_never_there_cannot_be_replaced(storage: Storage) -> None:
    with pytest.raises(StorageConflictError):
        storage.replace("watermark", b"2", expected=Versioned(b"1", "invented"))
    assert storage.names("") == []


def test_every_write_changes_the_version_even_of_equal_content(storage: Storage) -> None:
    versions = []
    for _ in range(200):
        before = storage.read_versioned("watermark")
        versions.append(before.version if before else "")
        storage.replace("watermark", b"same", expected=before)
    assert len(set(versions)) == 200


@pytest.fixture
def usual_switch_interval() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("usual_switch_interval")
def test_concurrent_threads_lose_no_update_when_they_retry(storage: Storage) -> None:
    # They take turns as often as they can, but only once all are there: one died while it was starting, under coverage.
    together = threading.Barrier(4, action=lambda: sys.setswitchinterval(1e-6))

    def count() -> None:
        together.wait(timeout=600)
        for _ in range(25):
            for _attempt in range(10_000):
                before = storage.read_versioned("state/count")
                try:
                    storage.replace(
                        "state/count", str(int(before.content) + 1 if before else 1).encode(), expected=before
                    )
                except StorageConflictError:
                    continue
                break

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(count) for _ in range(4)]:
            done.result(timeout=600)
    assert storage.read("state/count") == b"100"


def test_of_many_who_create_one_document_one_does(storage: Storage) -> None:
    together = threading.Barrier(8)

    def create(number: int) -> int:
        together.wait(timeout=600)
        try:
            storage.create("state/lock", str(number).encode())
        except StorageConflictError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(create, range(8), timeout=600)) == 1


def test_a_fingerprint_changes_with_the_content_and_only_with_it(storage: Storage) -> None:
    storage.create("a", b"1")
    first = fingerprint(storage.uri_of("a"))
    storage.replace("a", b"2", expected=storage.read_versioned("a"))
    second = fingerprint(storage.uri_of("a"))
    storage.replace("a", b"1", expected=storage.read_versioned("a"))

    assert first == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    assert second == "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"
    assert fingerprint(storage.uri_of("a")) == first


def test_a_folders_fingerprint_is_that_of_its_files_and_their_names(storage: Storage) -> None:
    def publish(**files: str) -> str:
        with storage.publish_folder("Coded Coda Files") as folder:
            for name, text in files.items():
                (folder / name).write_text(text)
        return fingerprint(storage.uri_of("Coded Coda Files"))

    first = publish(a="1", b="2")
    assert publish(a="1", b="2") == first
    assert len({first, publish(a="2", b="1"), publish(a="1"), publish(a="1", c="2"), publish()}) == 5


def test_what_is_behind_a_uri_must_be_there(storage: Storage) -> None:
    with pytest.raises(MissingArtifactError):
        read_uri(storage.uri_of("a"))
    with pytest.raises(MissingArtifactError):
        fingerprint(storage.uri_of("a"))
