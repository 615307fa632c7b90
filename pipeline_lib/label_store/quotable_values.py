"""What errors may quote of an id or a value from Coda, since it may be a person's words or number.

An id is quoted if the project knows it, or if it has the form of Coda's ids and no sequence of digits that could be a
phone number; else it is described. Its place is named beside it, so that somebody can look it up there.
"""

import re
from collections.abc import Container

from pipeline_lib.model.code_scheme import MANUALLY_UNCODED, CodeType, ControlCode

_ID = re.compile(r"(code|Scheme)(-[A-Za-z0-9]{1,12}){1,4}")
_ROW_OF_DIGITS = re.compile(r"[0-9]{6}")
_SMALL = 1_000_000
_WORDS = {MANUALLY_UNCODED, *CodeType, *ControlCode}


def is_shown(value: object, known: Container[str] = ()) -> bool:
    """Whether a value from Coda may be quoted.

    Args:
        value: The value, whatever it is.
        known: The project's own values.
    """
    if isinstance(value, str):
        return value in _WORDS or value in known or _has_form_of_id(value)
    return value is None or isinstance(value, bool) or is_small(value)


def is_small(value: object) -> bool:
    """Whether a value is a whole number that is too small to be a phone number."""
    return isinstance(value, int) and -_SMALL < value < _SMALL


def shown_id(value: object, known: Container[str] = ()) -> str:
    """An id, or that it is of another form."""
    return str(value) if isinstance(value, str) and is_shown(value, known) else "an id of another form"


def shown_value(value: object, known: Container[str] = ()) -> str:
    """A value as Python writes it, or what kind of thing it is."""
    if is_shown(value, known):
        return repr(str(value) if isinstance(value, str) else value)
    return {str: "another text", int: "a great number", float: "a broken number"}.get(type(value), "no text or number")


def _has_form_of_id(value: str) -> bool:
    return _ID.fullmatch(value) is not None and not _ROW_OF_DIGITS.search(value.replace("-", ""))
