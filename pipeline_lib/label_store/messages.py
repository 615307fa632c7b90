"""Coda's messages as they come out of a store: checked against Coda's rules, and as they stood at a past time.

A problem names the message by its place in the file and, where that is a hash, by its id; it never quotes a text.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.label_store.base import CodaMessage, Since
from pipeline_lib.label_store.validation import broken_rules
from pipeline_lib.model.coda_file import shown_message_id

_SHOWN_PROBLEM_COUNT = 50
_UNKNOWN = Since()


def broken_messages(messages: Sequence[object], place: str) -> list[Problem]:
    """Every rule that messages break, and every id that an earlier message has already."""
    broken = (problem for index, message in enumerate(messages) for problem in _broken_rules(message, index, place))
    return [*broken, *_repeated_ids(messages, place)]


def lacking(messages: Sequence[Any], known: Container[str], dataset: str) -> list[CodaMessage]:
    """The messages that a dataset lacks, the first of each id; without empty texts, which Coda refuses.

    Args:
        messages: The messages that should be in the dataset.
        known: The ids of those that are there.
        dataset: Its name.

    Raises:
        DataError: A missing message breaks Coda's rules.
    """
    place = f'messages to add to dataset "{dataset}"'
    new = [
        (index, message)
        for index, message in enumerate(messages)
        if not isinstance(message, dict) or (_id_of(message) not in known and message.get("Text") != "")
    ]
    raise_any([problem for index, message in new for problem in _broken_rules(message, index, place)], place)
    by_id: dict[str, CodaMessage] = {}
    for _, message in new:
        by_id.setdefault(message["MessageID"], message)
    return list(by_id.values())


def ids_of(messages: Iterable[object]) -> set[str]:
    """The ids of those messages that have one."""
    return {message_id for message in messages if (message_id := _id_of(message)) is not None}


def _id_of(message: object) -> str | None:
    message_id = message.get("MessageID") if isinstance(message, dict) else None
    return message_id if isinstance(message_id, str) else None


def as_it_stood(message: CodaMessage, as_of: datetime, since: Since = _UNKNOWN) -> CodaMessage | None:
    """The message with the labels that the store held before `as_of`; None if it did not hold the message before.

    Its `LastUpdated` is left out: it is the time of the newest change now, and that of the newest change then is
    unknown.

    Args:
        message: The message as it is now.
        as_of: Aware.
        since: What is known of when it and its labels came to the store.
    """
    if not (_is_before(message["CreationDateTimeUTC"], as_of) and _had_come(since.message, as_of)):
        return None
    labels = [
        label
        for index, label in enumerate(message["Labels"])
        if _is_before(label["DateTimeUTC"], as_of) and _had_come(since.labels.get(index), as_of)
    ]
    before = {**message, "Labels": labels}
    before.pop("LastUpdated", None)
    return before


def _had_come(came: datetime | None, as_of: datetime) -> bool:
    return came is None or came < as_of


def _is_before(value: str, as_of: datetime) -> bool:
    return datetime.fromisoformat(value) < as_of


def raise_any(problems: Sequence[Problem], place: str) -> None:
    """Raises the problems, if there are any.

    Raises:
        DataError: The problems; if there are very many, the first ones and how many more there are.
    """
    if problems:
        raise DataError(*first_of(problems, place))


def first_of(problems: Sequence[Problem], place: str) -> list[Problem]:
    """The problems; if there are very many, the first ones and how many more there are."""
    shown = list(problems[:_SHOWN_PROBLEM_COUNT])
    if len(problems) > len(shown):
        shown.append(Problem(place, f"{len(problems) - len(shown)} more problems like these"))
    return shown


def _broken_rules(message: object, index: int, place: str) -> Iterator[Problem]:
    for path, wrong, right in broken_rules(message):
        yield Problem(f"{place}: [{index}]{path}{shown_message_id(message)}", wrong, right)


def _repeated_ids(messages: Sequence[object], place: str) -> Iterator[Problem]:
    first_indexes: dict[str, int] = {}
    for index, message in enumerate(messages):
        if (message_id := _id_of(message)) is not None:
            first = first_indexes.setdefault(message_id, index)
            if first != index:
                where = f"{place}: [{index}].MessageID{shown_message_id(message)}"
                yield Problem(where, f"is also that of [{first}]", "expected each message once")
