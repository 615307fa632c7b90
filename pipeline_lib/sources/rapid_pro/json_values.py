"""Reads values from RapidPro's JSON; an invalid value counts as missing."""

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pipeline_lib.model.times import iso_utc, parse_instant
from pipeline_lib.sources.base import UnusableError

_UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_FIRST_TIME = "2000"
"""Servers write an unset time as one of the year 1."""


_USUAL_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.(?!000000)[0-9]{6})(?:Z|\+00:00)")
"""The form of all but one in a million times of servers and archives. A fast path for them matters: a run has five or
more times, and reading them would take most of the time otherwise."""


def uuid_of(given: Any) -> str:
    """The uuid of an object; empty if it has no valid one, since an invalid one may be anything."""
    uuid = given.get("uuid") if isinstance(given, dict) else None
    return uuid if isinstance(uuid, str) and _UUID.fullmatch(uuid) else ""


def time_of(given: Any) -> str | None:
    """A time in UTC as Python's isoformat writes it; None if it is invalid or lacks an offset."""
    try:
        time = _iso_utc(given) if isinstance(given, str) else ""
    except ValueError:
        return None
    return time if time > _FIRST_TIME else None


def modified_times(given: Iterable[Any]) -> Iterator[datetime]:
    """The objects' times of change, even of unusable objects, so that these are not fetched again for ever."""
    return (datetime.fromisoformat(time) for each in given if (time := time_of(each.get("modified_on"))))


def _iso_utc(written: str) -> str:
    usual = _USUAL_TIME.fullmatch(written)
    if usual is None:
        return iso_utc(parse_instant(written))
    datetime.fromisoformat(written)  # refuses the 30th of February
    return f"{usual[1]}+00:00"


def text_of(given: Any) -> str | None:
    """A text, or a number as one.

    Raises:
        UnusableError: It is something else, or cannot be stored.
    """
    if given is None or (type(given) is str and is_unicode(given)):
        return given
    if type(given) is str:
        raise UnusableError("a text is not valid Unicode")
    if type(given) is int or (type(given) is float and math.isfinite(given)):
        return str(int(given) if given == int(given) else given)
    raise UnusableError("a text is neither text nor a number")


def is_unicode(text: str) -> bool:
    """Whether a text can be stored: half a surrogate pair cannot."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False
