"""Instants as configs and sources write them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, WithJsonSchema

EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""The first and the last instant of projects that name none: a day is left on either side for other zones."""

_MIDNIGHT_AT_THE_END = re.compile(r"T24:00(?::00(?:\.0+)?)?(?=$|[Z+-])")

_DAY = r"\d{4}-?(\d{2}-?\d{2}|W\d{2}(-?\d)?)"
_CLOCK = r"\d{2}(:?\d{2}(:?\d{2}([.,]\d+)?)?)?"
_FORM = f"^{_DAY}.{_CLOCK}(Z|[+-]{_CLOCK})$"
"""The pattern that editors check times by: it fits all that `parse_instant` accepts, and a little more."""

_SAMPLE = datetime(2021, 9, 22, 9, 42, 53, 120000)  # noqa: DTZ001 - a wall clock's reading, before its zone is known


def parse_instant(text: str) -> datetime:
    """The instant that an ISO 8601 text names, in the text's own offset; `T24:00` is the next midnight.

    Raises:
        ValueError: The text is no ISO 8601 date and time, or it has no offset.
    """
    ends_a_day = _MIDNIGHT_AT_THE_END.search(text)
    if ends_a_day:
        text = text[: ends_a_day.start()] + "T00:00" + text[ends_a_day.end() :]
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is not an ISO 8601 date and time such as 2021-09-30T24:00+03:00") from None
    if instant.tzinfo is None:
        raise ValueError("has no offset from UTC; write one, such as +03:00 or Z")
    try:
        instant = instant + timedelta(days=1) if ends_a_day else instant
        instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the years 1 to 9999 in UTC") from None
    return instant


def fault_of_date_format(date_format: str) -> tuple[str, str] | None:
    """What is wrong with a format (strptime's) of local dates and times, and what would be right; None: nothing."""
    example = 'write, for example, "%d/%m/%Y %H:%M"'
    if "%z" in date_format or "%Z" in date_format:
        return "holds an offset", "times are read as local times of the source's Timezone"
    try:
        read = datetime.strptime(_SAMPLE.strftime(date_format), date_format)  # noqa: DTZ007 - as _SAMPLE
    except (ValueError, re.error):  # re.error: a directive stands in it twice
        return "is no format that Python's strptime knows", example
    return None if read.date() == _SAMPLE.date() else ("lacks a day, a month or a year", example)


def iso_utc(instant: datetime) -> str:
    """The instant in UTC as Python's isoformat writes it: microseconds only where there are any."""
    return instant.astimezone(UTC).isoformat()


def iso_utc_microseconds(instant: datetime) -> str:
    """The instant in UTC with six digits of microseconds, the form of a label's date."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def in_zone(instant: datetime, zone: str) -> datetime:
    """The instant in a zone of the tz database; in its own offset on the first and last day that a date can have."""
    try:
        return instant.astimezone(ZoneInfo(zone))
    except OverflowError:
        return instant


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("is not a text such as 2021-09-30T24:00+03:00")  # noqa: TRY004 - pydantic reports ValueErrors
    return parse_instant(value)


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "pattern": _FORM, "examples": ["2021-09-30T24:00+03:00"]}),
]
"""An aware datetime, read from ISO 8601 text."""
