"""Coda's messages as they come out of a file: parsed, held against Coda's rules, and as they stood at a time.

The rules are those of `sources.md`, sections B.2 and B.4. A problem names the message by its place in the file and,
where that is a hash, by its id; it never quotes a text.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from pipeline_lib.coda.base import CodaMessage
from pipeline_lib.errors import DataError, Problem

_SHOWN_PROBLEM_COUNT = 50
_HASH = re.compile(r"[0-9a-f]{64}")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Rule(NamedTuple):
    key: str
    holds: Callable[[Any], bool]
    right: str
    required: bool = True


def _is_text(value: object) -> bool:
    # An unpaired surrogate is no text: it has no UTF-8, hence no hash that a message's id could be.
    return isinstance(value, str) and value != "" and not _SURROGATE.search(value)


def _is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_whole_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_proportion(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _is_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


_WHOLE = "expected a list of Coda's messages, whole"
_TEXT = "expected a non-empty string"
_INSTANT = "expected an ISO time with a zone, such as 2025-05-01T09:01:10Z"
_MESSAGE_RULES = (
    _Rule("MessageID", _is_text, _TEXT),
    _Rule("Text", _is_text, _TEXT),
    _Rule("CreationDateTimeUTC", _is_instant, _INSTANT),
    _Rule("Labels", lambda value: isinstance(value, list), "expected a list"),
    _Rule("SequenceNumber", _is_whole_number, "expected a whole number", required=False),
    _Rule("LastUpdated", _is_instant, _INSTANT, required=False),
)
_LABEL_RULES = (
    _Rule("SchemeID", _is_text, _TEXT),
    _Rule("CodeID", _is_text, _TEXT),
    _Rule("DateTimeUTC", _is_instant, _INSTANT),
    _Rule("Checked", lambda value: isinstance(value, bool), "expected true or false", required=False),
    _Rule("Confidence", _is_proportion, "expected a number from 0 to 1", required=False),
    _Rule("LabelSet", _is_whole_number, "expected a whole number", required=False),
    _Rule("Origin", lambda value: isinstance(value, dict), "expected an object", required=False),
)
_ORIGIN_RULES = (
    _Rule("OriginID", _is_text, _TEXT),
    _Rule("Name", _is_text, _TEXT),
    _Rule("OriginType", _is_text, _TEXT),
    _Rule("Metadata", _is_texts, "expected an object of strings", required=False),
)


def parsed(content: bytes, place: str) -> list[CodaMessage]:
    """The messages of a file, in its order.

    Raises:
        DataError: The file is not a JSON list, or messages break Coda's rules: all of the file's at once.
    """
    messages = _loaded(content, place)
    if not isinstance(messages, list):
        raise DataError(Problem(place, "is not a list", _WHOLE))
    _raise_any([*_broken_rules(messages, place), *_repeated_ids(messages, place)], place)
    return messages


def check_rules(messages: Sequence[CodaMessage], place: str) -> None:
    """Holds messages against Coda's rules; an id may come several times.

    Raises:
        DataError: All that is wrong with them, or the first of very many and how many more there are.
    """
    _raise_any([*_broken_rules(messages, place)], place)


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


def as_they_stood(messages: Sequence[CodaMessage], as_of: datetime) -> list[CodaMessage]:
    """The messages created before `as_of`, with the labels made before it.

    A `LastUpdated` of `as_of` or later is left out too: it tells of a change that had not happened.
    """
    stood = []
    for message in messages:
        if _is_before(message["CreationDateTimeUTC"], as_of):
            labels = [label for label in message["Labels"] if _is_before(label["DateTimeUTC"], as_of)]
            before = {**message, "Labels": labels}
            if message.get("LastUpdated") is not None and not _is_before(message["LastUpdated"], as_of):
                del before["LastUpdated"]
            stood.append(before)
    return stood


def _is_before(value: str, as_of: datetime) -> bool:
    return datetime.fromisoformat(value) < as_of


def _raise_any(problems: list[Problem], place: str) -> None:
    shown = problems[:_SHOWN_PROBLEM_COUNT]
    if len(problems) > len(shown):
        shown.append(Problem(place, f"{len(problems) - len(shown)} more problems like these"))
    if shown:
        raise DataError(*shown)


def _broken_rules(messages: Sequence[object], place: str) -> Iterator[Problem]:
    for index, message in enumerate(messages):
        for path, wrong, right in _message_problems(message):
            yield Problem(f"{place}: [{index}]{path}{_shown_id(message)}", wrong, right)


def _message_problems(message: object) -> Iterator[tuple[str, str, str]]:
    yield from _object_problems(message, "", _MESSAGE_RULES)
    labels = message.get("Labels") if isinstance(message, dict) else None
    for index, label in enumerate(labels if isinstance(labels, list) else ()):
        path = f".Labels[{index}]"
        yield from _object_problems(label, path, _LABEL_RULES)
        origin = label.get("Origin") if isinstance(label, dict) else None
        if isinstance(origin, dict):
            yield from _object_problems(origin, f"{path}.Origin", _ORIGIN_RULES)


def _object_problems(value: object, path: str, rules: Sequence[_Rule]) -> Iterator[tuple[str, str, str]]:
    if not isinstance(value, dict):
        yield path, "is not an object", "expected one"
        return
    for rule in rules:
        item = value.get(rule.key)
        if item is None:
            if rule.required:
                yield f"{path}.{rule.key}", "is missing", rule.right
        elif not rule.holds(item):
            yield f"{path}.{rule.key}", "is not valid", rule.right


def _repeated_ids(messages: Sequence[object], place: str) -> Iterator[Problem]:
    first_indexes: dict[str, int] = {}
    for index, message in enumerate(messages):
        if isinstance(message, dict) and isinstance(message_id := message.get("MessageID"), str):
            first = first_indexes.setdefault(message_id, index)
            if first != index:
                where = f"{place}: [{index}].MessageID{_shown_id(message)}"
                yield Problem(where, f"is also that of [{first}]", "expected each message once")


def _shown_id(message: object) -> str:
    """The id where it is a hash, as it ought to be: anything else could be a person's words."""
    message_id = message.get("MessageID") if isinstance(message, dict) else None
    shown = isinstance(message_id, str) and _HASH.fullmatch(message_id)
    return f" (MessageID {message_id})" if shown else ""


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError
