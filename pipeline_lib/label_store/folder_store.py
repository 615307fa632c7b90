"""Labels kept in a folder of Coda V2 JSON files, `<dataset>.json`: for projects without Firestore, and for the demo."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_lib.errors import Problem, StorageConflictError
from pipeline_lib.label_store.base import CodaMessage, DatasetSetup, Findings, MendedMessage, StoredMessage
from pipeline_lib.label_store.json_format import with_appended
from pipeline_lib.label_store.messages import broken_messages, first_of, ids_of, lacking
from pipeline_lib.label_store.sequence_numbers import repeated_numbers
from pipeline_lib.label_store.validation import is_whole_number
from pipeline_lib.model.coda_file import read_coda_file, shown_message_id, unpacked
from pipeline_lib.storage import Storage, Versioned

logger = logging.getLogger(__name__)

_ATTEMPT_COUNT = 20  # in each round at least one writer succeeds: enough for twenty at once


@dataclass(frozen=True)
class DirectoryLabelStore:
    """A label store on any storage; a file is replaced as a whole, and only if nobody else has written it meanwhile."""

    storage: Storage

    def messages(self, dataset: str) -> Iterator[StoredMessage] | None:
        """The file's messages in its order."""
        stored = self.storage.read_versioned(_file_name(dataset))
        if stored is None:
            return None
        place = self.storage.uri_of(_file_name(dataset))
        found = read_coda_file(stored.content, place)
        if not stored.content.strip():
            logger.warning("%s", Problem(place, "is empty", "it is read as a dataset without messages"))
        return (
            (MendedMessage if index in found.mended else StoredMessage)(
                f"{_file_name(dataset)}: [{index}]{shown_message_id(message)}", message
            )
            for index, message in enumerate(found.messages)
        )

    def addition(self, dataset: str, messages: Sequence[CodaMessage], _setup: DatasetSetup) -> "DirectoryAddition":
        """What would be appended to the file. It knows neither users nor code schemes."""
        return DirectoryAddition(self.storage, dataset, messages)

    def costs(self) -> dict[str, int]:
        """Nothing is billed."""
        return {}


class DirectoryAddition:
    """Messages to append to a file; the bytes before them stay as they are."""

    def __init__(self, storage: Storage, dataset: str, wanted: Sequence[CodaMessage]) -> None:
        self._storage, self._dataset = storage, dataset
        self._wanted: Sequence[CodaMessage] = wanted
        self._file_name = _file_name(dataset)
        self._place = storage.uri_of(self._file_name)
        self._stored, self.messages = self._compared()

    @property
    def is_of_new_dataset(self) -> bool:
        """Whether there is no such file yet."""
        return self._stored is None

    def findings(self) -> Findings:
        """None: a folder has no code schemes."""
        return Findings()

    def remarks_on_messages(self) -> list[Problem]:
        """What somebody should know about the messages that are there."""
        present = self._present(self._stored)
        numbers = repeated_numbers(f'dataset "{self._dataset}"', _numbers(present))
        return [*numbers, *first_of(broken_messages(present, self._file_name), self._file_name)]

    def commit(self) -> int:
        """Appends the messages; returns how many were new."""
        for _ in range(_ATTEMPT_COUNT):
            if self._stored and not self.messages:
                return 0
            before = unpacked(self._stored.content, self._place) if self._stored else b""
            content = with_appended(before if before.strip() else b"[]", self.messages)
            try:
                self._storage.replace(self._file_name, content, expected=self._stored)
            except StorageConflictError:
                self._stored, self.messages = self._compared()
                continue
            return len(self.messages)
        wrong = f"others wrote to it during each of {_ATTEMPT_COUNT} attempts"
        raise StorageConflictError(Problem(self._place, wrong, "try again when they are done"))

    def _compared(self) -> tuple[Versioned | None, list[CodaMessage]]:
        stored = self._storage.read_versioned(self._file_name)
        present = self._present(stored)
        self._wanted = lacking(self._wanted, ids_of(present), self._dataset)
        following = max(_numbers(present), default=-1) + 1
        return stored, [{**message, "SequenceNumber": number} for number, message in enumerate(self._wanted, following)]

    def _present(self, stored: Versioned | None) -> list[Any]:
        """What is there, whether it is a message or not."""
        return read_coda_file(stored.content, self._place).messages if stored else []


def _numbers(messages: Sequence[Any]) -> list[int]:
    """The sequence numbers of those messages that have one."""
    numbers = (message.get("SequenceNumber") for message in messages if isinstance(message, dict))
    return [number for number in numbers if is_whole_number(number)]


def _file_name(dataset: str) -> str:
    return f"{dataset}.json"
