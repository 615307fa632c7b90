"""What every store of labels owes: the messages of a dataset as coders see them in Coda V2."""

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
    """A message as it is in a store: whatever somebody left there, perhaps no message at all."""

    place: str
    """Where it is, for a person who is to look at it: the dataset or its file, and the message's id or number."""
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
    """A message in which something was no text or no number, and has become U+FFFD or null."""


class Since(NamedTuple):
    """Since when a message has been in a store, where that is later than what it says itself."""

    message: datetime | None = None
    """It was not there before; None: nothing is known of that."""
    labels: Mapping[int, datetime] = MappingProxyType({})
    """The same of its labels, by index; of those that are not here nothing is known."""


@dataclass(frozen=True)
class DatasetSetup:
    """What a dataset is made with."""

    users: tuple[str, ...] = ()
    """E-mail addresses of the coders."""
    schemes: tuple[CodaScheme, ...] = ()
    """Code schemes, duplicates for a message's further codes included: their ids are the first one's and a suffix."""


class Findings(NamedTuple):
    """How a dataset agrees with the project."""

    problems: Sequence[Problem] = ()
    """What a person must put right before messages can be added."""
    remarks: Sequence[Problem] = ()
    """What a person should know and nothing waits for."""


class Addition(Protocol):
    """What adding messages to a dataset would do; nothing is changed before `commit`."""

    @property
    def messages(self) -> Sequence[CodaMessage]:
        """The messages that the dataset lacks, in the order in which they would be numbered."""

    @property
    def is_of_new_dataset(self) -> bool:
        """Whether the dataset would be made."""

    def findings(self) -> Findings:
        """How the dataset, or the setup of a new one, agrees with the project's code schemes."""

    def remarks_on_messages(self) -> Sequence[Problem]:
        """What a person should know of the messages that are there; looks through all of them."""

    def commit(self) -> int:
        """How many messages were new, after those were added with their labels as given.

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
        never touched. Empty texts, which Coda refuses, are left out. A dataset that does not exist yet is made as
        `setup` says; one that exists is held against it.

        Raises:
            DataError: A message breaks Coda's rules.
        """

    def costs(self) -> dict[str, int]:
        """What the store has been asked for so far and is billed for, by measure; empty where nothing is billed."""
