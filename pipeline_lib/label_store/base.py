"""The contract of every label store: the messages of a dataset as coders see them in Coda V2."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

from pipeline_lib.errors import Problem

CodaMessage: TypeAlias = dict[str, Any]
"""Coda's own object (`MessageID`, `Text`, `CreationDateTimeUTC`, `Labels` newest first, …), unknown keys included."""

CodaScheme: TypeAlias = Mapping[str, Any]
"""Coda's own object (`SchemeID`, `Name`, `Version`, `Codes`, …), unknown keys included."""


class StoredMessage(NamedTuple):
    """A message as it is in a store: whatever somebody left there, perhaps not even a message."""

    place: str
    """Where it is, for a person who has to look at it: the dataset or its file, and the message's id or number."""
    message: Any


class DatedMessage(StoredMessage):
    """A message of a store that has a clock of its own."""

    made_at: datetime
    """When the store made it; of a copy, when it was copied."""

    def __new__(cls, place: str, message: Any, made_at: datetime) -> Self:
        """A message with its place and its time."""
        self = super().__new__(cls, place, message)
        self.made_at = made_at
        return self


class MendedMessage(StoredMessage):
    """A message in which an invalid text has become U+FFFD, or an invalid number null."""


class Since(NamedTuple):
    """Since when a message has been in a store, where that is later than the message's own times."""

    message: datetime | None = None
    """The message arrived then at the earliest; None if unknown."""
    labels: Mapping[int, datetime] = MappingProxyType({})
    """The same for its labels, by index; for those that are missing here it is unknown."""


@dataclass(frozen=True)
class DatasetSetup:
    """What a dataset is made with."""

    users: tuple[str, ...] = ()
    """E-mail addresses of the coders."""
    schemes: tuple[CodaScheme, ...] = ()
    """Code schemes, including duplicates for a message's further codes: their ids are the first one's and a suffix."""


class Findings(NamedTuple):
    """Where a dataset differs from the project."""

    problems: Sequence[Problem] = ()
    """What somebody must correct before messages can be added."""
    remarks: Sequence[Problem] = ()
    """What somebody should know, though it blocks nothing."""


class Addition(Protocol):
    """What adding messages to a dataset would do; nothing is changed before `commit`."""

    @property
    def messages(self) -> Sequence[CodaMessage]:
        """The messages that the dataset lacks, in the order in which they would be numbered."""

    @property
    def is_of_new_dataset(self) -> bool:
        """Whether the dataset would be created."""

    def findings(self) -> Findings:
        """Where the dataset, or the setup of a new one, differs from the project's code schemes."""

    def remarks_on_messages(self) -> Sequence[Problem]:
        """What somebody should know about the messages that are there; reads all of them."""

    def commit(self) -> int:
        """Adds the new messages with their labels as given, and returns how many they were.

        Raises:
            StorageConflictError: Others kept writing to the dataset meanwhile; what was added stays.
        """


class LabelStore(Protocol):
    """Datasets of messages and their labels. Coders write to them at the same time as the pipeline does."""

    def messages(self, dataset: str) -> Iterator[StoredMessage] | None:
        """The dataset's messages as they are now, in its own order; None where it does not exist yet.

        Each may break any of Coda's rules. A label that was there when this was called is among them.

        Raises:
            DataError: The dataset cannot be read as one.
        """

    def addition(self, dataset: str, messages: Sequence[CodaMessage], setup: DatasetSetup) -> Addition:
        """What adding messages would do.

        Only ids that the dataset lacks are added, each once, with the next `SequenceNumber`; an existing message is
        never touched. Empty texts, which Coda refuses, are left out. A dataset that does not exist yet is created as
        `setup` says; one that exists is compared with it.

        Raises:
            DataError: A message breaks Coda's rules.
        """

    def costs(self) -> dict[str, int]:
        """The billed requests so far, by measure; empty if the store bills nothing."""
