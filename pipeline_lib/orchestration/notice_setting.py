"""Reads the setting `PIPELINE_NOTICES`: where notices go of projects whose configs do not say."""

import os

from pydantic import TypeAdapter, ValidationError

from pipeline_lib.config.notices import NoticeEntry
from pipeline_lib.errors import Problem
from pipeline_lib.orchestration.plan import PlannedNotice, planned_notices

SETTING = "PIPELINE_NOTICES"
"""The environment variable: a JSON list of entries, like `Notices` in a config."""

_EXAMPLE = '[{"Channel": "smtp", "To": ["data@example.org"]}]'


def setting_notices() -> tuple[PlannedNotice, ...]:
    """The notices that the setting lists; none if it is not set, or cannot be used."""
    return _read()[0]


def setting_problems() -> tuple[Problem, ...]:
    """What is wrong with the setting."""
    return _read()[1]


def _read() -> tuple[tuple[PlannedNotice, ...], tuple[Problem, ...]]:
    written = os.environ.get(SETTING, "").strip()
    if not written:
        return (), ()
    try:
        return planned_notices(TypeAdapter(tuple[NoticeEntry, ...]).validate_json(written)), ()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    return (), tuple(
        Problem(_place(each["loc"]), _said(each["msg"]), f"write a list such as {_EXAMPLE}") for each in found
    )


def _place(spot: tuple[int | str, ...]) -> str:
    return SETTING + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in spot)


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
