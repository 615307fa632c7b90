"""The ids with which files and folders are created on Drive, remembered before they are used.

`files.create` makes a second file when it is called twice. With an id that was generated beforehand it refuses the
second call, so that a lost answer, a retry of the task or a killed process makes no duplicates.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline_lib.errors import DataError, Problem, StorageConflictError
from pipeline_lib.storage.base import Storage, Versioned, conflict

DOCUMENT = "state/drive/ids.json"
_ATTEMPTS = 20


class Spot(NamedTuple):
    """Where something is created."""

    folder_id: str
    name: str


@dataclass
class RememberedIds:
    """Ids by the place where they are used, in a project's state."""

    storage: Storage
    _known: dict[Spot, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = self._read()[0]

    def of(self, spot: Spot) -> str | None:
        """The id for a spot; None if none is remembered."""
        return self._known.get(spot)

    def remember(self, ids: Mapping[Spot, str], instead_of: str | None = None) -> None:
        """Keep ids; if another process has remembered others meanwhile, those count from now on.

        Args:
            ids: By spot.
            instead_of: An id that cannot be used any more.

        Raises:
            StorageConflictError: Others kept writing.
        """
        if not ids:
            return
        for _ in range(_ATTEMPTS):
            stored, expected = self._read()
            kept = {spot: item_id for spot, item_id in stored.items() if item_id != instead_of}
            merged = {**ids, **kept}
            try:
                self.storage.replace(DOCUMENT, _written(merged), expected=expected)
            except StorageConflictError:
                continue
            self._known = merged
            return
        raise conflict(self.storage.uri_of(DOCUMENT))

    def _read(self) -> tuple[dict[Spot, str], Versioned | None]:
        stored = self.storage.read_versioned(DOCUMENT)
        if stored is None:
            return {}, None
        try:
            return {Spot(folder_id, name): item_id for folder_id, name, item_id in json.loads(stored.content)}, stored
        except (TypeError, ValueError):
            place = self.storage.uri_of(DOCUMENT)
        wrong, right = "cannot be read as the ids of uploads", "put it back, or remove it while no upload runs"
        raise DataError(Problem(place, wrong, right))


def _written(ids: Mapping[Spot, str]) -> bytes:
    rows = sorted([spot.folder_id, spot.name, item_id] for spot, item_id in ids.items())
    return json.dumps(rows, ensure_ascii=False, indent=0).encode()
