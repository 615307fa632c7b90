"""Which objects an object store holds."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.storage.base import MissingArtifactError
from pipeline_lib.storage.memory import MemoryObjects
from pipeline_lib.storage.object_store import ObjectStorage


@dataclass(frozen=True)
class BusyObjects(MemoryObjects):
    """Objects that others change before each of the next downloads."""

    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def download(self, path: str, to: Path) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()
        super().download(path, to)


@pytest.fixture
def storage() -> ObjectStorage:
    prefix = uuid4().hex
    return ObjectStorage(uri=f"memory://{prefix}", prefix=f"/{prefix}", objects=MemoryObjects())


def publish(storage: ObjectStorage, text: str) -> None:
    with storage.publish_folder("Outputs") as folder:
        (folder / "messages.csv").write_text(text)


def objects_of(storage: ObjectStorage) -> list[str]:
    return sorted(path.removeprefix(f"{storage.prefix}/") for path in storage.objects.found(storage.prefix))


def contents(storage: ObjectStorage) -> list[bytes]:
    read = (storage.objects.read(f"{storage.prefix}/{name}") for name in objects_of(storage) if "json" not in name)
    return sorted(found.content for found in read if found)


def test_a_uri_is_verbatim(storage: ObjectStorage) -> None:
    assert storage.uri_of("Coded Coda Files/50%.json") == f"{storage.uri}/Coded Coda Files/50%.json"


def test_a_published_file_is_one_object_under_its_own_name(storage: ObjectStorage) -> None:
    with storage.publish_file("Raw Data/a.jsonl") as path:
        path.write_text("{}")
    assert objects_of(storage) == ["Raw Data/a.jsonl"]


def test_a_published_folder_is_a_pointer_and_a_version(storage: ObjectStorage) -> None:
    publish(storage, "uid")

    pointer, file = objects_of(storage)
    assert pointer == "Outputs/.current.json"
    assert file.startswith("Outputs/.versions/")
    assert file.endswith("/messages.csv")


def test_the_current_version_and_the_one_before_it_are_kept(storage: ObjectStorage) -> None:
    for turn in range(5):
        publish(storage, str(turn))
    assert contents(storage) == [b"3", b"4"]


def test_what_a_killed_upload_left_is_not_listed_and_cleared_by_the_next(storage: ObjectStorage) -> None:
    publish(storage, "old")
    storage.objects.put(f"{storage.prefix}/Outputs/.versions/{uuid4().hex}/messages.csv", b"half", None)

    assert storage.names("") == ["Outputs/messages.csv"]
    publish(storage, "new")
    assert contents(storage) == [b"new", b"old"]


def test_a_reader_whose_version_was_replaced_twice_meanwhile_reads_the_newest(storage: ObjectStorage) -> None:
    def twice() -> None:
        publish(storage, "newer")
        publish(storage, "newest")

    for turn in range(2):
        publish(storage, f"old {turn}")
    with replace(storage, objects=BusyObjects(meanwhile=[twice])).local_folder("Outputs") as folder:
        assert (folder / "messages.csv").read_text() == "newest"
    with replace(storage, objects=BusyObjects(meanwhile=[twice, lambda: None])).local_file(
        "Outputs/messages.csv"
    ) as file:
        assert file.read_text() == "newest"


def test_a_reader_gives_up_when_replacements_do_not_end(storage: ObjectStorage) -> None:
    def twice() -> None:
        publish(storage, "newer")
        publish(storage, "newest")

    publish(storage, "old")
    busy = replace(storage, objects=BusyObjects(meanwhile=[twice] * 100))
    with pytest.raises(StorageConflictError), busy.local_folder("Outputs"):
        pass
    with pytest.raises(StorageConflictError), busy.local_file("Outputs/messages.csv"):
        pass


def test_a_file_that_was_deleted_from_a_published_folder_is_not_there(storage: ObjectStorage) -> None:
    publish(storage, "uid")
    (deleted,) = (name for name in objects_of(storage) if name.endswith("messages.csv"))
    storage.objects.remove(f"{storage.prefix}/{deleted}")
    with pytest.raises(MissingArtifactError, match=r"Outputs/messages\.csv: there is no such file; run the task"):
        storage.read("Outputs/messages.csv")
    with (
        pytest.raises(MissingArtifactError, match="Outputs: somebody has deleted some of its files; run the task"),
        storage.local_folder("Outputs"),
    ):
        pass


LONG_AGO = timedelta(days=8)


def written(storage: ObjectStorage, name: str, ago: timedelta) -> None:
    """An object that was uploaded some time ago."""
    path = f"{storage.prefix}/{name}"
    assert storage.objects.put(path, b"half", None)
    MemoryObjects().files.store[path].modified = datetime.now(UTC) - ago


def age(storage: ObjectStorage, ago: timedelta) -> None:
    """Makes everything older."""
    for path in storage.objects.found(storage.prefix):
        MemoryObjects().files.store[path].modified -= ago


def publish_beside(storage: ObjectStorage) -> None:
    with storage.publish_folder("run/Analysis") as folder:
        (folder / "index.html").write_text("")


def test_what_a_killed_upload_left_of_a_name_that_never_comes_again_goes_with_the_next_folder_beside_it(
    storage: ObjectStorage,
) -> None:
    written(storage, "run/Once/.versions/a/messages.csv", LONG_AGO)
    written(storage, "run/Once/.versions/b/messages.csv", timedelta(days=6))  # its writer may be alive
    publish_beside(storage)
    names = [name for name in objects_of(storage) if name.startswith("run/Once")]
    assert names == ["run/Once/.versions/b/messages.csv"]


def test_of_a_folder_beside_it_only_what_never_became_current_goes(storage: ObjectStorage) -> None:
    for text in ("before", "current"):
        with storage.publish_folder("run/Outputs") as folder:
            (folder / "messages.csv").write_text(text)
        age(storage, timedelta(days=1))
    age(storage, LONG_AGO)
    written(storage, "run/Outputs/.versions/a/messages.csv", LONG_AGO)
    publish_beside(storage)
    assert contents(storage) == [b"", b"before", b"current"]


@pytest.mark.parametrize(
    "read",
    [
        lambda storage: storage.read("Outputs/messages.csv"),
        lambda storage: storage.names("Outputs"),
        lambda storage: publish(storage, "new"),
    ],
)
def test_a_pointer_that_is_none_is_named(storage: ObjectStorage, read: Callable[[ObjectStorage], object]) -> None:
    storage.objects.put(f"{storage.prefix}/Outputs/.current.json", b'{"version": 5, "secret": "0612345"}', None)
    with pytest.raises(DataError, match=r"Outputs/\.current\.json: does not say which version") as raised:
        read(storage)
    assert "0612345" not in str(raised.value)
