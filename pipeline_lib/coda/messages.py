"""Coda's messages as they come out of a store: parsed, held against Coda's rules, and as they stood at a time.

A problem names the message by its place in the file and, where that is a hash, by its id; it never quotes a text.
"""

import json
from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from typing import Any, NoReturn

from pipeline_lib.coda.base import CodaMessage, Since
from pipeline_lib.coda.rules import broken_rules, shown_id
from pipeline_lib.errors import DataError, Problem

_SHOWN_PROBLEM_COUNT = 50
_UNKNOWN = Since()
_WHOLE = "expected a list of Coda's messages, whole"


def parsed(content: bytes, place: str) -> list[CodaMessage]:
    """The messages of a file, in its order.

    Raises:
        DataError: The file is not a JSON list, or messages break Coda's rules: all of the file's at once.
    """
    messages = loaded(content, place)
    broken = [problem for index, message in enumerate(messages) for problem in _broken_rules(message, index, place)]
    raise_any([*broken, *_repeated_ids(messages, place)], place)
    return messages


def loaded(content: bytes, place: str) -> list[Any]:
    """What a file lists, whether those are messages or not.

    Raises:
        DataError: The file is not a JSON list.
    """
    messages = _loaded(content, place)
    if not isinstance(messages, list):
        raise DataError(Problem(place, "is not a list", _WHOLE))
    return messages


def lacking(messages: Sequence[CodaMessage], known: Container[str], dataset: str) -> list[CodaMessage]:
    """The messages that a dataset lacks, the first of each id; without empty texts, which Coda refuses.

    Args:
        messages: The messages that are to be in the dataset.
        known: The ids of those that are.
        dataset: Its name.

    Raises:
        DataError: A message that is lacking breaks Coda's rules.
    """
    place = f'messages to add to dataset "{dataset}"'
    new = [
        (index, message)
        for index, message in enumerate(messages)
        if not (isinstance(message_id := message.get("MessageID"), str) and message_id in known)
        and message.get("Text") != ""
    ]
    raise_any([problem for index, message in new for problem in _broken_rules(message, index, place)], place)
    by_id: dict[str, CodaMessage] = {}
    for _, message in new:
        by_id.setdefault(message["MessageID"], message)
    return list(by_id.values())


def _loaded(content: bytes, place: str) -> object:
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    # The problem is raised outside, so that it does not carry the decoder's exception, which holds the whole file.
    except UnicodeDecodeError as error:
        problem = Problem(place, f"is not UTF-8 at byte {error.start}", "save it as UTF-8")
    except json.JSONDecodeError as error:
        problem = Problem(f"{place}, line {error.lineno}, column {error.colno}", f"is not JSON: {error.msg}", _WHOLE)
    except ValueError:  # NaN and friends, or a number of thousands of digits
        problem = Problem(place, "holds a number that JSON does not have", _WHOLE)
    except RecursionError:
        problem = Problem(place, "is nested too deeply", _WHOLE)
    raise DataError(problem)


def as_it_stood(message: CodaMessage, as_of: datetime, since: Since = _UNKNOWN) -> CodaMessage | None:
    """The message with the labels that the store held before `as_of`; None if it did not hold the message before.

    Its `LastUpdated` is left out: it tells of the newest change, and which one was the newest then is not known.

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
        DataError: The problems, or the first of very many and how many more there are.
    """
    if problems:
        raise DataError(*first_of(problems, place))


def first_of(problems: Sequence[Problem], place: str) -> list[Problem]:
    """The problems, or the first of very many and how many more there are."""
    shown = list(problems[:_SHOWN_PROBLEM_COUNT])
    if len(problems) > len(shown):
        shown.append(Problem(place, f"{len(problems) - len(shown)} more problems like these"))
    return shown


def _broken_rules(message: object, index: int, place: str) -> Iterator[Problem]:
    for path, wrong, right in broken_rules(message):
        yield Problem(f"{place}: [{index}]{path}{shown_id(message)}", wrong, right)


def _repeated_ids(messages: Sequence[object], place: str) -> Iterator[Problem]:
    first_indexes: dict[str, int] = {}
    for index, message in enumerate(messages):
        if isinstance(message, dict) and isinstance(message_id := message.get("MessageID"), str):
            first = first_indexes.setdefault(message_id, index)
            if first != index:
                where = f"{place}: [{index}].MessageID{shown_id(message)}"
                yield Problem(where, f"is also that of [{first}]", "expected each message once")


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError
