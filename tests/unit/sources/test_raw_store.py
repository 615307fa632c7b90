import json
from pathlib import Path

import pytest

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.sources.base import BadLine, Converted
from pipeline_lib.sources.raw_store import RawLog
from pipeline_lib.storage import Storage, storage_at

FOLDER = "state/raw/RecoveryCSV/golis"
FIRST, SECOND = Converted(b'{"n":1}\n', 1), Converted(b'{"n":1}\n{"n":2}\n', 2, (BadLine(4, "is bad"),))
FIRST_SHA256 = "cedf74272c9fc8db5448283a93277e7e7eb7534b71df3bd8ab35fd9b1b73404c"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return storage_at(tmp_path.as_uri())


@pytest.fixture
def log(storage: Storage) -> RawLog:
    return RawLog(storage, "RecoveryCSV", "golis")


def test_a_log_begins_empty(log: RawLog) -> None:
    assert log.current() == ()


def test_a_segment_is_kept_with_what_it_was_made_of(log: RawLog) -> None:
    added = log.supersede(SECOND, fingerprint="f2", settings="s")
    assert log.current() == (added,)
    assert log.read(added) == b'{"n":1}\n{"n":2}\n'
    assert (added.record_count, added.fingerprint, added.settings) == (2, "f2", "s")
    assert added.quarantined == (BadLine(4, "is bad"),)
    assert added.added_at.tzinfo is not None


def test_a_new_version_takes_the_place_of_the_old_one_which_stays_for_the_history(
    log: RawLog, storage: Storage
) -> None:
    first = log.supersede(FIRST, fingerprint="f1", settings="s")
    second = log.supersede(SECOND, fingerprint="f2", settings="s")
    assert log.current() == (second,)
    assert log.read(first) == FIRST.content
    assert len(storage.names(f"{FOLDER}/segments")) == 2
    manifest = json.loads(storage.read(f"{FOLDER}/manifest.json"))
    assert [segment["fingerprint"] for segment in manifest["segments"]] == ["f1", "f2"]


def test_a_version_that_comes_back_is_not_stored_twice(log: RawLog, storage: Storage) -> None:
    log.supersede(FIRST, fingerprint="f1", settings="s")
    log.supersede(SECOND, fingerprint="f2", settings="s")
    again = log.supersede(FIRST, fingerprint="f3", settings="s")
    assert log.current() == (again,)
    assert log.current()[0].fingerprint == "f3"
    assert len(storage.names(f"{FOLDER}/segments")) == 2


def test_a_fetch_that_was_cut_off_before_the_manifest_leaves_what_was_and_can_be_repeated(
    log: RawLog, storage: Storage
) -> None:
    storage.create(f"{FOLDER}/segments/{FIRST_SHA256}.jsonl", FIRST.content)
    assert log.current() == ()
    log.supersede(FIRST, fingerprint="f1", settings="s")
    assert [segment.sha256 for segment in log.current()] == [FIRST_SHA256]


class Meanwhile:
    """A storage in which somebody else writes a document just before its first replacement."""

    def __init__(self, storage: Storage, other: RawLog) -> None:
        self._storage, self._other = storage, other

    def __getattr__(self, name: str) -> object:
        if name == "replace":
            self._other.supersede(SECOND, fingerprint="theirs", settings="s")
        return getattr(self._storage, name)


def test_of_two_writers_one_is_refused_and_the_others_state_stays(log: RawLog, storage: Storage) -> None:
    slow = RawLog(Meanwhile(storage, log), "RecoveryCSV", "golis")  # type: ignore[arg-type]
    with pytest.raises(StorageConflictError):
        slow.supersede(FIRST, fingerprint="mine", settings="s")
    assert [segment.fingerprint for segment in log.current()] == ["theirs"]


def test_a_segment_that_was_tampered_with_is_noticed(log: RawLog, tmp_path: Path) -> None:
    segment = log.supersede(FIRST, fingerprint="f1", settings="s")
    (tmp_path / f"{FOLDER}/segments/{FIRST_SHA256}.jsonl").write_bytes(b'{"n":7}\n')
    with pytest.raises(DataError, match=r"\.jsonl: was changed after it was added to the raw store"):
        log.read(segment)


@pytest.mark.parametrize("content", [b"{", b"{}\xff", b'{"format": 2}', b'{"current": "secret"}'])
def test_a_manifest_that_is_none_is_named(log: RawLog, storage: Storage, content: bytes) -> None:
    storage.create(f"{FOLDER}/manifest.json", content)
    with pytest.raises(DataError, match=r"manifest\.json: is not a manifest of the raw store") as raised:
        log.current()
    assert "secret" not in str(raised.value)
