"""The participants of a project who have withdrawn: kept in its state, so that no deletion undoes a withdrawal.

    state/withdrawn.jsonl     {"participant": "avf-phone-uuid-…"}, a line each, sorted

A label goes with its dataset when a season's questions leave the config, and a message may go when its source has a new
version; whoever a run has once found withdrawn stays withdrawn.
"""

import json
from collections.abc import Iterable
from contextlib import suppress

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.sources.forget_queues import participants_to_forget
from pipeline_lib.storage import Storage, Versioned
from pipeline_lib.storage.compare_and_swap import update_document

WITHDRAWN = "state/withdrawn.jsonl"
"""The list's name."""


def read_withdrawn(storage: Storage) -> set[str]:
    """Everybody whom a run has found withdrawn, and everybody who is to be forgotten.

    Raises:
        DataError: The state cannot be read.
    """
    stored = storage.read_versioned(WITHDRAWN)
    return _participants(stored.content if stored else b"", storage) | participants_to_forget(storage)


def remember_withdrawn(storage: Storage, participants: Iterable[str]) -> None:
    """Adds participants to those who have withdrawn.

    Raises:
        DataError: The state cannot be read.
        StorageConflictError: Other processes kept writing the list meanwhile.
    """
    found = set(participants)

    def with_found(stored: Versioned | None) -> bytes | None:
        known = _participants(stored.content if stored else b"", storage)
        lines = (json.dumps({"participant": participant}) + "\n" for participant in sorted(known | found))
        return None if found <= known else "".join(lines).encode()

    update_document(storage, WITHDRAWN, with_found)


def _participants(content: bytes, storage: Storage) -> set[str]:
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        participants = {json.loads(line)["participant"] for line in content.splitlines()}
        if all(isinstance(participant, str) for participant in participants):
            return participants
    wrong = "is not a list of those who have withdrawn"
    raise DataError(Problem(storage.uri_of(WITHDRAWN), wrong, "restore it from a backup"))
