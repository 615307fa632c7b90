"""Changing a document that others change too: compare and swap, again with theirs whenever they were faster."""

from collections.abc import Callable

from pipeline_lib.errors import StorageConflictError
from pipeline_lib.storage.base import Storage, Versioned, conflict


def update_document(
    storage: Storage, name: str, change: Callable[[Versioned | None], bytes | None], most_tries: int = 20
) -> None:
    """Write what a change makes of a document; if somebody else was faster, what it makes of theirs.

    Args:
        storage: Where the document is.
        name: Its name there.
        change: From the document as it is, None where there is none, to what it shall be; None to leave it. It is
            called after the document was read, and anew for every try.
        most_tries: In each at least one writer succeeds, so that this is how many may write at once.

    Raises:
        StorageConflictError: Others wrote it during each try.
    """
    for _ in range(most_tries):
        stored = storage.read_versioned(name)
        content = change(stored)
        if content is None:
            return
        try:
            storage.replace(name, content, expected=stored)
        except StorageConflictError:
            continue
        return
    raise conflict(storage.uri_of(name))
