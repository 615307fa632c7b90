"""What a person wrote, of which newer servers give only what a rule made of it (sources.md A.1).

The ladder, a result's `text_source`:

    input           the server gave the text
    archive         so did an archive, which still has what the live listing lacks
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
"""Windows that are less apart are listed at once: a request takes longer than reading some messages in vain."""

_SAME_TIME = timedelta(milliseconds=1)
"""A time has nanoseconds at its origin: the listing cuts them off, the archive rounds them."""

_ANSWER = "All Responses"
_TIMEOUTS = ("No Response", "Timeout", "Expired")
_CALLS = ("Success", "Failure")
_CALL = re.compile(r"(?:DELETE|GET|HEAD|PATCH|POST|PUT) https?://\S*")
"""What stands as `input` of a call to another server."""

MOST_VALUE_CHARACTERS = 640
"""Where servers cut a value, but not an `input`."""


class Unresolved(NamedTuple):
    """A result whose text has to be looked for among its contact's messages."""

    record: int
    """Its record's place among those that were given."""
    result: int
    """Its place in the record."""
    contact: str
    after: datetime
    """The message came then or later."""
    before: datetime
    """The message came then or earlier."""
    asked: datetime
    """What came before this has answered another result of the run, and this one at most as well."""


def text_and_source(
    given: Mapping[str, Any], text: str | None, value: str | None, *, is_open: bool, is_archived: bool
) -> tuple[str | None, TextSource]:
    """A result's text as far as the result itself tells it, and the rung.

    Where there is an `input` it is null for whatever nobody wrote, and for an empty message, whose value is empty.

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
    """Whether a result tells by its category and value that it came about without a message.

    A question always has a category. What timed out has none of the person's words, but when; a call its status.
    """
    category = given.get("category")
    if category in _TIMEOUTS:
        return not value or time_of(value) is not None
    if category in _CALLS:
        return value is not None and value.isdecimal()
    return "category" in given and not category and value is not None


def unresolved(records: Sequence[Record]) -> list[Unresolved]:
    """The results whose texts have to be looked for; none on servers that give `input`."""
    return [
        Unresolved(row, number, record.contact, *_answer_window(result, record.values))
        for row, record in enumerate(records)
        for number, result in enumerate(record.values)
        if result.text_source == "unresolved" or _is_cut(result)
    ]


def _is_cut(result: Result) -> bool:
    """Whether an open question's value may be the beginning of the text only."""
    return result.text_source == "all responses" and len(result.text or "") >= MOST_VALUE_CHARACTERS


def _answer_window(result: Result, of_run: Iterable[Result]) -> tuple[datetime, datetime, datetime]:
    """When the message came, from and until, and when the answered result before it in the same run was saved."""
    before = datetime.fromisoformat(result.time)
    after = before - ANSWER_TIME
    answered = (each.time for each in of_run if each.time < result.time and each.text_source != "no answer")
    earlier = max(answered, default=None)
    if earlier is None:
        return after, before, after
    return after, before, max(after, datetime.fromisoformat(earlier) + datetime.resolution)


def windows(results: Iterable[Unresolved]) -> list[tuple[datetime, datetime]]:
    """From when to when messages have to be listed, both inclusive: few windows, in order, that do not overlap."""
    merged: list[tuple[datetime, datetime]] = []
    for after, before in sorted((result.after, result.before) for result in results):
        if merged and after - merged[-1][1] < _WINDOW_GAP:
            merged[-1] = (merged[-1][0], max(before, merged[-1][1]))
        else:
            merged.append((after, before))
    return merged


class _Message(NamedTuple):
    """One that may be an answer. Of several the greatest came last."""

    came_at: datetime
    identity: str
    text: str | None
    """None where it cannot be stored."""
    is_of_flow: bool


def resolved(
    records: Sequence[Record], results: Sequence[Unresolved], messages: Iterable[Mapping[str, Any]], flow_uuid: str
) -> list[Record]:
    """The records with the texts of those messages that are likely to have been the answers, else with the values.

    Args:
        records: Of one flow.
        results: As `unresolved` gives them.
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
    """The text of the likeliest message, where there is one.

    A message in which a result's value is found is not taken for one of the same run in which it is not: that one is
    what the flow made of other things.
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
    """The message that was answered by a result.

    The newest since the result before it, and rather one in which the value is found: another may have come while the
    server was at work. Else one in which it is found, though it has answered another result as well, or though the
    server has filed it under another flow, as it does where one flow starts the other.
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
    """Whether a rule, or the server's knife, may have made a result's value of a message."""
    if message.text is None or result.value is None or not result.value.strip():
        return message.text is not None and message.text == result.value
    if _is_cut(result):
        return message.text.startswith(result.value)
    return is_found_in(result.value, message.text)


def with_stored_texts(record: Record, stored: Iterable[Record]) -> Record:
    """The record with the texts that were found before of the same answers; itself, if there are none.

    Args:
        record: As a server gives it that has no texts.
        stored: Other versions of the same run. Who sends another answer has a result of another time.
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
"""The rungs on which a text stays, best first, when something else of its run changes."""


def _identity(message: Mapping[str, Any]) -> str:
    """What tells a message that is listed twice from two messages; newer servers give `uuid`, older ones `id`."""
    return str(message.get("uuid") or message.get("id") or id(message))


_UNCERTAIN = frozenset({"message", "value", "unresolved"})


def is_certain(record: Record) -> bool:
    """Whether an archive could tell nothing new of what the person wrote."""
    return not any(_is_uncertain(result) for result in record.values)


def _is_uncertain(result: Result) -> bool:
    return result.text_source in _UNCERTAIN or _is_cut(result)


def text_counts(records: Iterable[Record]) -> Counter[TextSource]:
    """Results by the rung that gave their text."""
    return Counter(result.text_source for record in records for result in record.values)


def corrected(live: Record, archived: Record) -> list[Result]:
    """The archive's results whose text the live listing had guessed otherwise.

    An answer that was given again since, at another time, is a newer one and no correction.
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
