"""Labels kept in a folder of Coda V2 JSON files, `<dataset>.json`: for projects without Firestore, and for the demo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline_lib.coda.base import CodaMessage, DatasetSetup, Findings, StoredMessage
from pipeline_lib.coda.format import with_appended
from pipeline_lib.coda.messages import lacking, loaded, parsed
from pipeline_lib.coda.rules import shown_id
from pipeline_lib.coda.sequence_numbers import repeated_numbers
from pipeline_lib.errors import Problem, StorageConflictError
from pipeline_lib.storage import Storage, Versioned

_ATTEMPT_COUNT = 20  # in each round at least one writer succeeds: enough for twenty at once


@dataclass(frozen=True)
class DirectoryLabelStore:
    """A label store on any storage; a file is replaced whole, and only if nobody else did so meanwhile."""

    storage: Storage

    def messages(self, dataset: str) -> Iterator[StoredMessage] | None:
        """The file's messages in its order."""
        stored = self.storage.read_versioned(_file_name(dataset))
        if stored is None:
            return None
        listed = loaded(stored.content, self.storage.uri_of(_file_name(dataset)))
        return (
            StoredMessage(f"{_file_name(dataset)}: [{index}]{shown_id(message)}", message)
            for index, message in enumerate(listed)
        )

    def addition(self, dataset: str, messages: Sequence[CodaMessage], _setup: DatasetSetup) -> "DirectoryAddition":
        """What would be appended to the file. It knows neither users nor code schemes."""
        return DirectoryAddition(self.storage, dataset, messages)

    def costs(self) -> dict[str, int]:
        """Nothing is billed."""
        return {}


class DirectoryAddition:
    """Messages to append to a file; what stands before them keeps its bytes."""

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
        """What a person should know of the messages that are there."""
        present = parsed(self._stored.content, self._place) if self._stored else []
        return repeated_numbers(f'dataset "{self._dataset}"', (message.get("SequenceNumber") for message in present))

    def carry_out(self) -> int:
        """How many messages were new and now stand at the file's end."""
        for _ in range(_ATTEMPT_COUNT):
            if self._stored and not self.messages:
                return 0
            content = with_appended(self._stored.content if self._stored else b"[]", self.messages)
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
        present = parsed(stored.content, self._place) if stored else []
        self._wanted = lacking(self._wanted, {message["MessageID"] for message in present}, self._dataset)
        numbers = (message.get("SequenceNumber") for message in present)
        following = max((number for number in numbers if number is not None), default=-1) + 1
        return stored, [{**message, "SequenceNumber": number} for number, message in enumerate(self._wanted, following)]


def _file_name(dataset: str) -> str:
    return f"{dataset}.json"
