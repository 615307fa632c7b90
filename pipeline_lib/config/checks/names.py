"""Every name of a config, held to the rule of its field's type."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.model_introspection import Step
from pipeline_lib.config.name_rules import Rule

_READ_BY_ITSELF = "coding_plans"


def findings(read: ReadModel[Any]) -> Iterator[Finding]:
    """Names that break the rule of their field's type."""
    if read.model is None:
        return
    for path, name, rule in _names(read.model, ()):
        for wrong, right in rule.faults(name):
            yield error(read.file.at(*path), wrong, right)


def _names(model: BaseModel, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], str, Rule]]:
    """Where each name stands, and the rule of its field's type; coding plans are a file of their own."""
    fields = type(model).model_fields
    for attribute, value in model:
        if attribute in fields and attribute != _READ_BY_ITSELF:
            key = fields[attribute].alias or attribute
            yield from _in(value, (*path, key), _rule_of(type(model), attribute))


def _in(value: Any, path: tuple[Step, ...], rule: Rule | None) -> Iterator[tuple[tuple[Step, ...], str, Rule]]:
    if isinstance(value, BaseModel):
        yield from _names(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _in(item, (*path, index), rule)
    elif isinstance(value, str) and rule is not None:
        yield path, value, rule


@cache
def _rule_of(model: type[BaseModel], attribute: str) -> Rule | None:
    field = model.model_fields[attribute]
    stack = [*field.metadata, field.annotation]
    while stack:
        part = stack.pop()
        if isinstance(part, Rule):
            return part
        stack.extend(get_args(part))  # of `Annotated` these are its type and what is noted of it
    return None
