"""The part of MongoDB's queries that KoboToolbox takes and clients use."""

import json
from collections.abc import Callable, Mapping
from typing import Any


class QueryError(Exception):
    """A query that the server does not answer; the text is for its client."""


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda value, limit: value is not None and value > limit,
    "$gte": lambda value, limit: value is not None and value >= limit,
    "$lt": lambda value, limit: value is not None and value < limit,
    "$lte": lambda value, limit: value is not None and value <= limit,
    "$in": lambda value, limit: value in limit,
    "$exists": lambda value, limit: (value is not None) == bool(limit),
}


def parsed(text: str | None, name: str) -> Any:
    """The JSON of a parameter; an empty object if there is none.

    Raises:
        QueryError: It is no JSON.
    """
    try:
        return json.loads(text) if text else {}
    except ValueError:
        raise QueryError(f"{name}: Value must be valid JSON.") from None


def fits(document: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Whether a document is one that a query asks for.

    Raises:
        QueryError: It has an operator that is not known here.
    """
    return all(_stands(document.get(key), condition) for key, condition in query.items())


def _stands(value: Any, condition: Any) -> bool:
    if not isinstance(condition, dict):
        return bool(value == condition)
    unknown = condition.keys() - _TESTS.keys()
    if unknown:
        raise QueryError("Unsupported query")
    return all(_TESTS[operator](value, limit) for operator, limit in condition.items())
