"""What every store of labels owes: the messages of a dataset as coders see them in Coda V2."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

CodaMessage: TypeAlias = dict[str, Any]
"""Coda's own object (`MessageID`, `Text`, `CreationDateTimeUTC`, `Labels` newest first, …), unknown keys included."""


class LabelStore(Protocol):
    """Datasets of messages and their labels. Coders write to them at the same time as the pipeline does."""

    def dataset_names(self) -> list[str]:
        """The datasets that exist, sorted."""
        ...

    def messages(self, dataset: str, as_of: datetime | None) -> list[CodaMessage]:
        """The dataset's messages in its own order, as they stood at `as_of` (aware; None: now).

        Messages created and labels made at `as_of` or later are left out. A dataset that does not exist yet has none.

        Raises:
            DataError: Messages that break Coda's rules, all of the dataset's at once.
        """
        ...

    def add_messages(self, dataset: str, messages: Sequence[CodaMessage]) -> int:
        """How many messages were new, after those were added with their labels as given.

        Only ids that the dataset lacks are added, each once, with the next `SequenceNumber`; an existing message is
        never touched. Empty texts, which Coda refuses, are left out. A dataset that does not exist yet is created.

        Raises:
            DataError: A message breaks Coda's rules; nothing is added then.
            StorageConflictError: Others kept writing to the dataset meanwhile.
        """
        ...
