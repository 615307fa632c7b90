"""Changes a document that others change too: compare and swap, repeated on their version if they were faster."""

from collections.abc import Callable

from pipeline_lib.errors import StorageConflictError
from pipeline_lib.storage.base import Storage, Versioned, conflict


def update_document(
    storage: Storage, name: str, change: Callable[[Versioned | None], bytes | None], most_tries: int = 20
) -> None:
    """Apply a change to a document and write it; if somebody else was faster, apply it to their version.

    Args:
        storage: Where the document is.
        name: Its name there.
        change: Takes the document as it is, None where there is none, and returns what it shall be; None to leave it.
            It is called after each read of the document, so once for every try.
        most_tries: In each try at least one writer succeeds, so this many may write at once.

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
