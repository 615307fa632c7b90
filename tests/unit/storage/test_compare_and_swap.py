from uuid import uuid4

import pytest

from pipeline_lib.errors import StorageConflictError
from pipeline_lib.storage import Storage, Versioned, storage_at
from pipeline_lib.storage.compare_and_swap import update_document

NAME = "state/names"


@pytest.fixture
def storage() -> Storage:
    return storage_at(f"memory://{uuid4().hex}/demo")


def with_ours(stored: Versioned | None) -> bytes:
    return (stored.content if stored else b"") + b" ours"


def test_a_document_is_made_and_changed(storage: Storage) -> None:
    update_document(storage, NAME, with_ours)
    assert storage.read(NAME) == b" ours"
    update_document(storage, NAME, with_ours)
    assert storage.read(NAME) == b" ours ours"


def test_where_somebody_was_faster_theirs_is_changed(storage: Storage) -> None:
    theirs = [b"theirs", b"theirs again"]

    def slowly(stored: Versioned | None) -> bytes:
        if theirs:
            storage.replace(NAME, theirs.pop(0), expected=stored)
        return with_ours(stored)

    update_document(storage, NAME, slowly)
    assert storage.read(NAME) == b"theirs again ours"


def test_nothing_is_written_where_nothing_is_to_change(storage: Storage) -> None:
    update_document(storage, NAME, lambda _: None)
    assert storage.read_versioned(NAME) is None


def test_who_is_never_faster_gives_up_and_leaves_theirs(storage: Storage) -> None:
    seen = []

    def too_slowly(stored: Versioned | None) -> bytes:
        seen.append(stored.content if stored else None)
        storage.replace(NAME, b"theirs %d" % len(seen), expected=stored)
        return b"ours"

    with pytest.raises(StorageConflictError, match="demo/state/names: somebody else wrote it meanwhile"):
        update_document(storage, NAME, too_slowly, most_tries=3)
    assert seen == [None, b"theirs 1", b"theirs 2"]
    assert storage.read(NAME) == b"theirs 3"
