"""JSON with flaws that other programs leave in it: half a character, numbers that are none, a byte-order mark.

SMS gateways cut emoji in two, and Python's own encoder writes NaN: neither is JSON (RFC 8259, sections 7 and 8.2), and
neither should cost more than the one value.
"""

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import orjson

HALF_CHARACTERS = "half_characters"
"""Texts with half a surrogate pair."""
NAN_VALUES = "nan_values"
"""NaN and infinities."""

MOST_LEVELS = 100
"""Levels of nested lists and objects."""

_MOST_DIGITS = 4300
"""Digits of the longest integer that Python makes of a text."""


def parse_leniently(line: bytes) -> Any:
    """What JSON says; U+FFFD stands for half a surrogate pair, and NaN and infinities are Python's.

    Raises:
        ValueError: It is no JSON, or is nested too deeply; nothing of it is quoted.
    """
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    try:
        return _mapped(parse_as_python(line), _whole)
    except (ValueError, RecursionError):
        raise ValueError from None  # theirs quote it


def parse_exactly(line: bytes) -> Any:
    """JSON's value as Python's own parser reads it, with integers of any length, but as fast as a fast parser.

    Raises:
        ValueError: It is no JSON; the error may quote it.
        RecursionError: It is nested too deeply.
    """
    try:
        return msgspec.json.decode(line)
    except ValueError:
        return parse_as_python(line)


def parse_as_python(line: bytes) -> Any:
    """What Python's own parser reads, halves of pairs and NaN included; an integer of thousands of digits is infinite.

    Raises:
        ValueError: It is no JSON; the error may quote it.
        RecursionError: It is nested too deeply.
    """
    return json.loads(line, parse_int=_whole_number)


def repaired(value: Any, found: Counter[str]) -> Any:
    """A JSON value with U+FFFD for half a surrogate pair, and null for NaN and infinities; `found` counts both."""

    def repair(leaf: Any) -> Any:
        if isinstance(leaf, str):
            whole = whole_text(leaf)
            found[HALF_CHARACTERS] += whole is not leaf
            return whole
        if isinstance(leaf, float) and not math.isfinite(leaf):
            found[NAN_VALUES] += 1
            return None
        return leaf

    return _mapped(value, repair)


def whole_text(text: str) -> str:
    """A text with U+FFFD for half a surrogate pair, two halves beside each other joined; unchanged if it has none."""
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def is_nested_too_deeply(value: Any, levels: int = MOST_LEVELS) -> bool:
    """Whether lists and objects stand in each other so deep that walking through them may end at Python's own limit."""
    if not isinstance(value, list | dict):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_nested_too_deeply(each, levels - 1) for each in inner)


def count_replacements(lines: bytes) -> int:
    """How many lines of JSON have U+FFFD in them: a character that somebody wrote is lost."""
    if not _holds_replacement(lines):
        return 0
    return sum(map(_holds_replacement, lines.splitlines()))


def _holds_replacement(line: bytes) -> bool:
    return b"\xef\xbf\xbd" in line or b"\\ufffd" in line


def _whole(leaf: Any) -> Any:
    return whole_text(leaf) if isinstance(leaf, str) else leaf


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def _mapped(value: Any, leaf: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {leaf(key): _mapped(inner, leaf) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, leaf) for inner in value]
    return leaf(value)
