"""How many records each name's Raw Data had when they were last published.

    state/raw/record_counts.json     {"record_counts": {"<name of Raw Data>": 12345, …}}

The raw store of a server's data only grows, but the Raw Data can still shrink: a flow's name, a page's posts or a
workspace may have changed. For files that somebody leaves for us, the raw store itself knows the counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import ConfigDict

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.shrink_limit import ShrinkLimit
from pipeline_lib.sources.raw_store import RAW_STORE
from pipeline_lib.sources.segments import StateDocument
from pipeline_lib.storage import Storage
from pipeline_lib.storage.base import conflict

_NAME = f"{RAW_STORE}/record_counts.json"

_ATTEMPT_COUNT = 20
"""A failed attempt means that another source wrote its counts meanwhile."""


class RecordCount(NamedTuple):
    """The record count of one name's Raw Data."""

    place: str
    """How errors name it."""
    name: str
    """The name of the Raw Data."""
    record_count: int
    """Records that are there, including those set aside."""


class _Document(Frozen):
    model_config = ConfigDict(alias_generator=None)

    format: Literal[1] = 1
    record_counts: Mapping[str, int] = {}


@dataclass(frozen=True)
class RecordCounts:
    """The counts of a project's sources."""

    storage: Storage
    """The project's data."""
    limit: ShrinkLimit

    def check(self, found: Iterable[RecordCount], noun: str) -> None:
        """Refuse Raw Data that have far fewer records than the last time.

        Args:
            found: What is about to be published.
            noun: What a record is called.

        Raises:
            DataError: Names all such Raw Data.
        """
        before = self._document().value.record_counts
        problems = [
            self.limit.problem(
                each.place, noun, before=before.get(each.name, 0), now=each.record_count, accepted_as=each.name
            )
            for each in found
        ]
        told = [problem for problem in problems if problem is not None]
        if told:
            raise DataError(*told)

    def keep(self, found: Iterable[RecordCount]) -> None:
        """Keep the published counts, with which the next fetch is compared.

        Raises:
            StorageConflictError: Others kept writing.
        """
        counts = {each.name: each.record_count for each in found}
        for _ in range(_ATTEMPT_COUNT):
            document = self._document()
            known = document.value.record_counts
            if counts.items() <= known.items():
                return
            try:
                document.replace(_Document(record_counts={**known, **counts}))
            except StorageConflictError:
                continue
            return
        raise conflict(self.storage.uri_of(_NAME))

    def _document(self) -> StateDocument[_Document]:
        return StateDocument(self.storage, _NAME, _Document())
