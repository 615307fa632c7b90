"""Reads the JSON of a file that a person wrote, and finds what JSON allows but no program can use."""

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Never, TypeAlias

from pipeline_lib.config.file_stamps import read_stamped
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.errors import Problem
from pipeline_lib.input_files import reason

MOST_BYTES = 16 * 2**20
"""A hundred times the largest code scheme that there is: what is larger is something else."""

_MOST_LEVELS = 100
"""Levels of nested lists and objects; our models have fewer than ten."""

_MOST_VALUES = 50_000
"""Ten times as many as in the largest code scheme. Each may be wrong, and explaining an error takes time."""

_LARGEST = 2**63 - 1
"""Larger whole numbers have no place in a table's column."""

_MOST_DIGITS = 20
"""Enough to see that a whole number is too large."""

_MOST_PROBLEMS = 50

_REMEDIES = tuple(
    (said, re.compile(there), right)
    for said, there, right in (
        ("", "[\u2018-\u201f\u00ab\u00bb\u2032\u2033]", 'write straight quotes: "'),
        ("", "'", 'write double quotes: "'),
        ("", ",", "take the comma away"),
        ("", r"//|/\*|#", "JSON has no comments: take it away"),
        ("", r"True\b|False\b|None\b", "write true, false or null"),
        ("", "<{7}|={7}|>{7}", "finish what git could not merge"),
        ("", r"[^\S \t\r\n]|[\u200b-\u200f\u2060\ufeff]", "it has an invisible character there: type it anew"),
        ("Expecting", r"\s*\Z", "the file ends too early: close every bracket, or copy it again"),
        ("Expecting ',' delimiter", r'["\[{\w-]', "write a comma before it, or close the bracket before it"),
        ("Unterminated string", "", 'write a quote at the end of the text: "'),
        (
            "Invalid control character",
            "",
            r"end the text in its line, by a quote; in it, write \n for a line break, \t for a tab",
        ),
        ("Invalid \\", "", r"write \\ for a backslash, and / between folders"),
        ("Extra data", "", "take away what comes after the object's last bracket"),
    )
)
"""What a mistake's message has, how the text goes on from there, and what would be right."""

_Path: TypeAlias = tuple[str | int, ...]

_TOO_DEEP = "is nested too deeply"
_HALF = "must be a text of whole Unicode characters"


class _UnusableError(Exception):
    """What is wrong with a file as a whole."""


def read_json(path: Path, name: str, stamps: dict[Path, str]) -> tuple[WrittenFile | None, tuple[Problem, ...]]:
    """The JSON of a file, None where there is none, and what is wrong with it as JSON; nothing is raised.

    It also reports a key that one object has twice, numbers that Python knows and JSON does not, numbers that no table
    can hold, and halves of characters.

    Args:
        path: The file.
        name: What problems call it.
        stamps: Gets its stamp.
    """
    try:
        content = read_stamped(path, MOST_BYTES, stamps)
    except (OSError, ValueError) as error:
        return None, (Problem(name, *reason(error)),)
    return parsed_json(content, name)


def parsed_json(content: bytes, name: str) -> tuple[WrittenFile | None, tuple[Problem, ...]]:
    """As `read_json`, of what a file holds."""
    if not content.strip():
        return None, (Problem(name, "is empty", "write a JSON object"),)
    repeated: dict[int, list[str]] = {}
    holders: list[object] = []  # kept alive, so that no other object gets the id of one of them

    def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        if len(read) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated[id(read)] = [key for key, count in counts.items() if count > 1]
            holders.append(read)
        return read

    try:
        text = _text(content)
        written = json.loads(text, object_pairs_hook=without_repeats, parse_constant=_refuse, parse_int=_whole_number)
    except (ValueError, RecursionError) as error:
        return None, (_why_no_json(error, name),)
    file = WrittenFile(name, written)
    if not repeated and _is_sound(written):
        return file, ()
    try:
        problems = sorted(set(_problems(file, repeated)))
    except _UnusableError as error:
        return None, (Problem(name, str(error)),)
    if len(problems) > _MOST_PROBLEMS:
        more = Problem(name, f"has {len(problems) - _MOST_PROBLEMS:,} more problems like these")
        problems = [*problems[:_MOST_PROBLEMS], more]
    return file, tuple(problems)


def _text(content: bytes) -> str:
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise ValueError("is UTF-16")
    return content.decode("utf-8-sig")


def _why_no_json(error: Exception, name: str) -> Problem:
    match error:
        case json.JSONDecodeError():
            place = f"{name}: line {error.lineno}, column {error.colno}"
            return Problem(place, f"is not JSON: {error.msg}", _remedy(error))
        case UnicodeDecodeError():
            return Problem(name, f"is not UTF-8 from byte {error.start} on", "save it as UTF-8")
        case RecursionError():
            return Problem(name, _TOO_DEEP)
        case _:
            return Problem(name, f"cannot be read: {error}", "save it as JSON in UTF-8")


def _remedy(error: json.JSONDecodeError) -> str:
    """What is right where a person wrote what editors, spreadsheets and other languages allow; perhaps nothing."""
    before, rest = error.doc[: error.pos].rstrip(), error.doc[error.pos :]
    if before.endswith(",") and rest[:1] in {"]", "}"}:
        return "take away the comma before it"
    return next((right for said, there, right in _REMEDIES if said in error.msg and there.match(rest)), "")


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is no JSON")


def _whole_number(digits: str) -> int:
    """A whole number; of a very long one, which Python is slow to read or refuses, only the first digits."""
    return int(digits[:_MOST_DIGITS])


def _is_sound(written: Any) -> bool:
    """Whether nothing is wrong with the values, level by level. Most files are sound, and `_problems` takes longer."""
    level, count = [written], 0
    for _ in range(_MOST_LEVELS):
        count += len(level)
        texts = [value for value in level if type(value) is str]
        largest = max((abs(value) for value in level if type(value) in (int, float)), default=0)
        if count > _MOST_VALUES or largest > _LARGEST or not _are_whole(texts):
            return False
        objects = [item for value in level if type(value) is dict for item in value.values()]
        lists = [item for value in level if type(value) is list for item in value]
        level = objects + lists
        if not level:
            return True
    return False


def _problems(file: WrittenFile, repeated: dict[int, list[str]]) -> Iterator[Problem]:
    """A problem for each value that no program can use.

    Raises:
        _UnusableError: There are too many values, or too deep ones.
    """
    count = 0
    stack: list[tuple[_Path, Any]] = [((), file.content)]
    while stack:
        path, value = stack.pop()
        count += 1 + (
            len(value) if isinstance(value, dict | list) else 0
        )  # counts each value twice, to stop before listing all
        if len(path) > _MOST_LEVELS:
            raise _UnusableError(_TOO_DEEP)
        if count > 2 * _MOST_VALUES:
            raise _UnusableError(f"holds more than {_MOST_VALUES:,} values: is it another file?")
        if isinstance(value, dict):
            for key in repeated.get(id(value), ()):
                yield Problem(file.at(*path, key), "is there twice", "keep one")
            stack.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend(((*path, index), item) for index, item in enumerate(value))
        elif wrong := _fault(value):
            yield Problem(file.at(*path), wrong)


def _fault(value: Any) -> str:
    if isinstance(value, str) and not _are_whole([value]):
        return _HALF
    if isinstance(value, int | float) and abs(value) > _LARGEST:
        return "is too large a number"
    return ""


def _are_whole(texts: Iterable[str]) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True
