"""Labels kept in a folder of Coda V2 JSON files, `<dataset>.json`: for projects without Firestore, and for the demo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline_lib.coda.base import CodaMessage
from pipeline_lib.coda.format import with_appended
from pipeline_lib.coda.messages import as_they_stood, check_rules, parsed
from pipeline_lib.errors import Problem, StorageConflictError
from pipeline_lib.storage import Storage

_ATTEMPT_COUNT = 20  # in each round at least one writer succeeds: enough for twenty at once


@dataclass(frozen=True)
class DirectoryLabelStore:
    """A label store on any storage; a file is replaced whole, and only if nobody else did so meanwhile."""

    storage: Storage

    def dataset_names(self) -> list[str]:
        """The names of the folder's own JSON files, without `.json`, sorted."""
        names = self.storage.names("")
        return sorted(name.removesuffix(".json") for name in names if name.endswith(".json") and "/" not in name)

    def messages(self, dataset: str, as_of: datetime | None) -> list[CodaMessage]:
        """The file's messages in its order, as they stood at `as_of`."""
        stored = self.storage.read_versioned(_file_name(dataset))
        if stored is None:
            return []
        messages = parsed(stored.content, self.storage.uri_of(_file_name(dataset)))
        return messages if as_of is None else as_they_stood(messages, as_of)

    def add_messages(self, dataset: str, messages: Sequence[CodaMessage]) -> int:
        """How many messages were new and now stand at the file's end; what stood before them keeps its bytes."""
        file_name = _file_name(dataset)
        place = self.storage.uri_of(file_name)
        candidates = _candidates(messages, dataset)
        for _ in range(_ATTEMPT_COUNT):
            stored = self.storage.read_versioned(file_name)
            present = parsed(stored.content, place) if stored else []
            new = list(_numbered_new(present, candidates))
            if stored and not new:
                return 0
            content = with_appended(stored.content if stored else b"[]", new)
            try:
                self.storage.replace(file_name, content, expected=stored)
            except StorageConflictError:
                continue
            return len(new)
        wrong = f"others wrote to it during each of {_ATTEMPT_COUNT} attempts"
        raise StorageConflictError(Problem(place, wrong, "try again when they are done"))


def _file_name(dataset: str) -> str:
    return f"{dataset}.json"


def _candidates(messages: Sequence[CodaMessage], dataset: str) -> dict[str, CodaMessage]:
    """The messages that may be added by id, the first of each: Coda refuses empty texts."""
    with_text = [message for message in messages if message.get("Text") != ""]
    check_rules(with_text, f'messages to add to dataset "{dataset}"')
    by_id: dict[str, CodaMessage] = {}
    for message in with_text:
        by_id.setdefault(message["MessageID"], message)
    return by_id


def _numbered_new(present: Sequence[CodaMessage], candidates: dict[str, CodaMessage]) -> Iterator[CodaMessage]:
    numbers = (message.get("SequenceNumber") for message in present)
    number = max((number for number in numbers if number is not None), default=-1)
    present_ids = {message["MessageID"] for message in present}
    for message_id, message in candidates.items():
        if message_id not in present_ids:
            number += 1
            yield {**message, "SequenceNumber": number}
