"""Keeps only known words among those that the server gives.

A run's words are not all the server's own: the author of a flow may let it save a number or a name as a result's value
or category. So exit types and categories are kept if they are known, names if they match their key, and everything else
that is not a person's own text if it contains no address. The rest is removed, and the record says which kind it was.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from pipeline_lib.model.deidentified import holds_address
from pipeline_lib.sources.rapid_pro.records import Record, Result

EXIT_TYPES = frozenset({"completed", "interrupted", "expired", "failed"})
"""How a run can end."""

_CATEGORIES_OF_ALL_FLOWS = frozenset({
    "All Responses", "Other", "No Response", "Expired", "Timeout", "Success", "Failure", "Complete", "Has Text",
})  # fmt: skip
"""Categories that the flow editor makes by itself."""

_MOST_ID = 10**10 - 1
"""The largest run id to keep; a longer one may be a phone number with its country code, and the run has a uuid too."""

_KEY = re.compile(r"\w{1,64}")
_URN_ALONE = re.compile(r"\s*[a-z]{2,20}:[+0-9][^\s]*\s*", re.IGNORECASE)
_OWN_WORDS = frozenset({"input", "archive", "no answer", "all responses", "message"})


class FlowWords(NamedTuple):
    """The known words of a flow's runs, from its definition."""

    categories: Mapping[str, frozenset[str]]
    """By the key of the result."""
    names: frozenset[str]
    """Of results."""


NO_WORDS = FlowWords({}, frozenset())
"""The words of a flow whose definition names none."""


def words_of(results: Sequence[Mapping[str, Any]]) -> FlowWords:
    """The words of a flow's results, as `flows.json` lists them."""
    categories: dict[str, frozenset[str]] = {}
    for result in results:
        key, listed = result.get("key"), result.get("categories")
        if isinstance(key, str) and isinstance(listed, list):
            categories[key] = frozenset(each for each in listed if isinstance(each, str) and not holds_address(each))
    names = (result.get("name") for result in results)
    return FlowWords(categories, frozenset(name for name in names if isinstance(name, str) and not holds_address(name)))


def with_known_words(record: Record, words: FlowWords | None) -> Record:
    """The record without the words that may not be harmless; unchanged if there are none.

    Args:
        record: With its final texts.
        words: The flow's; None for a record that was stored before, whose flow may have had other words.
    """
    taken_out: list[str] = []
    changes: dict[str, Any] = {}
    if record.exit_type is not None and record.exit_type not in EXIT_TYPES:
        changes["exit_type"] = None
        taken_out.append("exit types")
    if record.id is not None and not 0 <= record.id <= _MOST_ID:
        changes["id"] = None
        taken_out.append("ids")
    values = [_checked(result, words, taken_out) for result in record.values]
    if not taken_out:
        return record
    kept = [result for result in values if result is not None]
    return replace(record, values=kept, taken_out=[*record.taken_out, *taken_out], **changes)


def _checked(result: Result, words: FlowWords | None, taken_out: list[str]) -> "Result | None":
    if (words is None or result.key not in words.categories) and not _is_key(result.key):
        taken_out.append("results")
        return None
    changes: dict[str, Any] = {}
    if result.name is not None and not _is_name(result, words):
        changes["name"] = None
        taken_out.append("names")
    if result.category is not None and not _is_category(result, words):
        changes["category"] = None
        taken_out.append("categories")
    if not _is_own_text(result):
        changes["text"] = None
        taken_out.append("texts")
    if holds_address(result.value) and ("text" in changes or not _is_of_text(result)):
        changes["value"] = None
        taken_out.append("values")
    return replace(result, **changes) if changes else result


def _is_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None and not holds_address(key)


def _is_name(result: Result, words: FlowWords | None) -> bool:
    if words and result.name in words.names:
        return True
    return _letters(result.name or "") == _letters(result.key)


def _is_category(result: Result, words: FlowWords | None) -> bool:
    if result.category in _CATEGORIES_OF_ALL_FLOWS:
        return True
    if words is None:
        return not holds_address(result.category)
    return result.category in words.categories.get(result.key, frozenset())


def _is_own_text(result: Result) -> bool:
    """Whether a text is what the person wrote, as far as is known.

    A flow may split by something of the contact's: then the text may be a URN, which nobody writes. A result whose
    message was not found has only its value, which a flow may have set.
    """
    if result.text is None:
        return True
    if result.text_source in _OWN_WORDS:
        return not (_URN_ALONE.fullmatch(result.text) and holds_address(result.text))
    return not holds_address(result.text)


def _is_of_text(result: Result) -> bool:
    """Whether a rule may have found the value in the person's text."""
    return is_found_in(result.value or "", result.text or "")


def is_found_in(value: str, text: str) -> bool:
    """Whether a text has all words of a value, which a rule for several words joins, or the value's digits."""
    digits, folded = _digits(value), text.casefold()
    return all(word in folded for word in value.casefold().split()) or (digits != "" and digits in _digits(text))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(each)) for each in text if each.isdecimal())
