"""Tells texts that surely identify nobody from those that might identify somebody.

One rule holds for every place that names participants: a prefix and a uuid, nothing else. It says what is allowed,
since a list of what is not, of all ways to write a number, is never complete.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
"""A uuid as Python writes it, for `re` and for Polars."""

_UUID = re.compile(UUID_PATTERN)
_PREFIX = "(?:[a-z]+[-_])*"
_ANY_PREFIX, _ANY_PARTICIPANT = re.compile(_PREFIX), re.compile(_PREFIX + UUID_PATTERN)

_LEAST_DIGITS = 7
"""A phone number has at least as many."""

_SCHEMES = (
    "tel|whatsapp|telegram|facebook|instagram|twitter|twitterid|viber|line|mailto|ext|discord|slack|vk|wechat|fcm|"
    "freshchat|jiochat|rocketchat|webchat|bsuid|sms|skype|signal"
)
_URN = re.compile(rf"(?<![a-z0-9])(?:{_SCHEMES})\s*:(?!//)\s*\S")
_MAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
_HARMLESS = re.compile(
    rf"(?<![0-9a-z])(?:{UUID_PATTERN}|[0-9a-f]{{32,128}})(?![0-9a-z])"
    r"|(?<![0-9])(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[t ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:z|[+-][0-9]{2}:?[0-9]{2})?)?(?![0-9])"
)
"""A uuid, a hash, a day, a time: digits that are no phone number."""

_NUMBER = re.compile(r"[0-9](?:[^\w,;:|\[\]{}\"']{0,3}_?[0-9]|[,'\u2019\u00b7][0-9])*")
_SCIENTIFIC = re.compile(r"(?<![a-z0-9.,])([0-9]+)((?:[.,][0-9]+)?)e(\+?)([0-9]{1,3})(?![a-z0-9])")
_LEAST_EXPONENT, _MOST_EXPONENT = 6, 20


def is_participant(written: Any, prefix: str | None = None) -> bool:
    """Whether something is a participant uuid: a prefix of letters, or the one that is given, and a uuid.

    A prefix may be empty: a uuid alone says as little.
    """
    if not isinstance(written, str):
        return False
    if prefix is None:
        return _ANY_PARTICIPANT.fullmatch(written) is not None
    return written.startswith(prefix) and _UUID.fullmatch(written, len(prefix)) is not None


def is_prefix(written: str) -> bool:
    """Whether participant uuids may begin with a text: it may be empty, but has no digit, as of a phone number."""
    return _ANY_PREFIX.fullmatch(written) is not None


def holds_address(value: Any) -> bool:
    """Whether somebody's number or address may be in a JSON value, however it is written.

    It sees numbers as texts and as JSON's numbers, with separators, in any script's digits and as spreadsheets write
    them (`2.52612E+11`), URNs and e-mail addresses; in lists and objects too, and in an object's keys.
    """
    if value is None or isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return bool(abs(value) >= 10 ** (_LEAST_DIGITS - 1))
    if isinstance(value, str):
        return _text_holds_address(value)
    if isinstance(value, Mapping):
        return any(holds_address(key) or holds_address(inner) for key, inner in value.items())
    return any(map(holds_address, value)) or holds_address("".join(map(str, value)) if _are_scalars(value) else "")


def _are_scalars(values: Any) -> bool:
    return all(isinstance(value, str | int) for value in values)


def _text_holds_address(text: str) -> bool:
    plain = _in_ascii_digits(text)
    if _URN.search(plain) or _MAIL.search(plain) or any(map(_is_large, _SCIENTIFIC.finditer(plain))):
        return True
    if plain.lstrip().startswith(("[", "{")) and _json_holds_address(plain):
        return True
    numbers = _NUMBER.findall(_HARMLESS.sub("#x#", plain))
    return any(sum(character.isdigit() for character in number) >= _LEAST_DIGITS for number in numbers)


def _json_holds_address(text: str) -> bool:
    """Whether the parts of a number stand in a text of JSON; false if it is none, or nested too deeply."""
    try:
        return holds_address(json.loads(text))
    except (ValueError, RecursionError):
        return False


def _is_large(found: re.Match[str]) -> bool:
    """Whether it is a number such as a spreadsheet writes; `01e07` is an episode."""
    whole, fraction, plus, exponent = found.groups()
    is_written_so = bool(fraction or plus or (len(whole) > 1 and not whole.startswith("0")))
    return is_written_so and _LEAST_EXPONENT <= int(exponent) + len(whole) - 1 <= _MOST_EXPONENT


def _in_ascii_digits(text: str) -> str:
    """The text in lower case, its digits those of ASCII, without what nobody sees."""
    if text.isascii():
        return text.casefold()
    shown = (each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in shown).casefold()
