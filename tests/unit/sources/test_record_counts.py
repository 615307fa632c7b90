import json
from pathlib import Path

import pytest

from pipeline_lib.errors import DataError, RetriableSourceError, StorageConflictError
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.sources.record_counts import RecordCount, RecordCounts
from pipeline_lib.storage import Storage, storage_at

NAME = "state/raw/record_counts.json"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return storage_at(tmp_path.as_uri())


def counted(**counts: int) -> list[RecordCount]:
    return [RecordCount(f'flow "{name}"', name, count) for name, count in counts.items()]


def kept(storage: Storage) -> dict[str, int]:
    found: dict[str, int] = json.loads(storage.read(NAME))["record_counts"]
    return found


def test_one_flow_that_vanishes_is_not_hidden_by_all_others(storage: Storage) -> None:
    counts = RecordCounts(storage, DEFAULT_LIMIT)
    counts.keep(counted(a=10, b=100, c=100, d=3))
    with pytest.raises(DataError) as raised:
        counts.check(counted(a=0, b=200, c=200, d=1), "run")
    assert [problem.place for problem in raised.value.problems] == ['flow "a"', 'flow "d"']


def test_what_is_refused_does_not_lower_what_the_next_fetch_is_held_against(storage: Storage) -> None:
    counts = RecordCounts(storage, DEFAULT_LIMIT)
    counts.keep(counted(a=10))
    for _ in range(2):
        with pytest.raises(DataError, match="had 10 runs when it was last read, and has 1 now"):
            counts.check(counted(a=1), "run")
    assert kept(storage) == {"a": 10}


def test_what_is_accepted_is_what_the_next_fetch_is_held_against(storage: Storage) -> None:
    RecordCounts(storage, DEFAULT_LIMIT).keep(counted(a=10))
    accepting = RecordCounts(storage, ShrinkLimit(accepted=frozenset({"a"})))
    accepting.check(counted(a=2), "run")
    accepting.keep(counted(a=2))
    RecordCounts(storage, DEFAULT_LIMIT).check(counted(a=1), "run")


def test_a_source_that_has_left_the_config_stays_known(storage: Storage) -> None:
    counts = RecordCounts(storage, DEFAULT_LIMIT)
    counts.keep(counted(a=10, b=5))
    counts.check(counted(b=6), "run")
    counts.keep(counted(b=6))
    assert kept(storage) == {"a": 10, "b": 6}


def test_counts_that_are_as_they_were_are_not_written(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = RecordCounts(storage, DEFAULT_LIMIT)
    counts.keep(counted(a=10))
    monkeypatch.setattr(type(storage), "replace", lambda *_, **__: pytest.fail("written"))
    counts.keep(counted(a=10))


def test_two_sources_that_are_fetched_at_once_both_keep_their_counts(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = RecordCounts(storage, DEFAULT_LIMIT), RecordCounts(storage, DEFAULT_LIMIT)
    replace = type(storage).replace

    def after_theirs(self: Storage, name: str, *arguments: object, **more: object) -> None:
        monkeypatch.setattr(type(storage), "replace", replace)
        theirs.keep(counted(b=5))
        replace(self, name, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(storage), "replace", after_theirs)
    ours.keep(counted(a=10))
    assert kept(storage) == {"a": 10, "b": 5}


def test_whoever_is_always_too_late_says_so(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(*_: object, **__: object) -> None:
        raise StorageConflictError

    monkeypatch.setattr(type(storage), "replace", too_late)
    with pytest.raises(RetriableSourceError, match=r"record_counts\.json: somebody else wrote it meanwhile"):
        RecordCounts(storage, DEFAULT_LIMIT).keep(counted(a=10))
