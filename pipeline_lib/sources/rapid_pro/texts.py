"""What a person wrote, of which newer servers give only what a rule made of it (sources.md A.1).

The ladder, a result's `text_source`:

    input           the server gave the text
    archive         so did an archive, which still has what the live listing lacks
    all responses   the question takes any answer, so that its value is the text
    message         the one message of the contact that can have been the answer
    value           none of these: the value, which may be no more than the word that a rule found
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from pipeline_lib.sources.rapid_pro.json_values import is_unicode, time_of, uuid_of

if TYPE_CHECKING:
    from pipeline_lib.sources.rapid_pro.records import Record, Result

TextSource = Literal["input", "archive", "all responses", "message", "value", "unresolved"]
"""The rung by which a text was found; `unresolved` until `resolved` has looked for its message."""

ANSWER_TIME = timedelta(minutes=10)
"""How long before its result a message may have come."""

_WINDOW_GAP = timedelta(hours=1)
"""Windows that are less apart are listed at once: a request takes longer than reading some messages in vain."""

_SAME_TIME = timedelta(milliseconds=1)
"""A time has nanoseconds at its origin: the listing cuts them off, the archive rounds them."""

_ANY_CATEGORY = ("All Responses", None)


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


def text_and_source(
    given: Mapping[str, Any], text: str | None, value: str | None, *, is_open: bool, is_archived: bool
) -> tuple[str | None, TextSource]:
    """A result's text as far as the result itself tells it, and the rung.

    An `input` of null says that the flow set the result, not a message. An archive's may as well say that the server
    has stopped keeping what people wrote, so that there a value is better than nothing.

    Args:
        given: The result as the server gave it.
        text: Its `input`.
        value: Its value.
        is_open: Whether the question takes any answer.
        is_archived: Whether the result is from an archive.
    """
    if is_archived and (text is not None or value is None):
        return text, "archive"
    if not is_archived and "input" in given:
        return text, "input"
    if is_open and given.get("category") in _ANY_CATEGORY:
        return value, "all responses"
    return value, "value" if is_archived else "unresolved"


def unresolved(records: Sequence["Record"]) -> list[Unresolved]:
    """The results whose texts have to be looked for; none on servers that give `input`."""
    return [
        Unresolved(row, number, record.contact, *_answer_window(result, record.values))
        for row, record in enumerate(records)
        for number, result in enumerate(record.values)
        if result.text_source == "unresolved"
    ]


def _answer_window(result: "Result", of_run: Iterable["Result"]) -> tuple[datetime, datetime]:
    """When the message came that answered: before its result, and after the result before it in the same run."""
    before = datetime.fromisoformat(result.time)
    after = before - ANSWER_TIME
    earlier = max((other.time for other in of_run if other.time < result.time), default=None)
    if earlier is not None:
        after = max(after, datetime.fromisoformat(earlier) + datetime.resolution)
    return after, before


def windows(results: Iterable[Unresolved]) -> list[tuple[datetime, datetime]]:
    """From when to when messages have to be listed, both inclusive: few windows, in order, that do not overlap."""
    merged: list[tuple[datetime, datetime]] = []
    for after, before in sorted((result.after, result.before) for result in results):
        if merged and after - merged[-1][1] < _WINDOW_GAP:
            merged[-1] = (merged[-1][0], max(before, merged[-1][1]))
        else:
            merged.append((after, before))
    return merged


def resolved(
    records: Sequence["Record"], results: Sequence[Unresolved], messages: Iterable[Mapping[str, Any]], flow_uuid: str
) -> list["Record"]:
    """The records with the texts of those messages that alone can have been the answers, else with the values.

    Args:
        records: Of one flow.
        results: As `unresolved` gives them.
        messages: The contacts' messages of the windows, as either generation of servers lists them, in any order. They
            are read once, and only those that may be an answer are kept.
        flow_uuid: The flow's.
    """
    texts = _answers(results, messages, flow_uuid)
    values = {each.record: list(records[each.record].values) for each in results}
    for each in results:
        result = values[each.record][each.result]
        text, source = (texts[each], "message") if each in texts else (result.value, "value")
        values[each.record][each.result] = msgspec.structs.replace(result, text=text, text_source=source)
    return [
        msgspec.structs.replace(record, values=values[row]) if row in values else record
        for row, record in enumerate(records)
    ]


def _answers(
    results: Iterable[Unresolved], messages: Iterable[Mapping[str, Any]], flow_uuid: str
) -> dict[Unresolved, str]:
    """The text of the one message that can have been the answer, where there is exactly one."""
    by_contact = defaultdict(list)
    for each in results:
        by_contact[each.contact].append(each)
    candidates: defaultdict[Unresolved, dict[Any, Any]] = defaultdict(dict)
    for message in messages:
        asked = by_contact.get(uuid_of(message.get("contact")))
        came = time_of(message.get("created_on")) if asked and _is_incoming(message, flow_uuid) else None
        if asked and came:
            came_at = datetime.fromisoformat(came)
            for each in asked:
                if each.after <= came_at <= each.before and len(candidates[each]) <= 1:
                    candidates[each][_identity(message)] = message.get("text")
    alone = {each: next(iter(found.values())) for each, found in candidates.items() if len(found) == 1}
    return {each: text for each, text in alone.items() if isinstance(text, str) and is_unicode(text)}


def _is_incoming(message: Mapping[str, Any], flow_uuid: str) -> bool:
    return message.get("direction") == "in" and uuid_of(message.get("flow")) == flow_uuid


def _identity(message: Mapping[str, Any]) -> str:
    """What tells a message that is listed twice from two messages; newer servers give `uuid`, older ones `id`."""
    return str(message.get("uuid") or message.get("id") or id(message))


_UNCERTAIN = frozenset({"message", "value", "unresolved"})


def is_certain(record: "Record") -> bool:
    """Whether an archive could tell nothing new of what the person wrote."""
    return not any(result.text_source in _UNCERTAIN for result in record.values)


def text_counts(records: Iterable["Record"]) -> Counter[TextSource]:
    """Results by the rung that gave their text."""
    return Counter(result.text_source for record in records for result in record.values)


def corrected(live: "Record", archived: "Record") -> list["Result"]:
    """The archive's results whose text the live listing had guessed otherwise.

    An answer that was given again since, at another time, is a newer one and no correction.
    """
    archived_results = {result.key: result for result in archived.values if result.text_source == "archive"}
    return [
        whole
        for guessed in live.values
        if guessed.text_source in _UNCERTAIN
        and (whole := archived_results.get(guessed.key)) is not None
        and whole.text not in (None, guessed.text)
        and _are_same_time(whole.time, guessed.time)
    ]


def _are_same_time(one: str, other: str) -> bool:
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other)) <= _SAME_TIME
