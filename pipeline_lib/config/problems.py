"""What pydantic found wrong with a file, said to the person who wrote it."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline_lib.config.key_aliases import OLDER_SPELLINGS, current_spelling
from pipeline_lib.config.key_hints import key_hint, key_meant
from pipeline_lib.config.model_introspection import Spot, Step, keys_of, members_of, spot_of
from pipeline_lib.config.older_layouts import SOURCES, older_keys
from pipeline_lib.config.source_document import WrittenFile, value_at
from pipeline_lib.errors import Problem, did_you_mean

_MOST_PROBLEMS = 500
"""For one file: nobody reads more than that, and explaining an error takes time."""


def problems_of(error: ValidationError, model: type[BaseModel], file: WrittenFile) -> list[Problem]:
    """One problem for each mistake, in the author's own spelling of the keys."""
    found = details_of(error)
    errors = [(spot_of(details["loc"], model, file.content), details) for details in found[:_MOST_PROBLEMS]]
    follow = _consequences(errors)
    said = [
        _problem(spot, details, model, file) for spot, details in errors if (details["type"], spot.path) not in follow
    ]
    if len(found) > _MOST_PROBLEMS:
        said.append(Problem(file.name, f"has {len(found) - _MOST_PROBLEMS:,} more problems like these"))
    return said


def _consequences(errors: list[tuple[Spot, ErrorDetails]]) -> set[tuple[str, tuple[Step, ...]]]:
    """Errors that follow from others: a key is missing because it is misspelt, a list is empty of good items."""
    misspelt = {
        ("missing", (*spot.path[:-1], meant))
        for spot, details in errors
        if details["type"] == "extra_forbidden"
        and spot.model is not None
        and (meant := key_meant(str(spot.path[-1]), keys_of(spot.model))) is not None
    }
    holders = {("too_short", spot.path[:length]) for spot, _ in errors for length in range(len(spot.path))}
    return misspelt | holders


def details_of(error: ValidationError) -> list[ErrorDetails]:
    """The error's parts, without what was read."""
    return error.errors(include_url=False, include_input=False)


def _problem(spot: Spot, details: ErrorDetails, root: type[BaseModel], file: WrittenFile) -> Problem:
    kind, value = details["type"], value_at(file.content, spot.path)
    if kind == "extra_forbidden" and spot.model is not None:
        return _unknown_key(spot, spot.model, root, file)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_tag(spot, details, value, file)
    if kind in ("literal_error", "enum") and isinstance(value, str):
        known = _choices(spot)
        return Problem(file.at(*spot.path), f"{_quoted(value)} is not known", did_you_mean(value, known, parts="."))
    said = _WORDING[kind](details.get("ctx", {})) if kind in _WORDING else _said(details["msg"])
    is_of_wrong_type = kind.endswith(("_type", "_error", "enum")) and kind != "value_error" and value is not None
    return Problem(file.at(*spot.path), f"{said}, not {_json_type(value)}" if is_of_wrong_type else said)


def _unknown_key(spot: Spot, model: type[BaseModel], root: type[BaseModel], file: WrittenFile) -> Problem:
    key = str(spot.path[-1])
    of_old = next((now for older, _, now in older_keys() if older == key and len(spot.path) == 1), None)
    if of_old is not None and SOURCES in keys_of(model):
        return Problem(file.at(key), "is a key of a source", f'write it in {SOURCES}, as "{of_old}"')
    current = current_spelling(key)
    if current != key and current in keys_of(model):
        older = [spelling for spelling in (current, *OLDER_SPELLINGS[current]) if spelling != key]
        return Problem(
            file.at(*spot.path), f"is another spelling of {' or '.join(older)}, which is there too", "keep one"
        )
    return Problem(file.at(*spot.path), "is not a known key", key_hint(key, model, root))


def _wrong_tag(spot: Spot, details: ErrorDetails, value: Any, file: WrittenFile) -> Problem:
    """The problem with a key such as `SourceType`, which says which variant an object is."""
    context = details.get("ctx", {})
    key = context["discriminator"].split("|")[-1].strip(" '")
    place = file.at(*spot.path, key)
    known = [tag.strip(" '") for tag in context["expected_tags"].split(",")] if "expected_tags" in context else []
    if details["type"] == "union_tag_not_found":
        return Problem(place, "is missing")
    written = value.get(key) if isinstance(value, dict) else None
    return Problem(place, f"{_quoted(written)} is not known", did_you_mean(str(written), known))


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) and value.isprintable() else json.dumps(value)


def _choices(spot: Spot) -> list[str]:
    if spot.model is None:
        return []
    written = next(step for step in reversed(spot.path) if isinstance(step, str))
    key = written if written in keys_of(spot.model) else current_spelling(written)
    field = next(f for name, f in spot.model.model_fields.items() if (f.alias or name) == key)
    return [str(choice) for _, member in members_of(field.annotation) for choice in _values(member)]


def _values(member: Any) -> list[Any]:
    """What an enum or a literal allows, also as a list's item."""
    if isinstance(member, type) and hasattr(member, "__members__"):
        return [choice.value for choice in member.__members__.values()]
    return [
        value
        for argument in get_args(member)
        for value in ([argument] if isinstance(argument, str) else _values(argument))
    ]


def _at_least(context: Mapping[str, Any]) -> str:
    return "must have an entry" if context.get("min_length") == 1 else f"must have {context.get('min_length')} entries"


_WORDING: Mapping[str, Callable[[Mapping[str, Any]], str]] = MappingProxyType(
    {
        "bool_type": lambda _: "must be true or false",
        "dict_type": lambda _: "must be an object",
        "enum": lambda _: "must be a text",
        "float_type": lambda _: "must be a number",
        "finite_number": lambda _: "must be a number",
        "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
        "int_type": lambda _: "must be a whole number",
        "less_than_equal": lambda context: f"must be at most {context['le']:g}",
        "literal_error": lambda _: "must be a text",
        "missing": lambda _: "is missing",
        "model_attributes_type": lambda _: "must be an object",
        "model_type": lambda _: "must be an object",
        "string_too_short": lambda _: "is empty",
        "string_type": lambda _: "must be a text",
        "string_unicode": lambda _: "must be a text of whole Unicode characters",
        "too_long": lambda context: f"must have {context.get('max_length')} entries",
        "too_short": _at_least,
        "tuple_type": lambda _: "must be a list",
    }
)


def _said(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _json_type(value: Any) -> str:
    names: dict[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        dict: "an object",
    }
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a list")
