import gzip
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.label_store.base import DatasetSetup
from pipeline_lib.label_store.folder_store import DirectoryLabelStore
from pipeline_lib.label_store.push import Proposed, push
from pipeline_lib.model.coda_file import read_coda_file
from pipeline_lib.storage import Storage, Versioned, storage_at

MESSAGE = {"MessageID": "a", "Text": "biyo", "CreationDateTimeUTC": "2021-11-01T10:00:00Z", "Labels": []}


class Interrupted:
    """A storage where something happens just before a write, the first few times."""

    def __init__(self, storage: Storage, happens: Callable[[int], None], times: int) -> None:
        self._storage, self._happens, self._times = storage, happens, times
        self.write_count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def replace(self, name: str, content: bytes, *, expected: Versioned | None) -> None:
        self.write_count += 1
        if self.write_count <= self._times:
            self._happens(self.write_count)
        self._storage.replace(name, content, expected=expected)


def add(store: DirectoryLabelStore, message: dict[str, Any]) -> int:
    return push(store, {"demo": Proposed([message])}.items())["demo"]


def stored(store: DirectoryLabelStore) -> list[dict[str, Any]]:
    return [message for _, message in store.messages("demo") or ()]


def interrupted(storage: Storage, times: int) -> Interrupted:
    """A storage where another writer adds a message before each of the first writes."""
    other = DirectoryLabelStore(storage)

    def add_another(number: int) -> None:
        add(other, {**MESSAGE, "MessageID": f"other {number}"})

    return Interrupted(storage, add_another, times)


@pytest.fixture
def memory() -> Storage:
    return storage_at(f"memory://{uuid.uuid4()}")


def test_the_bytes_of_existing_messages_stay_as_somebody_wrote_them(tmp_path: Path) -> None:
    written = (
        '[{"Text":"b\\u0069yo 😀", "MessageID":"x","Labels":[ ],'
        '"CreationDateTimeUTC":"2021-11-01T10:00:00Z", "Confidence":1e0}]\n'
    )
    (tmp_path / "demo.json").write_text(written, encoding="utf-8")
    add(DirectoryLabelStore(storage_at(tmp_path.as_uri())), MESSAGE)
    content = (tmp_path / "demo.json").read_text(encoding="utf-8")
    assert content.startswith(written.removesuffix("]\n"))
    assert [message["MessageID"] for message in json.loads(content)] == ["x", "a"]


def test_a_new_dataset_is_a_file_as_the_predecessors_wrote_it(tmp_path: Path) -> None:
    add(DirectoryLabelStore(storage_at(tmp_path.as_uri())), MESSAGE)
    assert (tmp_path / "demo.json").read_text() == (
        "[\n"
        "  {\n"
        '    "CreationDateTimeUTC": "2021-11-01T10:00:00Z", \n'
        '    "Labels": [], \n'
        '    "MessageID": "a", \n'
        '    "SequenceNumber": 0, \n'
        '    "Text": "biyo"\n'
        "  }\n"
        "]"
    )


def test_numbers_that_messages_share_are_told(memory: Storage) -> None:
    store = DirectoryLabelStore(memory)
    assert store.addition("demo", [MESSAGE], DatasetSetup()).remarks_on_messages() == []
    twins = [{**MESSAGE, "MessageID": name, "SequenceNumber": 0} for name in ("a", "b")]
    memory.create("demo.json", json.dumps(twins).encode())
    (remark,) = store.addition("demo", [MESSAGE], DatasetSetup()).remarks_on_messages()
    assert str(remark).startswith('dataset "demo": 2 messages share 1 sequence numbers, such as 0; coders see them')


def test_a_file_with_nothing_new_is_not_written(memory: Storage) -> None:
    storage = Interrupted(memory, lambda _: None, 0)
    store = DirectoryLabelStore(storage)
    add(store, MESSAGE)
    add(store, MESSAGE)
    assert storage.write_count == 1


def test_a_writer_in_between_is_seen_and_both_are_kept(memory: Storage) -> None:
    storage = interrupted(memory, times=2)
    assert add(DirectoryLabelStore(storage), MESSAGE) == 1
    messages = stored(DirectoryLabelStore(storage))
    assert [(each["MessageID"], each["SequenceNumber"]) for each in messages] == [
        ("other 1", 0),
        ("other 2", 1),
        ("a", 2),
    ]


def test_writers_without_end_are_worth_a_retry_later(memory: Storage) -> None:
    storage = interrupted(memory, times=1000)
    with pytest.raises(StorageConflictError) as caught:
        add(DirectoryLabelStore(storage), MESSAGE)
    assert str(caught.value) == (
        f"{memory.uri}/demo.json: others wrote to it during each of 20 attempts; try again when they are done"
    )


ODD: list[Any] = [
    None,
    ["secret"],
    {"Text": "secret"},
    {**MESSAGE, "MessageID": ["secret"], "SequenceNumber": "7"},
    {**MESSAGE, "MessageID": "b", "SequenceNumber": 6, "Labels": None},
    {**MESSAGE, "MessageID": "c", "Text": "secret \ud83d", "SequenceNumber": 2**70},
    {**MESSAGE, "MessageID": "c"},
]


@pytest.mark.parametrize("packed", [bytes, gzip.compress, lambda content: b"\xef\xbb\xbf" + content])
def test_what_is_odd_in_a_file_keeps_nothing_from_being_added_to_it(
    memory: Storage, packed: Callable[[bytes], bytes]
) -> None:
    store = DirectoryLabelStore(memory)
    memory.create("demo.json", packed(json.dumps(ODD).encode()))
    assert [add(store, {**MESSAGE, "MessageID": message_id}) for message_id in "abca"] == [1, 0, 0, 0]
    messages = json.loads(memory.read("demo.json").decode("utf-8-sig"))
    assert messages == [*ODD, {**MESSAGE, "SequenceNumber": 7}]


def test_what_is_odd_in_a_file_is_told_before_a_push(memory: Storage) -> None:
    memory.create("demo.json", json.dumps(ODD).encode())
    told = map(str, DirectoryLabelStore(memory).addition("demo", [], DatasetSetup()).remarks_on_messages())
    assert [line.partition(";")[0] for line in told] == [
        "demo.json: [0]: is not an object",
        "demo.json: [1]: is not an object",
        "demo.json: [2].MessageID: is missing",
        "demo.json: [2].CreationDateTimeUTC: is missing",
        "demo.json: [2].Labels: is missing",
        "demo.json: [3].MessageID: is not valid",
        "demo.json: [3].SequenceNumber: is not valid",
        "demo.json: [4].Labels: is missing",
        "demo.json: [5].SequenceNumber: is not valid",
        "demo.json: [6].MessageID: is also that of [5]",
    ]


def test_messages_are_added_to_an_empty_file(memory: Storage) -> None:
    memory.create("demo.json", b"\n")
    store = DirectoryLabelStore(memory)
    assert add(store, MESSAGE) == 1
    assert stored(store) == [{**MESSAGE, "SequenceNumber": 0}]


def test_half_a_character_is_pushed_as_a_whole_one_once(memory: Storage) -> None:
    store = DirectoryLabelStore(memory)
    content = json.dumps([{**MESSAGE, "Text": "biyo \ud83d"}]).encode()
    for added_count in (1, 0):
        messages = read_coda_file(content, "demo.json").messages
        assert push(store, {"demo": Proposed(messages)}.items()) == {"demo": added_count}
    assert [each["Text"] for each in stored(store)] == ["biyo \ufffd"]


def test_a_broken_file_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('[{"Text": "secret')
    store = DirectoryLabelStore(storage_at(tmp_path.as_uri()))
    for act in (lambda: store.messages("demo"), lambda: add(store, MESSAGE)):
        with pytest.raises(DataError, match=r"demo\.json, line 1, column 11: is not JSON"):
            act()
    assert (tmp_path / "demo.json").read_text() == '[{"Text": "secret'
