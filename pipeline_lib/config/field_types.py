"""Names that others have given: time zones, schedules."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from pipeline_lib.config.name_rules import Prefix
from pipeline_lib.errors import did_you_mean, nearest
from pipeline_lib.model.calling_codes import CALLING_CODES
from pipeline_lib.model.deidentified import UUID_PATTERN, is_participant, is_prefix
from pipeline_lib.model.mobile_operators import operator_names
from pipeline_lib.model.times import fault_of_date_format

_CRON_FIELDS = 5


def _form(pattern: str) -> WithJsonSchema:
    """The pattern that editors check a name by: every valid name fits it, but not only valid ones."""
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$"})


_AREAS = (
    "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US"
)
_OF_OLD = (
    "Cuba|Egypt|Eire|Factory|GB-Eire|Greenwich|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|Navajo|Poland|"
    "Portugal|Singapore|Turkey|Universal|W-SU|Zulu|localtime"
)
_ZONE = f"(?:{_AREAS})/[A-Za-z0-9_+/-]+|[A-Z]{{2,}}[A-Z0-9+-]*|{_OF_OLD}"
_CRON = r"\s*(?:@[A-Za-z]+|[0-9A-Za-z*?/,#-]+(?:\s+[0-9A-Za-z*?/,#-]+){4})\s*"
_LEVEL = "[a-z][a-z0-9_]*"
_GRAPH_VERSION = r"v[1-9][0-9]{0,2}\.[0-9]"
_PAGE_NAME = "[0-9A-Za-z.]{1,100}"
_PAGE_ID = "[0-9]{1,25}"
_POST_ID = "(?:[0-9]{1,25}_)?[0-9]{1,25}"


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        meant = nearest(name, available_timezones(), parts="/")
        hint = f'did you mean "{meant}"?' if meant else "write one such as Africa/Nairobi"
        raise ValueError(f"is not a time zone; {hint}") from None
    return name


@lru_cache
def _cron(expression: str) -> str:
    from croniter import CroniterBadDateError, croniter  # noqa: PLC0415 - most readers have no schedule to check

    is_preset = expression.startswith("@")
    if not croniter.is_valid(expression) or not (is_preset or len(expression.split()) == _CRON_FIELDS):
        raise ValueError("is not a cron expression; write five fields such as 0 2 * * *, every night at two")
    try:
        croniter(expression, start_time=datetime(2024, 1, 1, tzinfo=UTC)).get_next()
    except CroniterBadDateError:
        raise ValueError("names a day that no year has") from None
    return expression


_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST_NAME = rf"{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?"


def _host_name(name: str) -> str:
    if not re.fullmatch(_HOST_NAME, name):
        raise ValueError("is not a host name alone; write one such as textit.com, without https:// and without a path")
    return name


def _level_name(name: str) -> str:
    if not re.fullmatch(_LEVEL, name):
        raise ValueError("is no level of maps; write small letters, digits and _, such as regions or city_wards")
    return name


def _date_format(date_format: str) -> str:
    fault = fault_of_date_format(date_format)
    if fault is not None:
        raise ValueError("; ".join(fault))
    return date_format


def _country(code: str) -> str:
    if code not in CALLING_CODES:
        raise ValueError(f"is no country whose local numbers are known; write one of {', '.join(CALLING_CODES)}")
    return code


def _stop_word(phrase: str) -> str:
    if not any(character.isalnum() for character in phrase):
        raise ValueError("has neither a letter nor a digit; write a word such as jooji")
    return phrase


def _graph_version(version: str) -> str:
    if not re.fullmatch(_GRAPH_VERSION, version):
        raise ValueError("is no version of the Graph API; write one such as v26.0")
    return version


def _page_name(name: str) -> str:
    if not re.fullmatch(_PAGE_NAME, name):
        raise ValueError("is neither a page's id nor its name; write what stands behind facebook.com/ in its address")
    return name


def _page_id(page: str) -> str:
    if not re.fullmatch(_PAGE_ID, page):
        raise ValueError("is no page's id; write the digits, such as 371314232378501")
    return page


def _post_id(post: str) -> str:
    if not re.fullmatch(_POST_ID, post):
        raise ValueError("is no post's id; write digits such as 371314232378501_5926367568205202")
    return post


TimezoneName = Annotated[str, AfterValidator(_timezone), _form(_ZONE)]
"""A zone of the IANA database."""

Cron = Annotated[str, AfterValidator(_cron), _form(_CRON)]
"""Minute, hour, day of the month, month, day of the week."""

HostName = Annotated[str, AfterValidator(_host_name), _form(_HOST_NAME)]
"""A server's name, perhaps with a port."""


def _prefix(prefix: str) -> str:
    if not is_prefix(prefix):
        raise ValueError("is no prefix of uuids; write small letters that end with -, such as avf-phone-uuid-")
    return prefix


def _participant_uuid(written: str) -> str:
    if not is_participant(written):
        raise ValueError("is no participant uuid; write one as the uid of the CSVs, such as avf-phone-uuid-…")
    return written


def _operator_name(name: str) -> str:
    if name not in operator_names():
        raise ValueError(f"is no mobile network that is known; {did_you_mean(name, operator_names())}")
    return name


ParticipantPrefix = Annotated[Prefix, AfterValidator(_prefix)]
"""What participant uuids begin with."""

ParticipantUUID = Annotated[str, AfterValidator(_participant_uuid), _form(f"(?:[a-z]+[-_])*{UUID_PATTERN}")]
"""A participant uuid: never an address."""

CountryCode = Annotated[str, AfterValidator(_country), WithJsonSchema({"type": "string", "enum": [*CALLING_CODES]})]
"""Two capital letters (ISO 3166), such as SO or KE."""

StopWord = Annotated[str, AfterValidator(_stop_word)]
"""What people write when they want no more messages."""

OperatorNames = Annotated[
    tuple[Annotated[str, AfterValidator(_operator_name)], ...],
    BeforeValidator(lambda written: [written] if isinstance(written, str) else written),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1}),
    Field(min_length=1),
]
"""Mobile networks, as `pipeline_lib/model/mobile_operators.csv` calls them; the name of one may stand alone."""

DateFormat = Annotated[str, AfterValidator(_date_format)]
"""A form of local dates and times, as Python's strptime has it."""

LevelName = Annotated[str, AfterValidator(_level_name), _form(_LEVEL)]
"""What the areas of a map are: a part of file names."""

GraphVersion = Annotated[str, AfterValidator(_graph_version), _form(_GRAPH_VERSION)]
"""A version of Meta's Graph API."""

PageName = Annotated[str, AfterValidator(_page_name), _form(_PAGE_NAME)]
"""A Facebook page: a part of URLs and of file names."""

PageID = Annotated[str, AfterValidator(_page_id), _form(_PAGE_ID)]
"""A Facebook page's number: a part of file names and of its posts' ids."""

PostID = Annotated[str, AfterValidator(_post_id), _form(_POST_ID)]
"""A post of a Facebook page: a part of URLs."""
