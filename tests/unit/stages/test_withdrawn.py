from pathlib import Path

import pytest

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.stages.withdrawn import read_withdrawn, remember_withdrawn
from pipeline_lib.storage import Storage, Versioned, storage_at

NAME = "state/withdrawn.jsonl"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return storage_at(tmp_path.as_uri())


def test_whoever_withdrew_is_kept_for_good(storage: Storage) -> None:
    assert read_withdrawn(storage) == set()
    remember_withdrawn(storage, ["p2", "p1"])
    remember_withdrawn(storage, ["p3"])
    before = storage.read_versioned(NAME)
    remember_withdrawn(storage, ["p1"])
    assert storage.read_versioned(NAME) == before
    assert read_withdrawn(storage) == {"p1", "p2", "p3"}


def test_of_two_runs_that_find_somebody_at_once_both_are_kept(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, others = storage.replace, iter(["p8", "p9"])

    def replace_after_another(name: str, content: bytes, *, expected: Versioned | None) -> None:
        other = next(others, None)
        if other is not None:
            known = storage.read_versioned(NAME)
            line = f'{{"participant": "{other}"}}\n'.encode()
            replace(NAME, (known.content if known else b"") + line, expected=known)
        replace(name, content, expected=expected)

    monkeypatch.setattr(type(storage), "replace", lambda _, *given, **more: replace_after_another(*given, **more))
    remember_withdrawn(storage, ["p1"])
    assert read_withdrawn(storage) == {"p1", "p8", "p9"}


def test_a_run_that_always_comes_too_late_gives_up(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StorageConflictError

    monkeypatch.setattr(type(storage), "replace", refuse)
    with pytest.raises(StorageConflictError, match=r"withdrawn\.jsonl"):
        remember_withdrawn(storage, ["p1"])


@pytest.mark.parametrize("content", [b"secret", b"{}", b"[1]", b'{"participant": 7}', b"[" * 9999])
def test_a_state_that_cannot_be_read_is_an_error_and_nobody_comes_back(content: bytes, storage: Storage) -> None:
    storage.create(NAME, content)
    with pytest.raises(DataError, match="is not a list of those who have withdrawn; restore it from a") as caught:
        read_withdrawn(storage)
    assert "secret" not in str(caught.value)
