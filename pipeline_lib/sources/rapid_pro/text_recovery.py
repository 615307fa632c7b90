"""Recovers the text that a person wrote; newer servers give only what a rule made of it (sources.md A.1).

The ladder, a result's `text_source`:

    input           the server gave the text
    archive         an archive gave it; archives have texts that the live listing lacks
    no answer       nobody wrote anything: time ran out, or the flow itself set the result
    all responses   the question takes any answer, so that its value is the text, or the first 640 characters of it
    message         the likeliest message of the contact
    value           none of these: the value, which may be no more than the word that a rule found
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from pipeline_lib.sources.rapid_pro.json_values import is_unicode, time_of, uuid_of
from pipeline_lib.sources.rapid_pro.known_words import is_found_in
from pipeline_lib.sources.rapid_pro.records import Record, Result, TextSource

ANSWER_TIME = timedelta(minutes=10)
"""How long before its result a message may have come."""

_WINDOW_GAP = timedelta(hours=1)
"""Windows closer than this are listed together: a request takes longer than reading some needless messages."""

_SAME_TIME = timedelta(milliseconds=1)
"""Times have nanoseconds on the server: the listing truncates them, the archive rounds them."""

_ANSWER = "All Responses"
_TIMEOUTS = ("No Response", "Timeout", "Expired")
_CALLS = ("Success", "Failure")
_CALL = re.compile(r"(?:DELETE|GET|HEAD|PATCH|POST|PUT) https?://\S*")
"""The `input` of a call to another server."""

MOST_VALUE_CHARACTERS = 640
"""The length to which servers truncate a value, but not an `input`."""


class Unresolved(NamedTuple):
    """A result whose text must be looked for among its contact's messages."""

    record: int
    """The index of its record among the given ones."""
    result: int
    """Its index in the record."""
    contact: str
    after: datetime
    """The earliest time of the message."""
    before: datetime
    """The latest time of the message."""
    asked: datetime
    """A message before this time answered another result of the run; it may have answered this one too."""


def text_and_source(
    given: Mapping[str, Any], text: str | None, value: str | None, *, is_open: bool, is_archived: bool
) -> tuple[str | None, TextSource]:
    """A result's text as far as the result itself has it, and the rung.

    On servers that give `input`, it is null if nobody wrote anything, and for an empty message, whose value is empty.

    Args:
        given: The result as the server gave it.
        text: Its `input`.
        value: Its value.
        is_open: Whether the question takes any answer.
        is_archived: Whether the result is from an archive.
    """
    rung: TextSource = "archive" if is_archived else "input"
    category = given.get("category")
    if text is not None:
        return (None if category in _CALLS and _CALL.fullmatch(text) else text), rung
    if is_open and category == _ANSWER:
        return value, rung if value == "" and "input" in given else "all responses"
    if "input" in given or (is_archived and value is None):
        return ("" if value == "" and not _is_unanswered(given, value) else None), rung
    if _is_unanswered(given, value):
        return None, "no answer"
    if is_open and category is None:
        return value, "all responses"
    return value, "value" if is_archived else "unresolved"


def _is_unanswered(given: Mapping[str, Any], value: str | None) -> bool:
    """Whether a result's category and value show that it arose without a message.

    A question always has a category. The value of a timeout is its time, and that of a call is its status.
    """
    category = given.get("category")
    if category in _TIMEOUTS:
        return not value or time_of(value) is not None
    if category in _CALLS:
        return value is not None and value.isdecimal()
    return "category" in given and not category and value is not None


def unresolved(records: Sequence[Record]) -> list[Unresolved]:
    """The results whose texts must be looked for; none on servers that give `input`."""
    return [
        Unresolved(row, number, record.contact, *_answer_window(result, record.values))
        for row, record in enumerate(records)
        for number, result in enumerate(record.values)
        if result.text_source == "unresolved" or _is_cut(result)
    ]


def _is_cut(result: Result) -> bool:
    """Whether an open question's value may be only the beginning of the text."""
    return result.text_source == "all responses" and len(result.text or "") >= MOST_VALUE_CHARACTERS


def _answer_window(result: Result, of_run: Iterable[Result]) -> tuple[datetime, datetime, datetime]:
    """The earliest and latest time of the message, and when the run's answered result before it was saved."""
    before = datetime.fromisoformat(result.time)
    after = before - ANSWER_TIME
    answered = (each.time for each in of_run if each.time < result.time and each.text_source != "no answer")
    earlier = max(answered, default=None)
    if earlier is None:
        return after, before, after
    return after, before, max(after, datetime.fromisoformat(earlier) + datetime.resolution)


def windows(results: Iterable[Unresolved]) -> list[tuple[datetime, datetime]]:
    """The periods whose messages must be listed, both ends inclusive: few windows, in order, without overlap."""
    merged: list[tuple[datetime, datetime]] = []
    for after, before in sorted((result.after, result.before) for result in results):
        if merged and after - merged[-1][1] < _WINDOW_GAP:
            merged[-1] = (merged[-1][0], max(before, merged[-1][1]))
        else:
            merged.append((after, before))
    return merged


class _Message(NamedTuple):
    """A message that may be an answer. The greatest of several came last."""

    came_at: datetime
    identity: str
    text: str | None
    """None if it cannot be stored."""
    is_of_flow: bool


def resolved(
    records: Sequence[Record], results: Sequence[Unresolved], messages: Iterable[Mapping[str, Any]], flow_uuid: str
) -> list[Record]:
    """The records with the texts of the likeliest messages, or else with the values.

    Args:
        records: Records of one flow.
        results: As `unresolved` returns them.
        messages: The contacts' messages of the windows, as either generation of servers lists them, in any order. They
            are read once, and only those that may be an answer are kept.
        flow_uuid: The flow's.
    """
    texts = _answers(records, results, messages, flow_uuid)
    values = {each.record: list(records[each.record].values) for each in results}
    for each in results:
        result = values[each.record][each.result]
        if (text := texts.get(each)) is not None:
            changed = msgspec.structs.replace(result, text=text, text_source="message")
        elif _is_cut(result):
            changed = result
        else:
            changed = msgspec.structs.replace(result, text=result.value, text_source="value")
        values[each.record][each.result] = changed
    return [
        msgspec.structs.replace(record, values=values[row]) if row in values else record
        for row, record in enumerate(records)
    ]


def _answers(
    records: Sequence[Record], results: Sequence[Unresolved], messages: Iterable[Mapping[str, Any]], flow_uuid: str
) -> dict[Unresolved, str | None]:
    """The text of the likeliest message, if there is one.

    A message that contains the value of one result is not used for another result of the run whose value it lacks: the
    flow made the latter value from something else.
    """
    chosen: dict[Unresolved, _Message] = {}
    taken = {
        (row, result.text)
        for row in {each.record for each in results}
        for result in records[row].values
        if not _is_uncertain(result)
    }
    for each, found in _candidates(results, messages, flow_uuid).items():
        result = records[each.record].values[each.result]
        message = _likeliest(each, result, list(found.values()))
        if message:
            chosen[each] = message
            if _holds(message, result):
                taken.add((each.record, message.text))
    return {
        each: message.text
        for each, message in chosen.items()
        if (each.record, message.text) not in taken or _holds(message, records[each.record].values[each.result])
    }


def _candidates(
    results: Iterable[Unresolved], messages: Iterable[Mapping[str, Any]], flow_uuid: str
) -> dict[Unresolved, dict[str, _Message]]:
    """Messages of the results' contacts in their windows, each once."""
    by_contact = defaultdict(list)
    for each in results:
        by_contact[each.contact].append(each)
    candidates: defaultdict[Unresolved, dict[str, _Message]] = defaultdict(dict)
    for message in messages:
        asked, of_flow = by_contact.get(uuid_of(message.get("contact"))), uuid_of(message.get("flow"))
        is_answer = asked and of_flow and message.get("direction") == "in"
        came = time_of(message.get("created_on")) if is_answer else None
        if asked and came:
            given, identity = message.get("text"), _identity(message)
            text = given if isinstance(given, str) and is_unicode(given) else None
            found = _Message(datetime.fromisoformat(came), identity, text, of_flow == flow_uuid)
            for each in asked:
                if each.after <= found.came_at <= each.before:
                    candidates[each][identity] = found
    return candidates


def _likeliest(each: Unresolved, result: Result, messages: Sequence[_Message]) -> _Message | None:
    """The message that a result most likely comes from.

    It is the newest one since the result before it, preferably one that contains the value: another may have come while
    the server was at work. Otherwise it is one that contains the value, even if it has answered another result too, or
    the server has filed it under another flow, as it does if one flow starts the other.
    """
    holding = [message for message in messages if _holds(message, result)]
    new = [message for message in (holding if _is_cut(result) else messages) if message.came_at >= each.asked]
    by_likelihood = (
        [message for message in new if message.is_of_flow and message in holding],
        [message for message in new if message.is_of_flow or message in holding],
        holding,
    )
    return next((max(found) for found in by_likelihood if found), None)


def _holds(message: _Message, result: Result) -> bool:
    """Whether a rule, or the server's truncation, may have made a result's value from a message."""
    if message.text is None or result.value is None or not result.value.strip():
        return message.text is not None and message.text == result.value
    if _is_cut(result):
        return message.text.startswith(result.value)
    return is_found_in(result.value, message.text)


def with_stored_texts(record: Record, stored: Iterable[Record]) -> Record:
    """The record with the texts that were found before for the same answers; unchanged if there are none.

    Args:
        record: As a server without texts gives it.
        stored: Other versions of the same run. If somebody sends another answer, its result has another time.
    """
    found: dict[str, list[Result]] = defaultdict(list)
    for result in (result for version in stored for result in version.values if result.text_source in _FOUND):
        found[result.key].append(result)

    def known(result: Result) -> Result:
        if result.text_source != "unresolved" and not _is_cut(result):
            return result
        same = [
            each for each in found[result.key] if each.value == result.value and _are_same_time(each.time, result.time)
        ]
        best = min(same, key=lambda each: _FOUND.index(each.text_source), default=None)
        return msgspec.structs.replace(result, text=best.text, text_source=best.text_source) if best else result

    return msgspec.structs.replace(record, values=[known(result) for result in record.values]) if found else record


_FOUND: tuple[TextSource, ...] = ("archive", "input", "message")
"""The rungs, best first, whose texts stay when something else in their run changes."""


def _identity(message: Mapping[str, Any]) -> str:
    """The identity of a message, since one may be listed twice; newer servers give `uuid`, older ones `id`."""
    return str(message.get("uuid") or message.get("id") or id(message))


_UNCERTAIN = frozenset({"message", "value", "unresolved"})


def is_certain(record: Record) -> bool:
    """Whether an archive could not add anything to the person's texts."""
    return not any(_is_uncertain(result) for result in record.values)


def _is_uncertain(result: Result) -> bool:
    return result.text_source in _UNCERTAIN or _is_cut(result)


def text_counts(records: Iterable[Record]) -> Counter[TextSource]:
    """Results by the rung that gave their text."""
    return Counter(result.text_source for record in records for result in record.values)


def corrected(live: Record, archived: Record) -> list[Result]:
    """The archive's results whose texts differ from those guessed for the live listing.

    An answer that was given again later, at another time, is a newer answer and not a correction.
    """
    archived_results = {result.key: result for result in archived.values if result.text_source == "archive"}
    return [
        whole
        for guessed in live.values
        if _is_uncertain(guessed)
        and (whole := archived_results.get(guessed.key)) is not None
        and whole.text not in (None, guessed.text)
        and _are_same_time(whole.time, guessed.time)
    ]


def _are_same_time(one: str, other: str) -> bool:
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other)) <= _SAME_TIME
